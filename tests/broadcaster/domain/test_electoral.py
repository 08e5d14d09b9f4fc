"""Election facts: every total is derived again from units and winners."""

from unittest import TestCase

from broadcaster.domain.change import Call, Status, calls_of
from broadcaster.domain.electoral import ELECTIONS, STATE_NAMES, UNITS, totals, unit_name


class ElectoralVotes(TestCase):
    def test_every_election_has_56_units_with_538_votes(self):
        for year, election in ELECTIONS.items():
            with self.subTest(year=year):
                self.assertEqual(len(election.votes), 56)
                self.assertEqual(tuple(election.votes), UNITS)
                self.assertEqual(sum(election.votes.values()), 538)

    def test_winners_of_every_election_add_up_to_its_totals(self):
        for year, election in ELECTIONS.items():
            with self.subTest(year=year):
                calls = calls_of(election.winners)
                self.assertEqual(totals(election.votes, calls), {**election.pledged, "uncalled": 0})

    def test_only_maine_and_nebraska_are_divided(self):
        divided = {unit.partition("-")[0] for unit in UNITS if "-" in unit}

        self.assertEqual(divided, {"ME", "NE"})
        self.assertEqual({unit.partition("-")[0] for unit in UNITS}, set(STATE_NAMES))

    def test_units_have_full_names(self):
        self.assertEqual(unit_name("OH"), "Ohio")
        self.assertEqual(unit_name("ME-AL"), "Maine at large")
        self.assertEqual(unit_name("NE-2"), "Nebraska 2nd district")

    def test_third_party_is_counted_if_it_has_votes(self):
        calls = {"UT": Call(Status.CALLED, "O"), "PA": Call(Status.TOO_CLOSE)}

        self.assertEqual(
            totals(ELECTIONS[2020].votes, calls), {"D": 0, "R": 0, "O": 6, "uncalled": 532}
        )
