"""The console on air: drafts, corrections, phases, shortcuts, double presses, lost connections."""

from datetime import timedelta

from django.utils import timezone
from msgspec.structs import replace

from broadcaster.desk.permissions import BROADCASTER, EDITOR
from broadcaster.management.evening import Evening
from broadcaster.publishing.lineup import spread
from broadcaster.publishing.publish import start_over
from tests.support.browser import Visit, hold_back, in_a_thread
from tests.support.console import CONNECTED, DONE, PREVIEW, PROGRAM, TAKE, WIDE, ConsoleTestCase


class ConsoleOnAir(ConsoleTestCase):
    def draft_pennsylvania(self, desk, headline="Pennsylvania goes to Biden"):
        desk.click(f'{PREVIEW} .map-shapes [data-unit="PA"]')
        desk.check(".call [value=called-D]")
        desk.fill("#draft-headline", headline)

    def test_console_is_inert_until_its_scripts_run(self):
        visit = Visit(self.browser, self.server, viewport=WIDE)
        self.visits.append(visit)
        visit.log_in_as(self.user(BROADCASTER))
        page = visit.page
        release = hold_back(page, "**/main.js")
        page.goto(self.server.url + self.path, wait_until="commit")
        visit.wait_for("#draft-headline")
        page.focus("#draft-headline")
        self.assertEqual(page.evaluate("document.activeElement.localName"), "body")
        self.assertIn("connecting …", page.inner_text(".desk-bar"))

        release()
        page.click(TAKE)

        self.wait_for_message(page, "Not taken. There is nothing to take yet.")

    def test_call_without_a_headline_is_not_sent(self):
        desk = self.open_console(BROADCASTER)
        self.draft_pennsylvania(desk, "")
        desk.wait_for_selector(f'{PREVIEW} [data-part=D]:text("20")')

        desk.click(TAKE)

        self.wait_for_message(desk, "Not taken. A call needs a headline.")
        self.assertEqual(desk.evaluate("document.activeElement.id"), "draft-headline")
        self.assertEqual(self.seq(), 1)

    def test_correction_of_a_contest_asks_for_a_reload_that_shows_it(self):
        desk = self.open_console(BROADCASTER)
        self.draft_pennsylvania(desk)
        contest = self.broadcast.show.contests["president"]
        first, *others = contest.races
        races = (replace(first, name="Corrected name"), *others)

        in_a_thread(spread, replace(contest, races=races))

        self.wait_for_message(desk, "A contest was changed in the admin: reload this page")
        self.assertNotIn("Corrected name", desk.content())
        desk.reload()
        desk.wait_for_selector(CONNECTED)
        self.assertIn("Corrected name", desk.content())
        self.assertEqual(desk.input_value("#draft-headline"), "Pennsylvania goes to Biden")

    def test_draft_of_a_rejected_take_survives_a_reload(self):
        desk = self.open_console(BROADCASTER)
        self.draft_pennsylvania(desk)
        self.publish({"kind": "hold"})
        desk.click(TAKE)
        self.wait_for_message(desk, "on hold; resume it first")

        desk.reload()
        desk.wait_for_selector(CONNECTED)

        self.assertEqual(desk.input_value("#draft-headline"), "Pennsylvania goes to Biden")
        self.assertEqual(desk.inner_text(f"{PREVIEW} [data-part=D]"), "20")
        self.assertEqual(self.seq(), 2)

    def test_corrected_call_is_struck_through_in_the_log(self):
        self.publish(Evening().call("AZ GA", "Two calls"))
        desk = self.open_console(EDITOR)
        desk.click('[data-desk="log"] >> text=Correct')
        desk.click('[aria-label="Remove Georgia from the draft"]')
        desk.fill("#draft-headline", "Arizona is not called")
        desk.click(TAKE)
        self.wait_for_message(desk, "Not taken. A correction needs a reason.")

        desk.fill("#draft-reason", "Too many ballots are uncounted")
        desk.wait_for_selector(f"{PREVIEW} >> text=Too many ballots are uncounted")
        desk.click(TAKE)

        self.wait_for_message(desk, "Update 3 is on air.")
        desk.wait_for_selector('[data-desk="log"] s >> text=AZ')
        self.assertIn("⚑ AZ corrected by update 3", desk.inner_text('[data-desk="log"]'))
        self.assertEqual(desk.locator('[data-desk="log"] s').all_inner_texts(), ["AZ"])
        desk.wait_for_selector(f'{PROGRAM} .map-shapes [data-unit="AZ"][data-status="retracted"]')

    def test_mistaken_view_is_undone_by_a_new_update(self):
        self.publish({"view": {"focus": "TX"}})
        desk = self.open_console(BROADCASTER)
        self.assertIn("view TX", desk.inner_text(PROGRAM))

        desk.click('[data-action="undoView"]')

        self.wait_for_message(desk, "Update 3 restored the view before.")
        desk.wait_for_selector(f"{PROGRAM} >> text=view whole map")

    def test_frame_shows_the_phase(self):
        in_a_thread(start_over, self.broadcast)
        desk = self.open_console(EDITOR)
        frame = desk.locator("#desk")
        found = [frame.get_attribute("data-mode")]
        desk.click('[data-action="start"]')
        desk.click('dialog [data-dialog="yes"]')
        desk.wait_for_selector('#desk[data-mode="live"]')
        for button, mode in (("hold", "held"), ("resume", "live")):
            desk.click(f'[data-action="{button}"]')
            desk.wait_for_selector(f'#desk[data-mode="{mode}"]')
            found.append(desk.inner_text('[data-desk="mode"]'))
            is_held = "On hold: back after the break" in desk.inner_text(PROGRAM)
            self.assertEqual(is_held, mode == "held", "what viewers read")
        desk.click('[data-action="end"]')
        desk.click("dialog >> text=Go back")
        self.assertEqual(frame.get_attribute("data-mode"), "live")
        desk.click('[data-action="end"]')
        desk.click('dialog [data-dialog="yes"]')
        desk.wait_for_selector('#desk[data-mode="ended"]')

        self.assertEqual(found, ["scheduled", "❚❚ ON HOLD", "● LIVE"])

    def test_planned_end_is_counted_down(self):
        desk = self.open_console(BROADCASTER)
        self.broadcast.ends_at = timezone.now() + timedelta(hours=2)
        self.broadcast.automatic = True

        self.broadcast.save()

        desk.wait_for_selector(".desk-bar >> text=/ends automatically at .*, in 1:59:/")

    def test_shortcuts_press_buttons_except_while_typing_or_switched_off(self):
        self.add_cue("C1", Evening().call("KY", "Kentucky"))
        desk = self.open_console(BROADCASTER)
        desk.focus("#draft-headline")
        desk.keyboard.press("Shift+H")
        self.assertEqual(desk.input_value("#draft-headline"), "H")
        desk.click("text=Clear")
        desk.keyboard.press("Shift+N")
        self.wait_for_message(desk, "In preview: C1.")
        desk.keyboard.press("Shift+Enter")
        self.wait_for_message(desk, "Update 2 is on air: C1.")
        desk.keyboard.press("Shift+H")
        desk.wait_for_selector('#desk[data-mode="held"]')

        desk.uncheck('[data-desk="shortcuts"]')
        desk.reload()
        desk.wait_for_selector(CONNECTED)
        desk.keyboard.press("Shift+H")

        self.assertFalse(desk.is_checked('[data-desk="shortcuts"]'))
        self.assertFalse(desk.locator("kbd").first.is_visible())
        self.assertEqual(self.seq(), 3)

    def test_double_press_takes_one_cue(self):
        self.add_cue("C1", Evening().call("KY", "Kentucky"))
        self.add_cue("C2", Evening().call("IN", "Indiana"))
        desk = self.open_console(BROADCASTER)

        desk.dblclick(TAKE)

        self.wait_for_message(desk, "Update 2 is on air: C1.")
        desk.wait_for_selector(f'{PROGRAM} [data-part=R]:text("8")')
        self.assertEqual(self.seq(), 2)
        self.assertNotEqual(
            desk.evaluate("document.activeElement.dataset.action"), "take", "Space would take C2"
        )

    def test_second_press_after_the_answer_takes_nothing(self):
        self.add_cue("C1", Evening().call("KY", "Kentucky"))
        self.add_cue("C2", Evening().call("IN", "Indiana"))
        desk = self.open_console(BROADCASTER)
        self.press_when(desk, TAKE, DONE, "is on air")

        desk.click(TAKE)

        self.wait_for_message(desk, "Update 2 is on air: C1. The second press took nothing.")
        self.row(desk, "C2").locator('[data-cue="select"]').click()
        desk.click(TAKE)
        self.wait_for_message(desk, "Update 3 is on air: C2.")

    def test_double_press_on_hold_does_not_resume_the_show(self):
        desk = self.open_console(BROADCASTER)
        hold = desk.locator('[data-action="hold"]').bounding_box()
        desk.mouse.move(hold["x"] + 9, hold["y"] + 9)
        desk.mouse.down()
        desk.mouse.up()
        self.wait_for_message(desk, "On hold: viewers see the pause.")

        desk.mouse.down(click_count=2)  # on Resume, which has taken the place of Hold
        desk.mouse.up(click_count=2)

        self.wait_for_message(desk, "On hold: viewers see the pause. The second press did nothing.")
        self.assertEqual(self.seq(), 2)

    def test_view_that_two_desks_undo_is_undone_once(self):
        first = self.open_console(BROADCASTER)
        for group in (EDITOR, BROADCASTER):  # of two people, and of one
            with self.subTest(group):
                self.publish({"view": {"focus": "TX"}})
                first.wait_for_selector(f"{PROGRAM} >> text=view TX")
                second, before = self.open_console(group), self.seq()
                self.press_when(second, '[data-action="undoView"]', PROGRAM, "view whole map")

                first.click('[data-action="undoView"]')

                words = "Nothing was undone. Another desk just changed the view"
                self.wait_for_message(second, words)
                self.assertEqual(self.seq(), before + 1)

    # Without a socket

    def open_console_without_socket(self, group):
        """Open a console whose socket never opens."""
        visit = Visit(self.browser, self.server, viewport=WIDE)
        self.visits.append(visit)
        visit.context.route_web_socket("**/console/ws", lambda socket: socket.close())
        visit.log_in_as(self.user(group))
        visit.open(self.path)
        visit.wait_for('[data-desk="connection"][data-state="fallback"]')
        return visit.page

    def test_take_without_a_socket_is_posted_and_its_outcome_shown(self):
        self.add_cue("C1", Evening().call("KY", "Kentucky"))
        desk = self.open_console_without_socket(BROADCASTER)
        self.assertIn("socket down: takes still work", desk.inner_text(".desk-bar"))

        desk.click(TAKE)

        self.wait_for_message(desk, "Update 2 is on air: C1.")
        desk.wait_for_selector(f'{PROGRAM} [data-part=R]:text("8")')
        self.row(desk, "C1").locator("text=Update 2, ").wait_for()
        self.publish({"view": {"focus": "OH"}})
        desk.wait_for_selector(f"{PROGRAM} >> text=view OH")

    def test_console_without_a_socket_shows_that_its_user_has_logged_out(self):
        desk = self.open_console_without_socket(BROADCASTER)

        desk.context.clear_cookies()

        desk.wait_for_selector('[data-desk="connection"][data-state="forbidden"]')
        self.assertIn("log in again", desk.inner_text(".desk-bar"))

    def test_unanswered_take_is_published_once(self):
        desk = self.open_console_without_socket(BROADCASTER)
        desk.context.route("**/console/command", lambda route: (route.fetch(), route.abort()))
        desk.fill("#draft-headline", "Pennsylvania is close")
        desk.click(TAKE)  # published, but the answer is lost

        self.wait_for_message(desk, "Not known whether that was done")
        self.assertEqual(desk.input_value("#draft-headline"), "Pennsylvania is close")
        self.assertEqual(self.seq(), 2)
        desk.reload()
        desk.context.unroute("**/console/command")
        desk.click(TAKE)

        self.wait_for_message(desk, "Update 2 is on air.")
        self.assertEqual(desk.input_value("#draft-headline"), "")
        self.assertEqual(self.seq(), 2)

    def test_hold_after_an_unanswered_hold_is_a_new_one(self):
        desk = self.open_console_without_socket(BROADCASTER)
        desk.context.route("**/console/command", lambda route: (route.fetch(), route.abort()))
        desk.click('[data-action="hold"]')
        self.wait_for_message(desk, "Not known whether that was done")
        desk.context.unroute("**/console/command")
        desk.wait_for_selector('#desk[data-mode="held"]')
        self.publish({"kind": "resume"})
        desk.wait_for_selector('#desk[data-mode="live"]')

        desk.click('[data-action="hold"]')

        self.wait_for_message(desk, "On hold: viewers see the pause.")
        self.assertEqual(self.seq(), 4)

    def test_console_reconnects_when_the_server_is_back(self):
        desk = self.open_console(BROADCASTER)
        desk.fill("#draft-headline", "Still here")
        self.server.stop()
        self.addCleanup(lambda: self.server.process.poll() is None or self.server.start())
        desk.wait_for_selector("text=no connection: what you see may be old")
        desk.click(TAKE)
        self.wait_for_message(desk, "Not known whether that was done")
        self.server.start()

        desk.wait_for_selector(CONNECTED, timeout=30_000)
        desk.click(TAKE)

        self.wait_for_message(desk, "Update 2 is on air.")
        self.assertEqual(self.seq(), 2)
