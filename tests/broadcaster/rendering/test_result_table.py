"""The groups of the table's rows."""

from django.test import SimpleTestCase
from django.utils.translation import override

from broadcaster.domain.change import calls_of
from broadcaster.rendering.picture import Picture
from tests.support.contests import edition


class RowGroups(SimpleTestCase):
    def groups(self, contest, calls):
        found = Picture(edition(contest), calls_of(calls)).row_groups
        return [
            (each.name, [unit.unit for _, unit in each.rows], each.weight)
            for each in found
            if each.is_shown
        ]

    def test_undecided_races_are_first_then_those_of_each_party(self):
        called = dict.fromkeys(("NE", "E", "C1", "C2", "W", "SW", "S"), "FAR") | {"N": "GRN"}
        self.assertEqual(
            self.groups("lakeland-2027", called),
            [
                ("Undecided", ["ABROAD"], 1),
                ("Green Alliance", ["N"], 4),
                ("Farmers", ["C1", "C2", "E", "NE", "S", "SW", "W"], 15),
                ("Liberals & <Friends>", [], 0),  # it holds a seat
            ],
        )

    def test_party_without_a_side_is_shown_once_it_has_a_race(self):
        names = [name for name, _, _ in self.groups("us-president-2020", {"UT": "R"})]
        self.assertEqual(names, ["Undecided", "Biden", "Trump"])
        names = [name for name, _, _ in self.groups("us-president-2020", {"UT": "O"})]
        self.assertEqual(names, ["Undecided", "Biden", "Trump", "Other"])

    def test_rows_have_their_places_in_the_whole_table(self):
        with override("es"):
            picture = Picture(edition("us-president-2020"), calls_of({"VT": "D"}))
        self.assertEqual(
            [(place, unit) for group in picture.row_groups for place, unit in group.rows],
            sorted(enumerate(picture.rows), key=lambda each: (each[1].party == "D", each[0])),
        )
