"""The demonstrations: their winners are real, and their steps are what they say."""

import json
from pathlib import Path
from unittest import TestCase

from broadcaster.domain.change import flat
from broadcaster.management.evening import Evening

DATA = Path("broadcaster/data")
OTHERS = json.loads((DATA / "contest_facts.json").read_text())
PRESIDENTS = json.loads((DATA / "election_facts.json").read_text())["elections"]


class ElectionNight2024(TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.recording = Evening("election-night-2024").recording(0)
        *_, cls.final = cls.recording.states()

    def won(self, key):
        return {race: call.party for race, call in self.final.calls[key].items()}

    def test_winners_are_the_real_ones(self):
        self.assertEqual(self.won("president"), PRESIDENTS["2024"]["winners"])
        for key in ("senate", "governors"):
            races = OTHERS[key]["elections"]["2024"]["races"]
            self.assertEqual(self.won(key), {id: race["winner"] for id, race in races.items()})

    def test_totals_are_the_real_ones(self):
        expected = {"president": (226, 312), "senate": (47, 53), "governors": (23, 27)}
        for key, (democrats, republicans) in expected.items():
            totals = {"D": democrats, "R": republicans, "O": 0, "uncalled": 0}
            self.assertEqual(self.final.totals[key], totals)

    def test_president_is_decided_by_the_call_that_says_so(self):
        contest = self.recording.show.contests["president"]
        states = list(self.recording.states())
        for before, after, update in zip(states, states[1:], self.recording.updates, strict=False):
            passes = not contest.winner(before.totals["president"]) and contest.winner(
                after.totals["president"]
            )
            self.assertEqual(bool(passes), "passes 270" in update.change.headline, update.seq)

    def test_no_invented_count_stays_beside_a_result(self):
        for state in self.recording.states():
            called = {race for race, call in flat(state.calls).items() if call.decided}
            self.assertFalse(called & set(flat(state.counts)))
        self.assertTrue(any(state.counts for state in self.recording.states()))
