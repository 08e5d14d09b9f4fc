"""The console's rundown: cues are prepared, moved, edited, scheduled, proposed and taken."""

import json
from urllib.request import Request, urlopen

from broadcaster.desk.permissions import BROADCASTER, CONTRIBUTOR, EDITOR
from broadcaster.management.evening import Evening
from broadcaster.models import ApiToken, Cue, Publication
from tests.support.console import DONE, PREVIEW, PROGRAM, TAKE, ConsoleTestCase
from tests.support.staff import staff

NEARLY_WON = "CA OR WA HI NY CO NM MA MD DE DC NJ CT RI IL VA VT NH MN WI MI ME-AL ME-1"  # D 252


class ConsoleRundown(ConsoleTestCase):
    def setUp(self):
        super().setUp()
        self.add_cue("C1", Evening().call("KY IN WV SC VT", "First calls"))
        self.add_cue("C2", Evening().call("NY CO", "Nine o'clock"))
        self.add_cue("C3", {"view": {"focus": "OH"}})

    def test_next_cue_is_previewed_after_a_take(self):
        desk = self.open_console(BROADCASTER)
        self.assertEqual(desk.inner_text(f"{PREVIEW} [data-part=R]"), "33")
        self.assertEqual(desk.inner_text(f"{PROGRAM} [data-part=R]"), "0")
        self.row(desk, "C2").locator('[data-cue="select"]').click()
        desk.wait_for_selector(f'{PREVIEW} .screen-headline:text("Nine o\'clock")')
        self.assertEqual(self.seq(), 1)

        self.row(desk, "C1").locator('[data-cue="select"]').click()
        desk.click(TAKE)

        self.wait_for_message(desk, "Update 2 is on air: C1.")
        desk.wait_for_selector(f'{PROGRAM} [data-part=R]:text("33")')
        self.row(desk, "C1").locator("text=Update 2, ").wait_for()
        self.assertIn("NEXT", self.row(desk, "C2").inner_text())
        self.assertIn("PREVIEW", self.row(desk, "C2").inner_text())

    def test_next_loads_the_cue_that_is_marked_next(self):
        desk = self.open_console(BROADCASTER)
        desk.click(TAKE)
        self.wait_for_message(desk, "Update 2 is on air: C1.")
        self.row(desk, "C3").locator('[data-cue="select"]').click()
        self.assertIn("NEXT", self.row(desk, "C2").inner_text())

        desk.click('[data-action="next"]')

        self.wait_for_message(desk, "In preview: C2.")
        self.assertIn("PREVIEW", self.row(desk, "C2").inner_text())
        desk.keyboard.press("Shift+N")
        self.wait_for_message(desk, "NEXT is in Preview already: C2.")

    def test_zoomed_preview_has_codes_as_large_as_the_whole_map(self):
        desk = self.open_console(BROADCASTER)
        code = f'{PREVIEW} .map-labels [data-unit="OH"] .code'
        height = "code => code.getBBox().height * code.getScreenCTM().d"  # without its edge
        whole = desk.eval_on_selector(code, height)

        self.row(desk, "C3").locator('[data-cue="select"]').click()

        desk.wait_for_selector(f'{PREVIEW} .map[data-focus="OH"]')
        self.assertAlmostEqual(desk.eval_on_selector(code, height), whole, delta=2)

    def test_cue_that_was_left_behind_is_marked(self):
        desk = self.open_console(BROADCASTER)

        self.row(desk, "C2").locator(".cue-take").click()

        self.row(desk, "C1").locator("text=LEFT BEHIND").wait_for()
        self.assertIn("NEXT", self.row(desk, "C3").inner_text())

    def test_call_that_stands_already_is_not_taken_again(self):
        desk = self.open_console(BROADCASTER)
        desk.click(TAKE)
        self.wait_for_message(desk, "Update 2 is on air: C1.")
        self.add_cue("KY again", Evening().call("KY", "Kentucky goes to Trump"))
        self.row(desk, "KY again").locator('[data-cue="select"]').click()
        desk.wait_for_selector('[data-desk="warning"] >> text=/KY was called R at .*, update 2/')

        desk.click(TAKE)

        self.wait_for_message(desk, "Not taken. KY is called R already.")
        self.assertEqual(self.seq(), 2)

    def test_second_person_to_take_a_cue_sees_who_was_first(self):
        first, second = self.open_console(BROADCASTER), self.open_console(EDITOR)
        first.click(TAKE)
        self.wait_for_message(first, "Update 2 is on air")
        self.row(second, "C1").locator("text=Update 2, ").wait_for()
        self.assertIn("PREVIEW", self.row(second, "C1").inner_text())  # C2 did not replace it

        second.click(TAKE)

        self.wait_for_message(second, "Not taken. Already taken by broadcaster, update 2.")
        self.assertEqual(self.seq(), 2)

    def test_cues_are_reordered_by_keys_buttons_and_mouse(self):
        desk, other = self.open_console(CONTRIBUTOR), self.open_console(EDITOR)
        self.row(desk, "C3").locator('[data-cue="select"]').press("Alt+ArrowUp")
        self.wait_for_message(desk, "“C3” is number 2 of 3.")
        other.wait_for_selector(".cue:nth-child(2) >> text=C3")
        self.assertEqual(
            desk.evaluate("document.activeElement.closest('.cue').innerText.includes('C3')"), True
        )

        self.row(desk, "C1").locator('[data-cue="select"]').click()
        desk.click('[data-cue="down"]')
        self.wait_for_message(desk, "“C1” is number 2 of 3.")
        desk.wait_for_selector(".cue:nth-child(2) >> text=C1")
        self.row(desk, "C2").locator(".cue-grip").drag_to(
            desk.locator(".cue:nth-child(1)"), target_position={"x": 40, "y": 3}
        )
        self.wait_for_message(desk, "“C2” is number 1 of 3.")

        self.row(other, "C2").and_(other.locator(".cue:nth-child(1)")).wait_for()
        self.assertEqual(self.titles(other), ["C2", "C3", "C1"])

    def test_contributor_prepares_edits_and_removes_but_has_no_take(self):
        desk = self.open_console(CONTRIBUTOR)
        self.assertEqual(desk.locator(f"{TAKE}, .cue-take:visible").count(), 0)

        desk.click("text=Preview the draft")
        desk.select_option('[data-desk="add"]', "president/PA")
        desk.check(".call [value=called-D]")
        desk.fill("#draft-headline", "")
        desk.click("text=Add to rundown")
        self.wait_for_message(desk, "Not in the rundown. A call needs a headline.")
        desk.fill("#draft-headline", "Pennsylvania goes to Biden")
        desk.fill("#draft-title", "PA")
        desk.click("text=Add to rundown")
        self.wait_for_message(desk, "In the rundown: PA.")
        row = desk.locator(".cue:nth-child(4)")
        row.locator('[data-cue="select"]').click()
        desk.click('[data-cue="edit"]')
        desk.fill("#draft-headline", "Pennsylvania, at last")
        desk.click("text=Save cue")
        self.wait_for_message(desk, "Saved: PA.")
        desk.wait_for_selector(f'{PREVIEW} >> text="Pennsylvania, at last"')
        self.row(desk, "C3").locator('[data-cue="select"]').click()
        desk.click('[data-cue="remove"]')
        desk.click("dialog >> text=Remove >> nth=-1")
        self.wait_for_message(desk, "“C3” was removed.")
        self.row(desk, "C3").wait_for(state="detached")

        self.assertEqual(self.titles(desk), ["C1", "C2", "PA"])
        self.assertEqual(Cue.objects.get(title="PA").version, 2)
        self.assertEqual(self.seq(), 1)

    def test_cue_that_was_just_edited_is_not_taken(self):
        desk, other = self.open_console(BROADCASTER), self.open_console(CONTRIBUTOR)
        other.click('[data-cue="edit"]')
        other.fill("#draft-headline", "First calls, corrected")
        self.press_when(desk, TAKE, DONE, "was edited")
        other.click("text=Save cue")
        self.wait_for_message(other, "Saved: C1.")

        self.wait_for_message(desk, "Not taken. The cue was just edited: look at Preview.")
        self.assertIn("First calls, corrected", desk.inner_text(PREVIEW))
        self.assertEqual(self.seq(), 1)

    def test_row_that_just_moved_is_not_taken(self):
        desk, other = self.open_console(BROADCASTER), self.open_console(CONTRIBUTOR)
        self.press_when(desk, ".cue:nth-child(1) .cue-take", ".cue:nth-child(1)", "C2")

        self.row(other, "C2").locator('[data-cue="select"]').press("Alt+ArrowUp")

        self.wait_for_message(desk, "Not done. The rundown just changed: look at it first.")
        self.assertEqual(self.seq(), 1)

    def test_row_is_not_taken_right_after_the_list_has_scrolled(self):
        for number in range(12):
            self.add_cue(f"S{number}", {"story": {"headline": f"Story {number}"}})
        desk = self.open_console(BROADCASTER)
        rows = desk.locator(".cue")
        low = max(range(rows.count()), key=lambda place: self.is_whole(desk, place) * place)
        rows.nth(low).locator('[data-cue="select"]').click()
        self.press_when(desk, f".cue:nth-child({low}) .cue-take", DONE, "is on air")

        desk.click(TAKE)  # which scrolls to the next cue

        self.wait_for_message(desk, "Not done. The rundown just changed: look at it first.")
        self.assertEqual(self.seq(), 2)

    def is_whole(self, desk, place):
        """Return whether all of a cue's row is in sight."""
        row = desk.locator(".cue").nth(place)
        return row.evaluate(
            """row => row.offsetTop + row.offsetHeight
                <= row.parentElement.scrollTop + row.parentElement.clientHeight - 24"""
        )

    def test_moves_in_quick_succession_are_all_done(self):
        desk = self.open_console(CONTRIBUTOR)
        desk.evaluate(
            """() => {
                const key = { key: "ArrowDown", altKey: true, bubbles: true };
                const row = document.querySelector('.cue [data-cue="select"]');
                for (const _ of "12") row.dispatchEvent(new KeyboardEvent("keydown", key));
            }"""
        )

        self.wait_for_message(desk, "“C1” is number 3 of 3.")
        self.assertEqual(self.titles(desk), ["C2", "C3", "C1"])

    def test_double_press_adds_one_cue(self):
        desk = self.open_console(CONTRIBUTOR)
        desk.fill("#draft-headline", "Good evening")
        self.press_when(desk, '[data-action="saveDraft"]', DONE, "In the rundown")

        desk.click("text=Add to rundown")

        self.wait_for_message(desk, "In the rundown: Good evening. The second press added nothing.")
        self.assertEqual(self.titles(desk), ["C1", "C2", "C3", "Good evening"])

    def test_cue_selected_during_a_save_stays_in_preview(self):
        desk = self.open_console(CONTRIBUTOR)
        desk.click('[data-cue="edit"]')
        desk.fill("#draft-headline", "First calls, corrected")
        desk.evaluate(
            """() => {
                document.querySelector('[data-action="saveDraft"]').click();
                document.querySelector('.cue:nth-child(3) [data-cue="select"]').click();
            }"""
        )

        self.wait_for_message(desk, "Saved: C1.")
        self.assertIn("PREVIEW", self.row(desk, "C3").inner_text())

    def test_cue_is_scheduled_counted_down_and_cancelled(self):
        editor, broadcaster = self.open_console(EDITOR), self.open_console(BROADCASTER)
        time = editor.evaluate("new Date(Date.now() + 7.2e6).toTimeString().slice(0, 8)")
        editor.fill('[data-cue="time"]', time)
        editor.click("text=Take at")
        self.wait_for_message(editor, "“C1” goes out automatically at")

        seen = self.row(broadcaster, "C1")
        seen.locator("text=/in 1:5\\d:\\d\\d/").wait_for()
        self.assertIn("SCHEDULED", seen.inner_text())
        self.assertTrue(seen.locator('[data-cue="summary"]').is_visible(), "its calls")
        seen.locator('[data-cue="unschedule"]').click()

        self.wait_for_message(broadcaster, "“C1” no longer goes out automatically.")
        self.assertIsNone(Cue.objects.get(title="C1").due_at)

    def test_proposed_cue_is_previewed_and_taken(self):
        desk = self.open_console(BROADCASTER)
        token = ApiToken.issue(staff("ap-robot", CONTRIBUTOR))
        message = {"calls": [{"race": "PA", "status": "Called", "winner": "Dem"}]}
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

        self.wait_for_message(desk, "Update 2 is on air: Pennsylvania goes to Biden")
        self.assertEqual(Publication.objects.get(seq=2).cue.by.username, "ap-robot")

    def test_double_press_on_decline_declines_once_without_an_error(self):
        self.publish(Evening().call(NEARLY_WON, "Nearly"))
        self.add_cue("PA", Evening().call("PA", "Pennsylvania goes to Biden"))
        desk = self.open_console(BROADCASTER)
        self.row(desk, "PA").locator(".cue-take").click()
        self.wait_for_message(desk, "Not on air yet. Another person must confirm")

        self.row(desk, "PA").locator('[data-cue="decline"]').dblclick()

        self.wait_for_message(desk, "“PA” was not taken: it is back in the rundown.")
        self.assertEqual(desk.inner_text('[data-desk="error"]'), "")

    def test_take_that_crosses_270_waits_for_approval(self):
        self.publish(Evening().call(NEARLY_WON, "Nearly"))
        self.add_cue("PA", Evening().call("PA", "Pennsylvania goes to Biden"))
        broadcaster, editor = self.open_console(BROADCASTER), self.open_console(EDITOR)
        self.assertIn("NEEDS APPROVAL", self.row(broadcaster, "PA").inner_text())

        self.row(broadcaster, "PA").locator(".cue-take").click()
        self.wait_for_message(broadcaster, "Not on air yet. Another person must confirm")
        self.assertEqual(self.seq(), 2)
        waiting = self.row(broadcaster, "PA")
        waiting.locator("text=You took it. Somebody else must confirm.").wait_for()
        self.assertFalse(waiting.locator('[data-cue="confirm"]').is_visible())
        self.row(editor, "PA").locator('[data-cue="select"]').click()
        self.row(editor, "PA").locator('[data-cue="confirm"]').click()

        self.wait_for_message(editor, "Update 3 is on air.")
        broadcaster.wait_for_selector(f'{PROGRAM} [data-part=D]:text("272")')
        self.assertEqual(Publication.objects.get(seq=3).confirmed_by.username, "editor")
