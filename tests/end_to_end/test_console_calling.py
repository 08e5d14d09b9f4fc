"""Calling at the console: written headlines, keys, annotations, approvals, countdowns."""

from datetime import timedelta

from django.utils import timezone
from msgspec.structs import replace

from broadcaster.desk.permissions import BROADCASTER, CONTRIBUTOR, EDITOR
from broadcaster.management.evening import Evening
from broadcaster.models import Broadcast, Cue, Publication
from broadcaster.publishing.lineup import spread
from tests.support.browser import Visit, in_a_thread
from tests.support.console import CONNECTED, DONE, PREVIEW, PROGRAM, WIDE, ConsoleTestCase

HEADLINE = "#draft-headline"
BANNER = '[data-desk="approval"]'
CONFIRM = f'{BANNER} [data-approval="confirm"]'
LOOK = f'{BANNER} [data-approval="look"]'

LISTEN = """
    window.loudest = 0; // of the samples that were played
    const { connect } = AudioNode.prototype;
    AudioNode.prototype.connect = function (to, ...more) {
        if (to === this.context.destination) {
            const analyser = new AnalyserNode(this.context);
            const samples = new Float32Array(analyser.fftSize);
            connect.call(this, analyser);
            setInterval(() => {
                analyser.getFloatTimeDomainData(samples);
                loudest = Math.max(loudest, ...samples);
            }, 20);
        }
        return connect.call(this, to, ...more);
    };
"""


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

        desk.click(HEADLINE)  # which selects what was written
        desk.keyboard.type("The West is blue")
        self.choose(desk, "CA")

        self.assertEqual(desk.input_value(HEADLINE), "The West is blue")
        desk.reload()
        desk.wait_for_selector('[data-call="president/CA"]')
        self.choose(desk, "OR")
        self.assertEqual(desk.input_value(HEADLINE), "The West is blue")
        desk.fill(HEADLINE, "")  # what is emptied is written again
        self.choose(desk, "WA")
        written = "Biden wins Nevada, Arizona, California, Oregon and Washington"
        self.assertEqual(desk.input_value(HEADLINE), written)
        desk.click("text=Clear")
        self.choose(desk, "NV", "too_close")
        self.assertEqual(desk.input_value(HEADLINE), "Nevada: too close to call")

    def test_races_that_are_not_called_are_offered_by_weight(self):
        self.publish(Evening().call("CA TX", "Two calls"))
        desk = self.open_console(BROADCASTER)
        offered = desk.locator('[data-desk="uncalled"] button').all_inner_texts()
        self.assertEqual(offered[:3], ["FL 29", "NY 29", "IL 20"])
        third = desk.locator('[data-race="president/IL"]').bounding_box()
        self.assertLessEqual(third["y"] + third["height"], WIDE["height"], "below the fold")

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
        desk.keyboard.press("Control+Enter")  # the second half of a double press
        self.wait_for_message(desk, "Nothing was taken. The draft is in Preview now")
        self.assertEqual(self.seq(), 1)
        desk.fill("#draft-title", "Nevada")
        desk.focus("text=Add to rundown")  # its buttons belong to the draft
        desk.keyboard.press("Control+Enter")

        self.wait_for_message(desk, "Update 2 is on air.")
        self.assertEqual([*Publication.objects.get(seq=2).change.called], [("president", "NV")])
        desk.keyboard.press("Control+Enter")
        self.wait_for_message(desk, "Nothing was taken: the draft is empty.")
        self.assertIn("PREVIEW", self.row(desk, "C1").inner_text())

        self.row(desk, "C1").locator('[data-cue="select"]').click()
        desk.click('[data-cue="edit"]')
        desk.keyboard.press("Control+Enter")
        self.wait_for_message(desk, "This draft edits a cue: save it, then take the cue.")
        self.assertEqual(desk.evaluate("document.activeElement.id"), "draft-headline")

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
        desk.wait_for_selector(".draft-note", state="detached")
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
        editor.set_viewport_size({"width": 320, "height": 640})
        self.assertLess(editor.locator(BANNER).bounding_box()["height"], 200)
        editor.set_viewport_size(WIDE)
        self.assertTrue(editor.is_disabled(CONFIRM))
        self.assertEqual(editor.get_attribute(CONFIRM, "title"), "Look at it in Preview first.")
        ink = "button => getComputedStyle(button).backgroundColor"
        self.assertEqual(editor.eval_on_selector(LOOK, ink), "rgb(26, 26, 26)")
        editor.click(LOOK)
        editor.wait_for_selector(f'{PREVIEW} [data-part=D]:text("20")')
        self.assertEqual(editor.eval_on_selector(LOOK, ink), "rgb(255, 255, 255)")
        self.assertEqual(editor.get_attribute(CONFIRM, "title"), "")
        editor.click(CONFIRM)

        self.wait_for_message(editor, "Update 2 is on air.")
        self.assertEqual(editor.inner_text(DONE), "Update 2 is on air.")
        self.wait_for_message(broadcaster, "“PA” was confirmed by editor: update 2.")
        self.assertNotIn("Not on air yet", broadcaster.inner_text(DONE))
        editor.locator(BANNER).wait_for(state="hidden")
        editor.wait_for_function("() => !document.title.includes('CONFIRM')")

    def wait_for_approval(self, change):
        """Prepare the cue PA and have it taken. Return the consoles of taker and approver."""
        Broadcast.objects.filter(pk=self.broadcast.pk).update(approval="calls")
        self.add_cue("PA", change)
        broadcaster, editor = self.open_console(BROADCASTER), self.open_console(EDITOR)
        self.take_pennsylvania(broadcaster)
        editor.wait_for_selector(f"{BANNER} >> text=broadcaster took “PA”")
        return broadcaster, editor

    def take_pennsylvania(self, desk):
        self.row(desk, "PA").locator(".cue-take").click()
        self.wait_for_message(desk, "Not on air yet.")

    def withdraw(self, desk):
        desk.click(f"{BANNER} >> text=Withdraw")
        self.wait_for_message(desk, "“PA” was not taken: it is back in the rundown.")

    def test_keys_and_row_confirm_only_after_a_look(self):
        _, editor = self.wait_for_approval(Evening().call("PA", "Pennsylvania goes to Biden"))
        # The desk has put it there, not the editor.
        self.assertIn("PREVIEW", self.row(editor, "PA").inner_text())
        confirm = self.row(editor, "PA").locator('[data-cue="confirm"]')
        self.assertTrue(confirm.is_disabled())
        for press in (
            lambda: confirm.dispatch_event("click"),
            lambda: editor.keyboard.press("Shift+C"),
        ):
            press()
            self.wait_for_message(editor, "Not confirmed. Look at it in Preview first.")
            editor.keyboard.press("Shift+N")  # which has an answer of its own
            self.wait_for_message(editor, "No cue is ready.")
        self.assertEqual(self.seq(), 1)
        editor.keyboard.press("Shift+L")

        editor.keyboard.press("Shift+C")

        self.wait_for_message(editor, "Update 2 is on air.")

    def test_take_that_was_edited_after_the_look_must_be_looked_at_again(self):
        broadcaster, editor = self.wait_for_approval(Evening().call("PA", "Pennsylvania"))
        editor.click(LOOK)
        self.assertFalse(editor.is_disabled(CONFIRM))

        self.withdraw(broadcaster)
        self.row(broadcaster, "PA").locator('[data-cue="select"]').click()
        broadcaster.click('[data-cue="edit"]')
        broadcaster.fill(HEADLINE, "Pennsylvania goes to Biden")
        broadcaster.click("text=Save cue")
        self.wait_for_message(broadcaster, "Saved: PA.")
        self.row(broadcaster, "PA").locator(".cue-take").click()

        editor.wait_for_selector(f"{PREVIEW} >> text=Pennsylvania goes to Biden")
        editor.locator(BANNER).wait_for()
        self.assertTrue(editor.is_disabled(CONFIRM))
        editor.click(LOOK)
        self.assertFalse(editor.is_disabled(CONFIRM))

    def test_approval_that_waits_is_heard_on_request_after_a_click(self):
        broadcaster, editor = self.wait_for_approval(Evening().call("PA", "Pennsylvania"))
        self.assertFalse(editor.is_checked('[data-desk="sound"]'))
        editor.add_init_script(LISTEN)
        editor.reload()
        editor.wait_for_selector(CONNECTED)
        editor.check('[data-desk="sound"]')
        editor.wait_for_function("() => loudest > 0.05")  # how it will sound

        editor.reload()

        editor.wait_for_selector(CONNECTED)
        self.assertTrue(editor.is_checked('[data-desk="sound"]'))
        self.take_again(broadcaster, editor)
        self.assertEqual(editor.evaluate("loudest"), 0, "browsers allow none before a click")
        editor.click("#desk-rundown")
        self.take_again(broadcaster, editor)
        editor.wait_for_function("() => loudest > 0.05")

    def take_again(self, broadcaster, editor):
        """Withdraw the take of PA and take it again; wait until the approver is asked."""
        self.withdraw(broadcaster)
        editor.locator(BANNER).wait_for(state="hidden")
        self.take_pennsylvania(broadcaster)
        editor.locator(BANNER).wait_for()

    def test_taker_withdraws_what_waits(self):
        Broadcast.objects.filter(pk=self.broadcast.pk).update(approval="calls")
        self.add_cue("PA", Evening().call("PA", "Pennsylvania goes to Biden"))
        desk = self.open_console(BROADCASTER)
        self.take_pennsylvania(desk)

        self.withdraw(desk)

        desk.locator(BANNER).wait_for(state="hidden")
        self.assertNotIn("declined", desk.inner_text(".desk-messages"))

    def test_taker_reads_who_here_may_confirm_and_who_declined(self):
        Broadcast.objects.filter(pk=self.broadcast.pk).update(approval="calls")
        self.add_cue("PA", Evening().call("PA", "Pennsylvania goes to Biden"))
        desk = self.open_console(BROADCASTER)
        self.take_pennsylvania(desk)
        ink = "words => getComputedStyle(words).backgroundColor"
        self.assertEqual(desk.eval_on_selector(DONE, ink), "rgb(245, 184, 0)")
        waits = "“PA” waits for another person to confirm it."
        desk.wait_for_selector(f"{BANNER} >> text={waits} Nobody here may.")
        other = self.open_console(CONTRIBUTOR)
        desk.wait_for_selector(".desk-bar >> text=contributor is here")
        self.assertIn("Nobody here may.", desk.inner_text(BANNER))
        editor = self.open_console(EDITOR)
        desk.wait_for_selector(f"{BANNER} >> text={waits} editor is here and may.")
        other.close()

        editor.click(f"{BANNER} >> text=Decline")

        words = "“PA” was declined by editor. It is not on air."
        desk.wait_for_selector(f'[data-desk="error"] >> text={words}')
        desk.reload()
        self.row(desk, "PA").locator("text=editor declined it.").wait_for()

    def test_second_press_does_not_withdraw_the_take_that_waits_next(self):
        Broadcast.objects.filter(pk=self.broadcast.pk).update(approval="calls")
        desk = self.open_console(BROADCASTER)
        for race in ("PA", "OH"):
            self.add_cue(race, Evening().call(race, f"{race} is called"))
            self.row(desk, race).locator(".cue-take").click()
            desk.wait_for_selector(f'.cue:has-text("{race}")[data-status="waiting"]')
        decline = f'{BANNER} [data-approval="decline"]'
        self.press_when(desk, decline, DONE, "was not taken")

        desk.click(decline)

        self.wait_for_message(desk, "Not done. The rundown just changed: look at it first.")
        self.assertTrue(Cue.objects.get(title="OH").asked_by)

    def test_cue_is_scheduled_for_the_close_of_the_polls(self):
        self.add_cue("KY", Evening().call("KY", "Kentucky"))
        contest = self.broadcast.show.contests["president"]
        closes = timezone.now().replace(microsecond=0) + timedelta(hours=2)
        races = tuple(
            replace(race, closes=closes if race.id == "KY" else race.closes)
            for race in contest.races
        )
        in_a_thread(spread, replace(contest, races=races))
        desk = self.open_console(EDITOR)
        desk.wait_for_selector('[data-desk="warning"] >> text=Polls are open in Kentucky')

        desk.click("text=At poll close")

        self.wait_for_message(desk, "“KY” goes out automatically at")
        self.assertEqual(Cue.objects.get().due_at, closes)

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
