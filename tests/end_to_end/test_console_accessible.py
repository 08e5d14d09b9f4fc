"""The console for everyone: axe in every state of the show, and narrow screens."""

from broadcaster.desk.permissions import CONTRIBUTOR, EDITOR
from broadcaster.management.evening import call
from broadcaster.models import Broadcast
from broadcaster.publishing.publish import start_over
from tests.support.browser import in_a_thread, needs_chromium, violations
from tests.support.console import PREVIEW, PROGRAM, TAKE, WIDE, Console


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
        desk.click('[data-action="start"]')
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
        desk.click('[data-action="end"]')
        self.check(desk, "a question")

    def test_waiting_and_scheduled_and_held_and_ended(self):
        Broadcast.objects.filter(pk=self.broadcast.pk).update(second_person="calls")
        self.put({"view": {"focus": "OH"}})
        desk = self.desk(EDITOR)
        self.row(desk, "C1").locator(".cue-take").click()
        self.said(desk, "Not on air yet")
        self.row(desk, "PA").locator('[data-cue="select"]').click()
        self.row(desk, "PA").locator('[data-cue="time"]').fill("23:59:59")
        self.row(desk, "PA").locator("text=Take at").click()
        self.said(desk, "goes out automatically")
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
