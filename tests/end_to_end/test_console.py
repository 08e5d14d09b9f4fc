"""The console as staff use it: two or three people, each with a browser, at one broadcast."""

import json
import uuid
from datetime import timedelta
from urllib.request import Request, urlopen

from django.test import TransactionTestCase
from django.utils import timezone

from broadcaster.audit import Actor
from broadcaster.change import parse_change
from broadcaster.evening import call
from broadcaster.models import ApiToken, Broadcast, Cue, Publication
from broadcaster.publishing import start_over
from broadcaster.roles import BROADCASTER, CONTRIBUTOR, EDITOR
from broadcaster.rundown import prepare
from tests.browser import Visit, chromium, in_a_thread, needs_chromium, violations
from tests.server import Server
from tests.staff import publisher, staff

PREVIEW = '[data-desk="preview"]'
PROGRAM = '[data-desk="program"]'
TAKE = '[data-does="take"]'
CONNECTED = '[data-desk="line"][data-state="open"]'
WIDE = {"width": 1440, "height": 900}
NEARLY = "CA OR WA HI NY CO NM MA MD DE DC NJ CT RI IL VA VT NH MN WI MI ME-AL ME-1"  # D 252

PRESS_AGAIN = """(button) => {
    const said = document.querySelector('[data-desk="done"]');
    const once = new MutationObserver(() => {
        if (!said.textContent.includes("is on air")) return;
        once.disconnect();
        setTimeout(() => document.querySelector(button).click());
    });
    once.observe(said, { childList: true });
}"""


