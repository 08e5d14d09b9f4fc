"""The console's accessibility: axe in every phase, and narrow screens."""

from broadcaster.desk.permissions import CONTRIBUTOR, EDITOR
from broadcaster.management.evening import Evening
from broadcaster.models import Broadcast
from broadcaster.publishing.publish import start_over
from tests.support.browser import in_a_thread, violations
from tests.support.console import PREVIEW, PROGRAM, TAKE, WIDE, ConsoleTestCase

LOG_ROW = '[data-desk="log"] tr'
WHAT = "row => row.cells[1].offsetWidth / row.offsetWidth"
"""How much of a row of the log its words have."""


class ConsoleAccessibility(ConsoleTestCase):
    """WCAG 2.2 AA, as far as axe can check it."""

    def setUp(self):
        super().setUp()
        self.add_cue("C1", Evening().call("KY IN WV SC VT", "First calls"))
        self.add_cue("PA", Evening().call("PA", "Pennsylvania"))

    def check(self, page, state, *, maps=False):
        """Check a page with axe, by default without its maps, which are slow and never change."""
        page.wait_for_function("() => !document.querySelector('.called-now')")  # it fades in
        found = violations(page, without=None if maps else ".picture")
        self.assertEqual(found, [], state)

    def test_console_is_accessible_off_air_live_and_with_a_draft(self):
        in_a_thread(start_over, self.broadcast)
        desk = self.open_console(EDITOR)
        self.check(desk, "scheduled", maps=True)
        desk.click('[data-action="start"]')
        desk.click('dialog [data-dialog="yes"]')
        self.wait_for_message(desk, "on air")
        desk.click(TAKE)
        self.wait_for_message(desk, "Update 2 is on air")
        self.check(desk, "live")
        desk.click('[data-desk="log"] >> text=Correct')
        desk.select_option('[data-desk="add"]', "president/NV")
        desk.select_option("#draft-highlight", "OH")
        desk.click(TAKE)
        self.wait_for_message(desk, "Not taken")
        self.check(desk, "a draft with an error")
        desk.click('[data-action="end"]')
        self.check(desk, "a question")

    def test_console_is_accessible_waiting_scheduled_held_and_ended(self):
        Broadcast.objects.filter(pk=self.broadcast.pk).update(approval="calls")
        self.publish({"view": {"focus": "OH"}})
        desk = self.open_console(EDITOR)
        self.row(desk, "C1").locator(".cue-take").click()
        self.wait_for_message(desk, "Not on air yet")
        self.row(desk, "PA").locator('[data-cue="select"]').click()
        desk.fill('[data-cue="time"]', "23:59:59")
        desk.click("text=Take at")
        self.wait_for_message(desk, "goes out automatically")
        desk.wait_for_selector("text=/^SCHEDULED$/")
        self.check(desk, "waiting")
        self.check(
            self.open_console(CONTRIBUTOR, color_scheme="dark"), "waiting, seen by others, dark"
        )
        self.publish({"kind": "hold"})
        desk.wait_for_selector('[data-mode="held"]')
        self.check(desk, "held")
        self.publish({"kind": "end"})
        desk.wait_for_selector('[data-mode="ended"]')
        self.check(desk, "ended")

    def test_console_is_accessible_in_a_rehearsal_and_without_connection(self):
        Broadcast.objects.filter(pk=self.broadcast.pk).update(rehearsal=True)
        desk = self.open_console(EDITOR, color_scheme="dark")
        self.assertIn("REHEARSAL", desk.inner_text(".desk-bar"))
        desk.click(TAKE)
        self.wait_for_message(desk, "on air")
        desk.wait_for_selector(f'{PROGRAM} .boxes [data-unit="VT"][data-party="D"]')
        self.check(desk, "rehearsal, dark", maps=True)
        desk.emulate_media(color_scheme="light")
        self.check(desk, "rehearsal, light")
        self.server.stop()
        self.addCleanup(self.server.start)
        desk.wait_for_selector("text=no connection")
        self.check(desk, "no connection")
        for width in (320, 768):
            desk.set_viewport_size({"width": width, "height": 900})
            self.assertLessEqual(desk.evaluate("document.documentElement.scrollWidth"), width)

    def test_console_fits_narrow_screens(self):
        desk = self.open_console(EDITOR)
        desk.fill('[data-cue="time"]', "23:59:59")
        desk.click("text=Take at")
        self.wait_for_message(desk, "goes out automatically")
        desk.click(f'{PREVIEW} .map-shapes [data-unit="TX"]')
        for width in (320, 420, 768, 800, 1200, 1440, 1920):
            desk.set_viewport_size({"width": width, "height": 900})
            self.assertLessEqual(desk.evaluate("document.documentElement.scrollWidth"), width)
            self.assertGreater(desk.eval_on_selector(LOG_ROW, WHAT), 0.55, "the log's words")
            if width == 420:
                self.check(desk, "narrow")
                self.assertLess(desk.locator(f"{PREVIEW} .map").bounding_box()["y"], 420)

    def test_preview_program_take_and_draft_fit_one_screen(self):
        desk = self.open_console(EDITOR)
        for part in (f"{PREVIEW} .map", f"{PROGRAM} .map", TAKE, "#draft-headline"):
            box = desk.locator(part).bounding_box()
            self.assertLess(box["y"] + box["height"], WIDE["height"], part)
