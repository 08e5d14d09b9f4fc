"""During the show: from the start to the end, with a correction and a killed server."""

import json
import signal

from broadcaster.domain.geometry import shipped
from broadcaster.management.evening import Evening
from broadcaster.rendering.picture import view_box
from tests.end_to_end.evening_people import RECONNECT_TIMEOUT, TAKE, PersonPage, ViewerPage, unit
from tests.support.server import wait_for

LATER = 3600  # seconds from now for which C4 is scheduled
AHEAD = 5  # seconds, the second time, to see C4 go out
GOOD_EVENING = "Polls close in two hours"
WELCOME = "Welcome to election night"
RETRACTION = "Correction: Arizona is not called"
REASON = "Too many ballots in Maricopa County are uncounted"
AWAY = "While the server was away"
# The colours of the light theme and of the dark one.
BLUE, RED = ("rgb(31, 95, 168)", "rgb(53, 117, 198)"), ("rgb(192, 39, 45)", "rgb(212, 64, 60)")
SHAPES = shipped("us-states").shape_of
OHIO, TEXAS = (view_box(SHAPES[state].view) for state in ("OH", "TX"))


def headline(title):
    """Return the headline of a cue of the demonstration."""
    return Evening().rundown[title]["story"]["headline"]


class DuringTheShow:
    def run_on_air(self):
        self.publish_the_first_hour()
        self.correct_a_call()
        self.kill_and_restart_the_server()
        self.undo_a_view_and_hold()
        self.cross_270()
        self.end_the_broadcast()

    def publish_the_first_hour(self):
        self.editor.page.click('[data-action="start"]')
        self.editor.page.fill('dialog [data-dialog="headline"]', GOOD_EVENING)
        self.editor.page.click('dialog [data-dialog="yes"]')
        self.editor.wait_for_message("The broadcast is on air")
        self.wait_for_totals("0–0–538")
        self.wait_for_all('[data-part="status"][data-state="live"]')
        desk = self.broadcaster.page
        desk.select_option("#draft-focus", "president/")
        desk.fill("#draft-headline", WELCOME)
        self.broadcaster.take_draft(2)
        self.wait_for_totals("0–0–538")
        for viewer in self.viewers:
            viewer.wait_for_text(WELCOME)
        self.assertEqual(self.keyboard.recorded("announced"), [GOOD_EVENING, WELCOME])

        self.broadcaster.take("C1")
        self.wait_for_totals("3–33–502")
        self.check_calls_are_readable_without_colour()

        self.broadcaster.take("C2")
        self.wait_for_totals("75–72–391")
        self.assertEqual(self.keyboard.recorded("announced")[3:], [headline("C2")])

        desk.select_option("#draft-focus", "president/OH")
        self.broadcaster.take_draft(5)
        self.wait_for_totals("75–72–391")
        self.wait_for_all('.map[data-focus="OH"]')
        self.assertEqual(self.embed.recorded("views"), [OHIO])  # without an animation
        self.desktop.wait_for(f'.map[viewBox="{OHIO}"]')

        for name in ("OH", "TX"):  # Ohio is in view: from there to the whole country, then to Texas
            self.desktop.page.click(unit(name))
            self.desktop.page.click('[data-action="zoom"]')
        self.desktop.wait_for(f'.map[viewBox="{TEXAS}"]')
        self.broadcaster.take("C3")
        self.wait_for_totals("118–109–311")
        self.desktop.wait_for_text("Broadcast is showing the whole map")
        self.assertEqual(
            self.desktop.page.get_attribute(".map", "viewBox"), view_box(SHAPES["TX"].view)
        )
        self.assertIn(self.desktop.fill_of("NY"), BLUE)
        self.schedule_a_cue()
        self.take_one_cue_twice()

        self.phone.page.evaluate("show(false)")
        before = self.phone.totals
        self.broadcaster.take("C5")  # a hidden tab ends its poll, and polls again when it is shown
        self.wait_for_totals("227–213–98", but=[self.phone])
        self.assertEqual(self.phone.totals, before)
        self.phone.page.evaluate("show(true)")
        wait_for(lambda: self.phone.totals == "227–213–98", "the phone to catch up")
        for viewer in self.viewers:
            drawn = {
                name: viewer.frame.inner_text(f'.boxes [data-unit="{name}"] .mark')
                for name in ("NE-1", "NE-2", "NE-3", "ME-1", "ME-2")
            }
            called = {"NE-1": "R", "NE-2": "D", "NE-3": "R", "ME-1": "D", "ME-2": ""}
            self.assertEqual(drawn, called, viewer.name)
            self.assertIn(viewer.fill_of("NE-AL"), RED, viewer.name)
            self.assertIn(viewer.fill_of("ME-AL"), BLUE, viewer.name)

    def check_calls_are_readable_without_colour(self):
        for viewer in self.viewers:
            self.assertIn(viewer.fill_of("KY"), RED, viewer.name)
        label = self.desktop.page.locator('.map-labels [data-unit="KY"]')
        self.assertEqual(label.text_content(), "KYR 8")
        self.desktop.page.click('[data-group="R"] summary')
        self.assertIn("Trump (R)", self.desktop.page.inner_text('tr[data-unit="KY"]'))
        self.plain.wait_for_totals("3–33–502")
        self.assertEqual(self.plain.read_facts()["table"], "3–33–502")
        self.assertIn("Live, as of", self.plain.page.inner_text('[data-part="status"]'))

    def schedule_a_cue(self):
        self.editor.schedule("C4", LATER)
        cue = self.broadcaster.cue("C4")
        cue.locator("text=/^SCHEDULED$/").wait_for()
        cue.locator("text=/in 59:\\d\\d, at .* by editor/").wait_for()
        for page in ("", "embed/", "replay/", "snapshot.json", "updates", "recording.json"):
            self.assertNotIn("West Coast", self.fetch(page), page)
        cue.locator('[data-cue="unschedule"]').click()
        self.broadcaster.wait_for_message("“C4” no longer goes out automatically")
        self.desktop.page.click("text=Return")
        self.desktop.wait_for('main[data-mode="following"]')
        self.desktop.wait_for('.map[data-focus=""]')

        due = self.editor.schedule("C4", AHEAD)
        self.wait_for_totals("209–119–210")

        self.assertGreaterEqual(self.published().get(seq=self.seq).at.timestamp(), due)
        cue.locator("text=/Update 7, .*, by editor/").wait_for()
        frames = [frame for frame in self.desktop.frames if "West Coast" in json.dumps(frame)]
        self.assertEqual(
            {frame["seq"] for frame in frames}, {self.seq}
        )  # a snapshot may have it as well

    def take_one_cue_twice(self):
        desks = [self.broadcaster, self.editor]
        for desk in desks:
            desk.preview("Closed")
        for desk in desks:
            desk.page.locator(TAKE).click()
        self.wait_for_totals("209–119–210")
        first = self.published().get(seq=self.seq).by.username
        for desk in desks:
            if desk.name == first:
                desk.wait_for_message(f"Update {self.seq} is on air: Closed")
            else:
                desk.wait_for_message(f"Not taken. Already taken by {first}, update {self.seq}")

    def correct_a_call(self):
        self.broadcaster.take("AZ")
        self.wait_for_totals("238–213–87")
        wrong, desk = self.seq, self.editor.page
        row = desk.locator(f'[data-desk="log"] tr:has([data-log="seq"]:text-is("{wrong}"))')
        row.locator('[data-log="correct"]').click()
        desk.fill("#draft-headline", RETRACTION)
        desk.fill("#draft-reason", REASON)
        self.editor.take_draft(wrong + 1)
        self.wait_for_totals("227–213–98")
        row.locator("s >> text=AZ").wait_for()

        self.check_correction(*self.viewers)
        for viewer in (self.desktop, self.phone, self.keyboard):
            self.assertEqual(viewer.page.text_content('[role="alert"]'), RETRACTION, viewer.name)
        self.latecomer = self.person(ViewerPage, "Latecomer")
        page = self.latecomer.page.goto(self.server.url + self.path).text()
        self.latecomer.mark_page()
        self.assertRegex(page, '<tr data-unit="AZ" data-status="retracted" data-party=""[^>]*>')
        self.assertIn(REASON, page)
        self.viewers.append(self.latecomer)
        self.wait_for_totals("227–213–98", updates=0)
        self.check_correction(self.latecomer)
        self.assertEqual(self.latecomer.recorded("az"), [""])  # never shown as called

    def check_correction(self, *viewers):
        """Check that Arizona is grey again, and that the pages still show the correction."""
        for viewer in viewers:
            self.assertIn(viewer.fill_of("AZ"), viewer.fill_of("PA"), viewer.name)
            row = viewer.frame.locator('tr[data-unit="AZ"]')
            self.assertIn("Call withdrawn", row.text_content())
            if viewer is self.embed:
                continue
            if not row.is_visible():
                viewer.page.click('[data-group=""] summary')
            self.assertTrue(row.locator(".chip").is_visible(), viewer.name)
            self.assertEqual(viewer.page.inner_text(".corrected"), "Corrected Arizona")
            entry = viewer.page.locator(f'.log [data-seq="{self.seq - 1}"]')
            self.assertEqual(entry.locator("[data-struck]").inner_text(), "Arizona 11")
            self.assertIn(REASON, viewer.page.inner_text(f'.log [data-seq="{self.seq}"]'))

    def kill_and_restart_the_server(self):
        self.server.stop(signal.SIGKILL)
        for viewer in self.viewers:
            viewer.wait_for(
                '[data-part="status"][data-state="reconnecting"]', timeout=RECONNECT_TIMEOUT
            )
            status = viewer.frame.inner_text('[data-part="status"]')
            self.assertRegex(status, r"Reconnecting, as of \d", viewer.name)
            self.assertEqual(viewer.totals, "227–213–98")
        desk = self.broadcaster.page
        desk.wait_for_selector("text=no connection: what you see may be old")
        desk.fill("#draft-headline", AWAY)
        desk.locator(TAKE).click()
        self.broadcaster.wait_for_message("Not known whether that was done")
        self.assertEqual(desk.input_value("#draft-headline"), AWAY)

        self.server.start()

        for person in (self.broadcaster, self.editor):
            person.wait_for_connection()
        self.broadcaster.take_draft(self.seq + 1)
        self.wait_for_all('[data-part="status"][data-state="live"]', timeout=RECONNECT_TIMEOUT)
        self.wait_for_totals("227–213–98")
        for viewer in self.viewers:
            viewer.wait_for_text(AWAY)
            self.assertTrue(viewer.is_same_page(), viewer.name)
        for viewer in (self.desktop, self.phone):
            self.assertEqual(viewer.received(), list(range(1, self.seq + 1)), viewer.name)

    def undo_a_view_and_hold(self):
        desk = self.broadcaster.page
        desk.select_option("#draft-focus", "president/TX")
        self.broadcaster.take_draft(self.seq + 1)
        self.wait_for_totals("227–213–98")
        self.wait_for_all('.map[data-focus="TX"]')
        desk.click('[data-action="undoView"]')
        self.broadcaster.wait_for_message(f"Update {self.seq + 1} restored the view before")
        self.wait_for_totals("227–213–98")
        self.wait_for_all('.map[data-focus=""]')

        desk.click('[data-action="hold"]')
        self.wait_for_totals("227–213–98")
        self.wait_for_all('[data-part="status"][data-state="held"]')
        for viewer in self.viewers:
            self.assertIn("On hold", viewer.frame.inner_text('[data-part="status"]'))
        for viewer in (self.desktop, self.keyboard):  # on a phone the status alone says it
            viewer.wait_for_text("On hold: back after the break", state="visible")
        self.explore_by_keyboard()
        self.broadcaster.cue("ME-2").locator(".cue-take").click()
        self.broadcaster.wait_for_message("Not taken. .*on hold")
        desk.click('[data-action="resume"]')
        self.wait_for_totals("227–213–98")
        self.wait_for_all('[data-part="status"][data-state="live"]')
        self.assertFalse(self.desktop.page.locator('[data-notice="held"]').is_visible())

    def explore_by_keyboard(self):
        page = self.keyboard.page
        for _ in range(40):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.matches('.map')"):
                break
        for key in ("ArrowRight", "ArrowUp", "ArrowUp"):
            page.keyboard.press(key)
        pinned = page.get_attribute(".map", "aria-activedescendant")
        label = page.get_attribute(f"#{pinned}", "aria-label")
        self.assertRegex(label, r"Nebraska 2nd district, electoral votes: 1, Biden \(D\)")
        page.keyboard.press("Enter")
        page.wait_for_selector('.map[data-focus="NE-2"]')
        page.keyboard.press("Escape")
        page.keyboard.press("Escape")
        page.wait_for_selector('.map[data-focus=""]')

    def cross_270(self):
        polled = "/updates?v=2&since="  # going offline fails new polls, not the waiting one
        with self.phone.page.expect_event("requestfailed", lambda asked: polled in asked.url):
            self.phone.context.set_offline(True)
        self.phone.wait_for_text("Offline, last known")
        self.broadcaster.take("ME-2")
        self.wait_for_totals("227–214–97", but=[self.phone])
        self.assertEqual(self.phone.totals, "227–213–98")
        self.phone.context.set_offline(False)
        self.phone.wait_for_totals("227–214–97")
        self.broadcaster.take("WI")
        self.wait_for_totals("237–214–87")
        self.broadcaster.take("MI")
        self.wait_for_totals("253–214–71")
        self.confirm_by_another_person()
        share = self.desktop.page
        share.click('[data-part="share"]')
        share.wait_for_selector("text=Link copied")
        address = share.evaluate("navigator.clipboard.readText()")
        for title, totals in {
            "NV": "279–214–45",
            "GA": "295–214–29",
            "AZ again": "306–214–18",
            "NC": "306–229–3",
            "AK": "306–232–0",
        }.items():
            self.broadcaster.take(title)
            self.wait_for_totals(totals)
            if title == "NV":
                self.open_shared(address)

    def confirm_by_another_person(self):
        waiting = self.broadcaster.cue("PA")
        waiting.locator(".cue-take").click()
        self.broadcaster.wait_for_message("Not on air yet. Another person must confirm")
        waiting.locator("text=You took it. Somebody else must confirm.").wait_for()
        self.assertFalse(waiting.locator('[data-cue="confirm"]').is_visible())
        pk = self.broadcast.cues.get(title="PA").pk
        self.assertEqual(self.broadcaster.post_command(command="confirm", cue=pk, version=1), 403)
        self.wait_for_totals("253–214–71", updates=0)
        self.editor.preview("PA")  # a look comes before the confirmation
        self.editor.cue("PA").locator('[data-cue="confirm"]').click()
        self.editor.wait_for_message(rf"Update {self.seq + 1} is on air\.")
        self.wait_for_totals("273–214–51")
        for viewer in self.viewers:
            mark = viewer.frame.locator('[data-passed="D"]')
            self.assertEqual(mark.inner_text().split(), ["✓", "past", "270"], viewer.name)
        self.keyboard.wait_for_text("Biden has reached 270")

    def open_shared(self, address):
        """Open the shared moment in a new browser."""
        friend = self.person(PersonPage, "Friend")
        friend.open(address.removeprefix(self.server.url))
        self.assertEqual(friend.totals, "273–214–51")
        self.assertEqual(friend.read_facts()["table"], "273–214–51")
        friend.page.click("text=Return to live")
        friend.wait_for_totals("279–214–45")
        friend.context.close()

    def end_the_broadcast(self):
        self.editor.page.click('[data-action="end"]')
        self.editor.page.click('dialog [data-dialog="yes"]')
        self.wait_for_totals("306–232–0")
        self.wait_for_all('[data-part="status"][data-state="ended"]')
        for viewer in self.viewers:
            self.assertIn("Final, as of", viewer.frame.inner_text('[data-part="status"]'))
            wait_for(viewer.has_no_open_socket, f"{viewer.name}'s sockets to close")
            self.assertTrue(viewer.is_same_page(), viewer.name)
        self.assertEqual(self.desktop.frames[-1]["code"], 4001)
        self.plain.wait_for_totals("306–232–0")
        self.assertIn("Final, as of", self.plain.page.inner_text('[data-part="status"]'))
        self.check_deliveries()
        self.requests_at_the_end = {viewer: len(viewer.requests) for viewer in self.viewers}

    def check_deliveries(self):
        """Check that pages got every update once, in order, and announced every headline once."""
        rows = self.published()
        calls = [row.seq for row in rows if row.change.calls]
        headlines = [row.change.story.headline for row in rows if row.change.story]
        for viewer in (self.desktop, self.phone, self.keyboard):
            self.assertEqual(viewer.received(), list(range(1, self.seq + 1)), viewer.name)
            self.assertEqual(viewer.logged(), calls, viewer.name)
        announced = self.keyboard.recorded("announced")
        won = announced.index(f"{headline('PA')}. Biden has reached 270.")
        announced[won] = headline("PA")
        self.assertEqual(announced, headlines)
