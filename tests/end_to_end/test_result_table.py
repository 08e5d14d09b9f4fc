"""The table of all results: its rows are in groups by winner, which are folded at first."""

from django.test import TransactionTestCase

from tests.support.audience import BrowserAudience

PHONE = {"width": 360, "height": 740}
NAMES = "rows => rows.map((row) => row.querySelector('th').textContent)"


def call(party, *units):
    return {
        "calls": {"president": {unit: {"status": "called", "party": party} for unit in units}},
        "story": {"headline": f"{' '.join(units)} called"},
    }


class ResultTable(BrowserAudience, TransactionTestCase):
    def setUp(self):
        super().setUp()
        self.publish({"kind": "start", "story": {"headline": "Good evening"}})

    def viewer(self, **options):
        visit = self.visit(viewport=PHONE, **options)
        visit.open(self.path)
        return visit

    def sizes(self, page):
        """Return the words of the groups that are shown."""
        shown = page.locator("[data-group]:not([hidden]) summary")
        return [words.strip() for words in shown.all_inner_texts()]

    def names(self, page, group):
        return page.locator(f'[data-group="{group}"] tbody tr').evaluate_all(NAMES)

    def test_update_moves_rows_between_groups_that_stay_open(self):
        page = self.viewer().page
        page.wait_for_selector('[data-state="live"]')
        for group in ("", "D"):
            page.click(f'[data-group="{group}"] summary')
        self.publish(call("D", "VT", "AZ"))
        self.publish(call("D", "PA"))
        page.wait_for_selector('[data-group="D"] tr[data-unit="PA"]')
        self.assertEqual(self.names(page, "D"), ["Arizona", "Pennsylvania", "Vermont"])
        self.assertEqual(len(self.names(page, "")), 53)
        self.assertEqual(
            self.sizes(page),
            [
                "Undecided 53 · 504 electoral votes",
                "D Biden 3 · 34 electoral votes",
                "R Trump 0 · 0 electoral votes",
            ],
        )
        focused = "document.activeElement.closest('[data-group]').dataset.group"
        self.assertEqual(page.evaluate(focused), "D")
        retracted = {"president": {"AZ": {"status": "retracted"}}}
        wrong = {"kind": "correct", "corrects": 2, "reason": "Too early", "calls": retracted}
        self.publish(wrong | {"story": {"headline": "Arizona is open"}})
        page.wait_for_selector('[data-group=""] tr[data-unit="AZ"][data-corrected]')
        self.assertEqual(self.names(page, "")[:3], ["Alabama", "Alaska", "Arizona"])

    def test_party_without_a_side_has_a_group_while_it_has_a_race(self):
        page = self.viewer().page
        page.wait_for_selector('[data-state="live"]')
        self.assertFalse(page.is_visible('[data-group="O"] summary'))
        self.publish(call("O", "UT"))
        page.click('[data-group="O"] summary')
        wrong = {"kind": "correct", "corrects": 2, "reason": "A mistake in the feed"}
        self.publish(call("R", "UT") | wrong)
        page.wait_for_selector('[data-group="R"] tr[data-unit="UT"]', state="attached")
        self.assertTrue(page.is_visible('[data-group="O"] summary'))  # it has the focus
        page.focus(".map")
        self.publish(call("R", "TX"))
        page.wait_for_selector('[data-group="O"] summary', state="hidden")

    def test_groups_are_folded_and_right_without_javascript(self):
        self.publish(call("D", "VT", "AZ"))
        visit = self.visit(viewport=PHONE, java_script_enabled=False)
        page = visit.open_late(self.path, "VT AZ called")
        self.assertEqual(self.sizes(page)[1], "D Biden 2 · 14 electoral votes")
        self.assertFalse(page.is_visible('tr[data-unit="AZ"]'))
        page.click('[data-group="D"] summary')
        self.assertTrue(page.is_visible('tr[data-unit="AZ"]'))
        self.assertEqual(self.names(page, "D"), ["Arizona", "Vermont"])