class Console(TransactionTestCase):
    """What tests of the console share: a server, a browser, and a broadcast on air."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = cls.enterClassContext(Server())
        cls.browser = cls.enterClassContext(chromium())

    def setUp(self):
        self.broadcast = Broadcast.objects.create(
            slug=f"night-{uuid.uuid4().hex[:8]}", title="Election Night", election=2020
        )
        self.put = publisher(self.server, self.broadcast)
        self.put({"kind": "start", "story": {"headline": "Good evening"}})
        self.path = f"/admin/broadcaster/broadcast/{self.broadcast.pk}/console/"
        self.groups = {}
        self.visits = []

    def tearDown(self):
        for visit in self.visits:
            visit.context.close()
            self.assertEqual(visit.errors, [])

    def user(self, group):
        if group not in self.groups:
            self.groups[group] = staff(group.lower().split()[0], group)
        return self.groups[group]

    def cue(self, title, change):
        actor = Actor(self.user(CONTRIBUTOR), "command", None)
        arguments = (self.broadcast, title, parse_change(change), None, actor)
        in_a_thread(prepare, *arguments)

    def desk(self, group, **options):
        """A page of one of the group at the console, connected."""
        visit = Visit(self.browser, self.server, **{"viewport": WIDE, **options})
        self.visits.append(visit)
        visit.log_in_as(self.user(group))
        visit.open(self.path)
        visit.waits_for(CONNECTED)
        return visit.page

    def seq(self):
        return Broadcast.objects.get(pk=self.broadcast.pk).seq

    def row(self, page, title):
        return page.locator(".cue", has_text=title)

    def titles(self, page):
        return page.locator('[data-cue="title"]').all_inner_texts()

    def said(self, page, words):
        """Wait until the console says this of a command."""
        page.wait_for_selector(f".desk-answers >> text={words}")


@needs_chromium
class Rundown(Console):
    def setUp(self):
        super().setUp()
        self.cue("C1", call("KY IN WV SC VT", "First calls"))
        self.cue("C2", call("NY CO", "Nine o'clock"))
        self.cue("C3", {"view": {"focus": "OH"}})

    def test_a_cue_is_previewed_and_taken_and_the_next_one_follows(self):
        desk = self.desk(BROADCASTER)
        self.assertEqual(desk.inner_text(f"{PREVIEW} [data-part=R]"), "33")
        self.assertEqual(desk.inner_text(f"{PROGRAM} [data-part=R]"), "0")
        self.row(desk, "C2").locator('[data-cue="select"]').click()
        desk.wait_for_selector(f'{PREVIEW} .screen-headline:text("Nine o\'clock")')
        self.assertEqual(self.seq(), 1)

        self.row(desk, "C1").locator('[data-cue="select"]').click()
        desk.click(TAKE)

        self.said(desk, "Update 2 is on air: C1.")
        desk.wait_for_selector(f'{PROGRAM} [data-part=R]:text("33")')
        self.row(desk, "C1").locator("text=Already taken by broadcaster").wait_for()
        self.assertIn("NEXT", self.row(desk, "C2").inner_text())
        self.assertIn("PREVIEW", self.row(desk, "C2").inner_text())

    def test_two_people_take_one_cue_and_the_second_reads_who_was_first(self):
        first, second = self.desk(BROADCASTER), self.desk(EDITOR)
        first.click(TAKE)
        self.said(first, "Update 2 is on air")
        second.wait_for_selector("text=Already taken by broadcaster")
        self.assertIn("PREVIEW", self.row(second, "C1").inner_text())  # not the next one unasked

        second.click(TAKE)

        self.said(second, "Not taken. Already taken by broadcaster, update 2.")
        self.assertEqual(self.seq(), 2)

    def test_the_order_is_changed_by_keys_buttons_and_mouse_and_everyone_sees_it(self):
        desk, other = self.desk(CONTRIBUTOR), self.desk(EDITOR)
        self.row(desk, "C3").locator('[data-cue="select"]').press("Alt+ArrowUp")
        self.said(desk, "“C3” is number 2 of 3.")
        other.wait_for_selector(".cue:nth-child(2) >> text=C3")
        self.assertEqual(
            desk.evaluate("document.activeElement.closest('.cue').innerText.includes('C3')"), True
        )

        self.row(desk, "C1").locator('[data-cue="select"]').click()
        self.row(desk, "C1").locator('[data-cue="down"]').click()
        self.said(desk, "“C1” is number 2 of 3.")
        desk.wait_for_selector(".cue:nth-child(2) >> text=C1")
        self.row(desk, "C2").locator(".cue-grip").drag_to(
            desk.locator(".cue:nth-child(1)"), target_position={"x": 40, "y": 3}
        )
        self.said(desk, "“C2” is number 1 of 3.")

        self.row(other, "C2").and_(other.locator(".cue:nth-child(1)")).wait_for()
        self.assertEqual(self.titles(other), ["C2", "C3", "C1"])

    def test_a_contributor_prepares_edits_and_removes_but_has_no_take(self):
        desk = self.desk(CONTRIBUTOR)
        self.assertEqual(desk.locator(f"{TAKE}, .cue-take:visible").count(), 0)

        desk.click("text=Preview the draft")
        desk.select_option('[data-desk="add"]', "PA")
        desk.check(".call [value=called-D]")
        desk.click("text=Add to rundown")
        self.said(desk, "Not in the rundown. A call needs a headline.")
        desk.fill("#draft-headline", "Pennsylvania goes to Biden")
        desk.fill("#draft-title", "PA")
        desk.click("text=Add to rundown")
        self.said(desk, "In the rundown: PA.")
        row = desk.locator(".cue:nth-child(4)")
        row.locator('[data-cue="select"]').click()
        row.locator('[data-cue="edit"]').click()
        desk.fill("#draft-headline", "Pennsylvania, at last")
        desk.click("text=Save cue")
        self.said(desk, "Saved: PA.")
        desk.wait_for_selector(f'{PREVIEW} >> text="Pennsylvania, at last"')
        self.row(desk, "C3").locator('[data-cue="select"]').click()
        self.row(desk, "C3").locator('[data-cue="remove"]').click()
        desk.click("dialog >> text=Remove >> nth=-1")
        self.said(desk, "“C3” was removed.")
        self.row(desk, "C3").wait_for(state="detached")

        self.assertEqual(self.titles(desk), ["C1", "C2", "PA"])
        self.assertEqual(Cue.objects.get(title="PA").version, 2)
        self.assertEqual(self.seq(), 1)

    def test_what_somebody_else_edits_in_preview_is_not_taken_unseen(self):
        desk, other = self.desk(BROADCASTER), self.desk(CONTRIBUTOR)
        other.click('.cue:nth-child(1) [data-cue="edit"]')
        other.fill("#draft-headline", "First calls, mended")
        desk.evaluate(
            """new MutationObserver((_, seen) => {
                seen.disconnect();
                document.querySelector('[data-does="take"]').click();
            }).observe(document.querySelector('[data-desk="done"]'), { childList: true })"""
        )
        other.click("text=Save cue")
        self.said(other, "Saved: C1.")

        self.said(desk, "Not taken. It was edited just now: look at it.")
        self.assertIn("First calls, mended", desk.inner_text(PREVIEW))
        self.assertEqual(self.seq(), 1)

    def test_a_cue_is_scheduled_counted_down_and_cancelled(self):
        editor, broadcaster = self.desk(EDITOR), self.desk(BROADCASTER)
        row = self.row(editor, "C1")
        row.locator('[data-cue="at"]').fill(
            editor.evaluate("new Date(Date.now() + 7.2e6).toTimeString().slice(0, 8)")
        )
        row.locator("text=Take at").click()
        self.said(editor, "“C1” goes out by itself at")

        seen = self.row(broadcaster, "C1")
        seen.locator("text=/in 1:59:5/").wait_for()
        self.assertIn("SCHEDULED", seen.inner_text())
        seen.locator("text=Cancel the time").click()

        self.said(broadcaster, "“C1” no longer goes out by itself.")
        self.assertIsNone(Cue.objects.get(title="C1").due_at)

    def test_what_a_feed_proposes_is_previewed_and_taken(self):
        desk = self.desk(BROADCASTER)
        token = ApiToken.issue(staff("ap-robot", CONTRIBUTOR))
        message = {"calls": [{"unit": "PA", "status": "Called", "party": "Dem"}]}
        request = Request(
            f"{self.server.url}/api/broadcasts/{self.broadcast.slug}/calls",
            json.dumps(message).encode(),
            {"Authorization": f"Bearer {token}"},
        )
        with urlopen(request, timeout=10) as response:
            self.assertEqual(response.status, 202)

        row = self.row(desk, "Pennsylvania goes to Biden")
        row.locator("text=PROPOSED").wait_for()
        self.assertEqual(self.seq(), 1)
        row.locator('[data-cue="select"]').click()
        desk.wait_for_selector(f'{PREVIEW} [data-part=D]:text("20")')
        desk.click(TAKE)

        self.said(desk, "Update 2 is on air: Pennsylvania goes to Biden")
        self.assertEqual(Publication.objects.get(seq=2).cue.by.username, "ap-robot")

    def test_a_second_person_confirms_what_crosses_270(self):
        self.put(call(NEARLY, "Nearly"))
        self.cue("PA", call("PA", "Pennsylvania goes to Biden"))
        broadcaster, editor = self.desk(BROADCASTER), self.desk(EDITOR)
        self.assertIn("NEEDS SECOND PERSON", self.row(broadcaster, "PA").inner_text())

        self.row(broadcaster, "PA").locator(".cue-take").click()
        self.said(broadcaster, "Not on air yet. A second person must confirm")
        self.assertEqual(self.seq(), 2)
        waiting = self.row(broadcaster, "PA")
        waiting.locator("text=You took it. It waits for a second person.").wait_for()
        self.assertFalse(waiting.locator('[data-cue="confirm"]').is_visible())
        self.row(editor, "PA").locator('[data-cue="confirm"]').click()

        self.said(editor, "Update 3 is on air.")
        broadcaster.wait_for_selector(f'{PROGRAM} [data-part=D]:text("272")')
        self.assertEqual(Publication.objects.get(seq=3).confirmed_by.username, "editor")


@needs_chromium
class OnAir(Console):
    def draft_pennsylvania(self, desk, headline="Pennsylvania goes to Biden"):
        desk.click(f'{PREVIEW} .map-shapes [data-unit="PA"]')
        desk.check(".call [value=called-D]")
        desk.fill("#draft-headline", headline)

    def test_a_call_without_a_headline_does_not_leave_the_desk(self):
        desk = self.desk(BROADCASTER)
        self.draft_pennsylvania(desk, "")
        desk.wait_for_selector(f'{PREVIEW} [data-part=D]:text("20")')

        desk.click(TAKE)

        self.said(desk, "Not taken. A call needs a headline.")
        self.assertEqual(desk.evaluate("document.activeElement.id"), "draft-headline")
        self.assertEqual(self.seq(), 1)

    def test_what_the_server_refuses_is_said_and_the_draft_outlives_a_reload(self):
        desk = self.desk(BROADCASTER)
        self.draft_pennsylvania(desk)
        self.put({"kind": "hold"})
        desk.click(TAKE)
        self.said(desk, "on hold; resume it first")

        desk.reload()
        desk.wait_for_selector(CONNECTED)

        self.assertEqual(desk.input_value("#draft-headline"), "Pennsylvania goes to Biden")
        self.assertEqual(desk.inner_text(f"{PREVIEW} [data-part=D]"), "20")
        self.assertEqual(self.seq(), 2)

    def test_a_call_is_corrected_in_the_open(self):
        self.put(call("AZ GA", "Two calls"))
        desk = self.desk(EDITOR)
        desk.click('[data-desk="log"] >> text=Correct')
        desk.click('[aria-label="Leave Georgia out"]')
        desk.fill("#draft-headline", "Arizona is not called")
        desk.click(TAKE)
        self.said(desk, "Not taken. A correction needs a reason.")

        desk.fill("#draft-reason", "Too many ballots are uncounted")
        desk.click(TAKE)

        self.said(desk, "Update 3 is on air.")
        desk.wait_for_selector('[data-desk="log"] s >> text=AZ')
        self.assertIn("⚑ AZ corrected by update 3", desk.inner_text('[data-desk="log"]'))
        self.assertEqual(desk.locator('[data-desk="log"] s').all_inner_texts(), ["AZ"])
        desk.wait_for_selector(f'{PROGRAM} .map-shapes [data-unit="AZ"][data-status="retracted"]')

    def test_a_mistaken_view_is_undone_by_a_new_update(self):
        self.put({"view": {"focus": "TX"}})
        desk = self.desk(BROADCASTER)
        self.assertIn("view TX", desk.inner_text(PROGRAM))

        desk.click('[data-does="undo"]')

        self.said(desk, "Update 3 restored the view before.")
        desk.wait_for_selector(f"{PROGRAM} >> text=view US")

    def test_the_frame_says_what_the_show_is_in(self):
        in_a_thread(start_over, self.broadcast)
        desk = self.desk(EDITOR)
        frame = desk.locator("#desk")
        found = [frame.get_attribute("data-mode")]
        for button, mode in (("start", "live"), ("hold", "held"), ("resume", "live")):
            desk.click(f'[data-does="{button}"]')
            desk.wait_for_selector(f'#desk[data-mode="{mode}"]')
            found.append(desk.inner_text('[data-desk="mode"]'))
        desk.click('[data-does="end"]')
        desk.click("dialog >> text=Go back")
        self.assertEqual(frame.get_attribute("data-mode"), "live")
        desk.click('[data-does="end"]')
        desk.click('dialog [data-ask="yes"]')
        desk.wait_for_selector('#desk[data-mode="ended"]')

        self.assertEqual(found, ["scheduled", "● LIVE", "❚❚ ON HOLD", "● LIVE"])

    def test_what_is_planned_in_the_admin_is_counted_down_at_the_desk(self):
        desk = self.desk(BROADCASTER)
        self.broadcast.ends_at = timezone.now() + timedelta(hours=2)
        self.broadcast.automatic = True

        self.broadcast.save()

        desk.wait_for_selector(".desk-bar >> text=/ends by itself at .*, in 1:59:/")

    def test_shortcuts_press_buttons_but_not_while_typing_and_can_be_switched_off(self):
        self.cue("C1", call("KY", "Kentucky"))
        desk = self.desk(BROADCASTER)
        desk.focus("#draft-headline")
        desk.keyboard.press("Shift+H")
        self.assertEqual(desk.input_value("#draft-headline"), "H")
        desk.click("text=Clear")
        desk.keyboard.press("Shift+N")
        self.said(desk, "In preview: C1.")
        desk.keyboard.press("Shift+Enter")
        self.said(desk, "Update 2 is on air: C1.")
        desk.keyboard.press("Shift+H")
        desk.wait_for_selector('#desk[data-mode="held"]')

        desk.uncheck('[data-desk="keys"]')
        desk.reload()
        desk.wait_for_selector(CONNECTED)
        desk.keyboard.press("Shift+H")

        self.assertFalse(desk.is_checked('[data-desk="keys"]'))
        self.assertFalse(desk.locator("kbd").first.is_visible())
        self.assertEqual(self.seq(), 3)

    def test_a_double_press_takes_one_cue(self):
        self.cue("C1", call("KY", "Kentucky"))
        self.cue("C2", call("IN", "Indiana"))
        desk = self.desk(BROADCASTER)

        desk.dblclick(TAKE)

        self.said(desk, "Update 2 is on air: C1.")
        desk.wait_for_selector(f'{PROGRAM} [data-part=R]:text("8")')
        self.assertEqual(self.seq(), 2)

    def test_a_second_press_after_the_answer_is_told_that_it_took_nothing(self):
        self.cue("C1", call("KY", "Kentucky"))
        self.cue("C2", call("IN", "Indiana"))
        desk = self.desk(BROADCASTER)
        desk.evaluate(PRESS_AGAIN, TAKE)

        desk.click(TAKE)

        self.said(desk, "Update 2 is on air: C1. The second press took nothing.")
        self.row(desk, "C2").locator('[data-cue="select"]').click()
        desk.click(TAKE)
        self.said(desk, "Update 3 is on air: C2.")

    # With the socket down takes go by post; what cannot be known is not said.

    def blocked(self, group):
        """A desk whose socket never opens."""
        visit = Visit(self.browser, self.server, viewport=WIDE)
        self.visits.append(visit)
        visit.context.route_web_socket("**/console/ws", lambda socket: socket.close())
        visit.log_in_as(self.user(group))
        visit.open(self.path)
        visit.waits_for('[data-desk="line"][data-state="lost"]')
        return visit.page

    def test_a_take_goes_by_post_and_the_page_shows_what_happened(self):
        self.cue("C1", call("KY", "Kentucky"))
        desk = self.blocked(BROADCASTER)
        self.assertIn("socket down: takes go by post", desk.inner_text(".desk-bar"))

        desk.click(TAKE)

        self.said(desk, "Update 2 is on air: C1.")
        desk.wait_for_selector(f'{PROGRAM} [data-part=R]:text("8")')
        self.row(desk, "C1").locator("text=Already taken by broadcaster").wait_for()
        self.put({"view": {"focus": "OH"}})
        desk.wait_for_selector(f"{PROGRAM} >> text=view OH")

    def test_an_unanswered_take_is_not_called_done_and_goes_out_once(self):
        desk = self.blocked(BROADCASTER)
        desk.context.route("**/console/command", lambda route: (route.fetch(), route.abort()))
        desk.fill("#draft-headline", "Pennsylvania is close")
        desk.click(TAKE)  # published; but the answer is lost

        self.said(desk, "Not known whether that was done")
        self.assertEqual(desk.input_value("#draft-headline"), "Pennsylvania is close")
        self.assertEqual(self.seq(), 2)
        desk.reload()
        desk.context.unroute("**/console/command")
        desk.click(TAKE)

        self.said(desk, "Update 2 is on air.")
        self.assertEqual(desk.input_value("#draft-headline"), "")
        self.assertEqual(self.seq(), 2)

    def test_the_desk_says_that_the_server_is_gone_and_finds_it_again(self):
        desk = self.desk(BROADCASTER)
        desk.fill("#draft-headline", "Still here")
        self.server.stop()
        self.addCleanup(lambda: self.server.process.poll() is None or self.server.start())
        desk.wait_for_selector("text=no connection: what you see may be old")
        desk.click(TAKE)
        self.said(desk, "Not known whether that was done")
        self.server.start()

        desk.wait_for_selector(CONNECTED, timeout=30_000)
        desk.click(TAKE)

        self.said(desk, "Update 2 is on air.")
        self.assertEqual(self.seq(), 2)


@needs_chromium
class Accessible(Console):
    """axe finds nothing against WCAG 2.2 AA, whatever state the show is in."""

    def setUp(self):
        super().setUp()
        self.cue("C1", call("KY IN WV SC VT", "First calls"))
        self.cue("PA", call("PA", "Pennsylvania"))

    def check(self, page, state, *, maps=False):
        """Maps look alike in every state and take most of the time."""
        found = violations(page, without=None if maps else ".picture")
        self.assertEqual(found, [], state)

    def test_off_air_and_live_and_with_a_draft(self):
        in_a_thread(start_over, self.broadcast)
        desk = self.desk(EDITOR)
        self.check(desk, "scheduled", maps=True)
        desk.click('[data-does="start"]')
        self.said(desk, "on air")
        desk.click(TAKE)
        self.said(desk, "Update 2 is on air")
        self.check(desk, "live")
        desk.click('[data-desk="log"] >> text=Correct')
        desk.select_option('[data-desk="add"]', "NV")
        desk.select_option("#draft-highlight", "OH")
        desk.click(TAKE)
        self.said(desk, "Not taken")
        self.check(desk, "a draft with an error")
        desk.click('[data-does="end"]')
        self.check(desk, "a question")

    def test_waiting_and_scheduled_and_held_and_ended(self):
        Broadcast.objects.filter(pk=self.broadcast.pk).update(second_person="calls")
        self.put({"view": {"focus": "OH"}})
        desk = self.desk(EDITOR)
        self.row(desk, "C1").locator(".cue-take").click()
        self.said(desk, "Not on air yet")
        self.row(desk, "PA").locator('[data-cue="select"]').click()
        self.row(desk, "PA").locator('[data-cue="at"]').fill("23:59:59")
        self.row(desk, "PA").locator("text=Take at").click()
        self.said(desk, "goes out by itself")
        desk.wait_for_selector("text=SCHEDULED")
        self.check(desk, "waiting")
        self.check(self.desk(CONTRIBUTOR, color_scheme="dark"), "waiting, seen by others, dark")
        self.put({"kind": "hold"})
        desk.wait_for_selector('[data-mode="held"]')
        self.check(desk, "held")
        self.put({"kind": "end"})
        desk.wait_for_selector('[data-mode="ended"]')
        self.check(desk, "ended")

    def test_a_rehearsal_in_the_dark_with_the_socket_down(self):
        Broadcast.objects.filter(pk=self.broadcast.pk).update(rehearsal=True)
        desk = self.desk(EDITOR, color_scheme="dark")
        self.assertIn("REHEARSAL", desk.inner_text(".desk-bar"))
        desk.click(TAKE)
        self.said(desk, "on air")
        self.check(desk, "rehearsal, dark", maps=True)
        desk.emulate_media(color_scheme="light")
        self.check(desk, "rehearsal, light")
        self.server.stop()
        self.addCleanup(self.server.start)
        desk.wait_for_selector("text=no connection")
        self.check(desk, "no connection")

    def test_nothing_is_wider_than_a_narrow_screen(self):
        desk = self.desk(EDITOR)
        desk.click(f'{PREVIEW} .map-shapes [data-unit="TX"]')
        for width in (320, 420, 800, 1200, 1440, 1920):
            desk.set_viewport_size({"width": width, "height": 900})
            self.assertLessEqual(desk.evaluate("document.documentElement.scrollWidth"), width)
            if width == 420:
                self.check(desk, "narrow")

    def test_preview_program_take_and_the_draft_are_in_one_view(self):
        desk = self.desk(EDITOR)
        for part in (f"{PREVIEW} .map", f"{PROGRAM} .map", TAKE, "#draft-headline"):
            box = desk.locator(part).bounding_box()
            self.assertLess(box["y"] + box["height"], WIDE["height"], part)
