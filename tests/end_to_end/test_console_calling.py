"""Calling at the console: written headlines, keys, annotations, approvals, countdowns."""

from broadcaster.desk.permissions import BROADCASTER, EDITOR
from broadcaster.management.evening import Evening
from broadcaster.models import Broadcast, Cue, Publication
from tests.support.browser import Visit
from tests.support.console import PREVIEW, PROGRAM, ConsoleTestCase

HEADLINE = "#draft-headline"
BANNER = '[data-desk="approval"]'


class CallingAtTheConsole(ConsoleTestCase):
    def choose(self, desk, race, choice="called-D"):
        desk.select_option('[data-desk="add"]', f"president/{race}")
        desk.check(f'[data-call="president/{race}"] [value={choice}]')

    def test_headline_is_written_until_a_person_types_one(self):
        desk = self.open_console(BROADCASTER)
        self.choose(desk, "NV")
        self.assertEqual(desk.input_value(HEADLINE), "Nevada goes to Biden: 6 electoral votes")
        self.choose(desk, "AZ")
        self.assertEqual(desk.input_value(HEADLINE), "Biden wins Nevada and Arizona")
        desk.wait_for_selector(f"{PREVIEW} >> text=Biden wins Nevada and Arizona")

        desk.fill(HEADLINE, "The West is blue")
        self.choose(desk, "CA")

        self.assertEqual(desk.input_value(HEADLINE), "The West is blue")
        desk.reload()
        desk.wait_for_selector('[data-call="president/CA"]')
        self.choose(desk, "OR")
        self.assertEqual(desk.input_value(HEADLINE), "The West is blue")
        desk.click("text=Clear")
        self.choose(desk, "NV", "too_close")
        self.assertEqual(desk.input_value(HEADLINE), "Nevada: too close to call")

    def test_races_that_are_not_called_are_offered_by_weight(self):
        self.publish(Evening().call("CA TX", "Two calls"))
        desk = self.open_console(BROADCASTER)
        offered = desk.locator('[data-desk="uncalled"] button').all_inner_texts()
        self.assertEqual(offered[:3], ["FL 29", "NY 29", "IL 20"])

        desk.click('[data-race="president/FL"]')
        desk.check(".call [value=called-R]")

        self.assertEqual(desk.input_value(HEADLINE), "Florida goes to Trump: 29 electoral votes")

    def test_correction_has_no_written_headline(self):
        self.publish(Evening().call("AZ", "Arizona"))
        desk = self.open_console(EDITOR)

        desk.click('[data-desk="log"] >> text=Correct')

        self.assertEqual(desk.input_value(HEADLINE), "")

    def test_control_and_enter_in_the_draft_takes_it_once_it_was_seen(self):
        self.add_cue("C1", Evening().call("KY", "Kentucky"))
        desk = self.open_console(BROADCASTER)
        self.choose(desk, "NV")
        self.row(desk, "C1").locator('[data-cue="select"]').click()
        desk.focus(HEADLINE)

        desk.keyboard.press("Control+Enter")
        self.wait_for_message(desk, "Nothing was taken. The draft is in Preview now")
        self.assertEqual(self.seq(), 1)
        desk.keyboard.press("Control+Enter")

        self.wait_for_message(desk, "Update 2 is on air.")
        self.assertEqual([*Publication.objects.get(seq=2).change.called], [("president", "NV")])

    def test_annotation_is_written_and_drawn_where_it_points(self):
        desk = self.open_console(BROADCASTER)
        viewer = Visit(self.browser, self.server)
        self.visits.append(viewer)
        page = viewer.open(f"/broadcasts/{self.broadcast.slug}/")
        desk.fill(HEADLINE, "Waiting for Pennsylvania")
        desk.select_option('[data-desk="annotate"]', "president/PA")
        desk.keyboard.type("Philadelphia reports at eleven")
        pin = desk.locator(f"{PREVIEW} .map-pins circle").bounding_box()
        shape = desk.locator(f'{PREVIEW} .map-shapes [data-unit="PA"]').bounding_box()
        self.assertLess(abs(pin["x"] + pin["width"] / 2 - shape["x"] - shape["width"] / 2), 3)

        desk.keyboard.press("Control+Enter")

        desk.wait_for_selector(f"{PROGRAM} >> text=Pennsylvania: Philadelphia reports at eleven")
        [note] = Publication.objects.get(seq=2).change.story.annotations
        self.assertEqual((note.at, note.text), ("PA", "Philadelphia reports at eleven"))
        self.assertEqual(desk.locator(".draft-note").count(), 0)
        for _ in range(2):  # by an update, and in a page that is opened later
            page.wait_for_selector('.annotations [data-number="1"] >> text=Philadelphia reports')
            self.assertEqual(page.locator(".map-pins text").all_text_contents(), ["1"])
            page.reload()

    def test_banner_asks_to_look_before_it_lets_confirm(self):
        Broadcast.objects.filter(pk=self.broadcast.pk).update(approval="calls")
        self.add_cue("C1", {"view": {"focus": "OH"}})
        self.add_cue("PA", Evening().call("PA", "Pennsylvania goes to Biden"))
        broadcaster, editor = self.open_console(BROADCASTER), self.open_console(EDITOR)
        self.row(broadcaster, "PA").locator(".cue-take").click()
        broadcaster.wait_for_selector(f"{BANNER} >> text=waits for another person")
        self.assertIn("Withdraw", broadcaster.inner_text(BANNER))

        editor.wait_for_selector(f"{BANNER} >> text=broadcaster took “PA”")
        editor.wait_for_function("() => document.title.includes('CONFIRM: PA')")
        confirm = editor.locator(f'{BANNER} [data-approval="confirm"]')
        self.assertTrue(confirm.is_disabled())
        editor.click(f'{BANNER} [data-approval="look"]')
        editor.wait_for_selector(f'{PREVIEW} [data-part=D]:text("20")')
        confirm.click()

        self.wait_for_message(editor, "Update 2 is on air.")
        editor.locator(BANNER).wait_for(state="hidden")
        editor.wait_for_function("() => !document.title.includes('CONFIRM')")

    def test_taker_withdraws_what_waits(self):
        Broadcast.objects.filter(pk=self.broadcast.pk).update(approval="calls")
        self.add_cue("PA", Evening().call("PA", "Pennsylvania goes to Biden"))
        desk = self.open_console(BROADCASTER)
        self.row(desk, "PA").locator(".cue-take").click()

        desk.click(f"{BANNER} >> text=Withdraw")

        self.wait_for_message(desk, "“PA” was not taken: it is back in the rundown.")
        desk.locator(BANNER).wait_for(state="hidden")

    def test_bar_counts_down_what_goes_out_and_delays_it(self):
        self.add_cue("C1", Evening().call("KY", "Kentucky"))
        desk = self.open_console(EDITOR)
        time = desk.evaluate("new Date(Date.now() + 7.2e6).toTimeString().slice(0, 8)")
        desk.fill('[data-cue="time"]', time)
        desk.click("text=Take at")
        desk.wait_for_selector(".desk-bar >> text=/C1 in 1:59:/")
        due = Cue.objects.get().due_at

        desk.click("text=+1 min")

        desk.wait_for_selector(".desk-bar >> text=/C1 in 2:00:/")
        self.assertEqual((Cue.objects.get().due_at - due).total_seconds(), 60)
