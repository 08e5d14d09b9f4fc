"""The log of calls says what was called and what was taken back; drawing.js groups alike."""

import json
from pathlib import Path
from unittest import TestCase

from django.utils.translation import gettext, override

from broadcaster.domain.electoral import ELECTIONS
from broadcaster.domain.stream import Update
from broadcaster.management import evening
from broadcaster.rendering.call_log import corrected, entries

VECTORS = json.loads(Path(__file__).parents[2].joinpath("vectors/call_log.json").read_text())
ELECTION = ELECTIONS[VECTORS["election"]]


def log(*changes):
    return [
        Update.from_dict({"seq": seq, "at": seq * 1000, "kind": "update", "totals": {}} | change)
        for seq, change in enumerate(changes, 1)
    ]


class CallLogVectors(TestCase):
    def test_cases(self):
        for case in VECTORS["cases"]:
            with self.subTest(case["name"]), override(case.get("language", "en")):
                (entry,) = entries(log({"calls": case["calls"]}), ELECTION, gettext)
                found = [
                    [g.status, g.party, g.mark, g.words, [u.unit for u in g.units], g.votes]
                    for g in entry.groups
                ]
                self.assertEqual(found, case["groups"])


class Entries(TestCase):
    called = {
        "calls": {
            "AZ": {"status": "called", "party": "D"},
            "PA": {"status": "called", "party": "D"},
        }
    }
    taken_back = {
        "kind": "correct",
        "corrects": 1,
        "reason": "Too early",
        "calls": {"AZ": {"status": "retracted"}},
    }

    def test_newest_first_and_only_what_has_calls(self):
        found = entries(log(self.called, {"view": {"focus": "OH"}}, self.taken_back), ELECTION)
        self.assertEqual([entry.seq for entry in found], [3, 1])
        self.assertEqual(found[0].reason, "Too early")

    def test_a_correction_strikes_its_units_in_the_update_that_it_corrects(self):
        again = {"calls": {"AZ": {"status": "called", "party": "D"}}}
        found = entries(log(self.called, self.taken_back, again), ELECTION)
        struck = {(e.seq, u.unit): u.struck for e in found for g in e.groups for u in g.units}
        self.assertEqual(
            struck, {(3, "AZ"): False, (2, "AZ"): False, (1, "AZ"): True, (1, "PA"): False}
        )

    def test_few_units_are_named_and_many_go_by_their_codes(self):
        few, many = log(self.called, evening.call("CA OR WA", "Three"))
        names = [u.name for e in entries([few], ELECTION) for g in e.groups for u in g.units]
        self.assertEqual(names, ["Arizona", "Pennsylvania"])
        names = [u.name for e in entries([many], ELECTION) for g in e.groups for u in g.units]
        self.assertEqual(names, ["CA", "OR", "WA"])

    def test_what_was_corrected_stays_so_for_good(self):
        again = {"calls": {"AZ": {"status": "called", "party": "D"}}}
        self.assertEqual(corrected(log(self.called)), [])
        self.assertEqual(corrected(log(self.called, self.taken_back, again)), ["AZ"])
