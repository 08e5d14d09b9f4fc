"""Going on air at the console: drafts, corrections, the show's frame, keys, the socket down."""

from datetime import timedelta

from django.utils import timezone

from broadcaster.desk.permissions import BROADCASTER, EDITOR
from broadcaster.management.evening import call
from broadcaster.publishing.publish import start_over
from tests.support.browser import Visit, hold_back, in_a_thread, needs_chromium
from tests.support.console import CONNECTED, DONE, PREVIEW, PROGRAM, TAKE, WIDE, Console


@needs_chromium
class OnAir(Console):
    def draft_pennsylvania(self, desk, headline="Pennsylvania goes to Biden"):
        desk.click(f'{PREVIEW} .map-shapes [data-unit="PA"]')
        desk.check(".call [value=called-D]")
        desk.fill("#draft-headline", headline)

    def test_nothing_can_be_pressed_or_typed_until_it_is_heard(self):
        visit = Visit(self.browser, self.server, viewport=WIDE)
        self.visits.append(visit)
        visit.log_in_as(self.user(BROADCASTER))
        page = visit.page
        release = hold_back(page, "**/main.js")
        page.goto(self.server.url + self.path, wait_until="commit")
        visit.waits_for("#draft-headline")
        page.focus("#draft-headline")
        self.assertEqual(page.evaluate("document.activeElement.localName"), "body")
        self.assertIn("connecting …", page.inner_text(".desk-bar"))

        release()
        page.click(TAKE)

        self.said(page, "Not taken. There is nothing to take yet.")

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
        desk.click('[aria-label="Remove Georgia from the draft"]')
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

        desk.click('[data-action="undoView"]')

        self.said(desk, "Update 3 restored the view before.")
        desk.wait_for_selector(f"{PROGRAM} >> text=view US")

    def test_the_frame_says_what_the_show_is_in(self):
        in_a_thread(start_over, self.broadcast)
        desk = self.desk(EDITOR)
        frame = desk.locator("#desk")
        found = [frame.get_attribute("data-mode")]
        for button, mode in (("start", "live"), ("hold", "held"), ("resume", "live")):
            desk.click(f'[data-action="{button}"]')
            desk.wait_for_selector(f'#desk[data-mode="{mode}"]')
            found.append(desk.inner_text('[data-desk="mode"]'))
        desk.click('[data-action="end"]')
        desk.click("dialog >> text=Go back")
        self.assertEqual(frame.get_attribute("data-mode"), "live")
        desk.click('[data-action="end"]')
        desk.click('dialog [data-dialog="yes"]')
        desk.wait_for_selector('#desk[data-mode="ended"]')

        self.assertEqual(found, ["scheduled", "● LIVE", "❚❚ ON HOLD", "● LIVE"])

    def test_what_is_planned_in_the_admin_is_counted_down_at_the_desk(self):
        desk = self.desk(BROADCASTER)
        self.broadcast.ends_at = timezone.now() + timedelta(hours=2)
        self.broadcast.automatic = True

        self.broadcast.save()

        desk.wait_for_selector(".desk-bar >> text=/ends automatically at .*, in 1:59:/")

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

        desk.uncheck('[data-desk="shortcuts"]')
        desk.reload()
        desk.wait_for_selector(CONNECTED)
        desk.keyboard.press("Shift+H")

        self.assertFalse(desk.is_checked('[data-desk="shortcuts"]'))
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
        self.finger(desk, TAKE, DONE, "is on air")

        desk.click(TAKE)

        self.said(desk, "Update 2 is on air: C1. The second press took nothing.")
        self.row(desk, "C2").locator('[data-cue="select"]').click()
        desk.click(TAKE)
        self.said(desk, "Update 3 is on air: C2.")

    def test_a_double_press_on_hold_does_not_resume_the_show(self):
        desk = self.desk(BROADCASTER)
        hold = desk.locator('[data-action="hold"]').bounding_box()
        desk.mouse.move(hold["x"] + 9, hold["y"] + 9)
        desk.mouse.down()
        desk.mouse.up()
        self.said(desk, "On hold: viewers see the pause.")

        desk.mouse.down(click_count=2)  # on Resume, which is there now
        desk.mouse.up(click_count=2)

        self.said(desk, "On hold: viewers see the pause. The second press did nothing.")
        self.assertEqual(self.seq(), 2)

    def test_two_people_undo_one_view_and_the_second_does_not_bring_it_back(self):
        self.put({"view": {"focus": "TX"}})
        first, second = self.desk(BROADCASTER), self.desk(EDITOR)
        self.finger(second, '[data-action="undoView"]', PROGRAM, "view US")

        first.click('[data-action="undoView"]')

        self.said(second, "Nothing was undone. Somebody else just changed the view")
        self.assertEqual(self.seq(), 3)

    # With the socket down takes go by post; what cannot be known is not said.

    def blocked(self, group):
        """A desk whose socket never opens."""
        visit = Visit(self.browser, self.server, viewport=WIDE)
        self.visits.append(visit)
        visit.context.route_web_socket("**/console/ws", lambda socket: socket.close())
        visit.log_in_as(self.user(group))
        visit.open(self.path)
        visit.waits_for('[data-desk="connection"][data-state="fallback"]')
        return visit.page

    def test_a_take_goes_by_post_and_the_page_shows_what_happened(self):
        self.cue("C1", call("KY", "Kentucky"))
        desk = self.blocked(BROADCASTER)
        self.assertIn("socket down: takes still work", desk.inner_text(".desk-bar"))

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

    def test_a_hold_that_was_not_answered_is_another_one_later_on(self):
        desk = self.blocked(BROADCASTER)
        desk.context.route("**/console/command", lambda route: (route.fetch(), route.abort()))
        desk.click('[data-action="hold"]')
        self.said(desk, "Not known whether that was done")
        desk.context.unroute("**/console/command")
        desk.wait_for_selector('#desk[data-mode="held"]')
        self.put({"kind": "resume"})
        desk.wait_for_selector('#desk[data-mode="live"]')

        desk.click('[data-action="hold"]')

        self.said(desk, "On hold: viewers see the pause.")
        self.assertEqual(self.seq(), 4)

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
