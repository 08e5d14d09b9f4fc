"""The call log, by the vectors that call_log.js has, too (tests/js/call_log.test.mjs)."""

import json
from pathlib import Path
from unittest import TestCase

from django.utils.translation import gettext, override

from broadcaster.domain.stream import Update
from broadcaster.rendering.call_log import corrected, entries
from tests.support.contests import show

VECTORS = json.loads(Path(__file__).parents[2].joinpath("vectors/call_log.json").read_text())
CONTESTS = show(**VECTORS["contests"]).contests


def log(*changes):
    return [
        Update.from_dict({"seq": seq, "at": seq * 1000, "kind": "update", "totals": {}} | change)
        for seq, change in enumerate(changes, 1)
    ]


class CallLogVectors(TestCase):
    def test_groups_match_the_vectors(self):
        for case in VECTORS["cases"]:
            with self.subTest(case["name"]), override(case.get("language", "en")):
                before = case.get("before")
                change = {"calls": case["calls"]}
                if before:
                    change |= {"kind": "correct", "corrects": 1, "reason": "Too early"}
                updates = log(*([{"calls": before}] if before else []), change)
                entry = entries(updates, CONTESTS, gettext)[0]
                groups = [
                    [
                        *(g.contest, g.status, g.party, g.mark, g.words),
                        [each.race for each in g.races],
                        g.size,
                        g.former.party if g.former else "",
                    ]
                    for g in entry.groups
                ]
                self.assertEqual(groups, case["groups"])


class CallLogEntries(TestCase):
    called = {
        "calls": {
            "president": {
                "AZ": {"status": "called", "party": "D"},
                "PA": {"status": "called", "party": "D"},
            }
        }
    }
    retraction = {
        "kind": "correct",
        "corrects": 1,
        "reason": "Too early",
        "calls": {"president": {"AZ": {"status": "retracted"}}},
    }

    def test_entries_are_the_updates_with_calls_newest_first(self):
        found = entries(
            log(self.called, {"story": {"headline": "News"}}, self.retraction), CONTESTS
        )
        self.assertEqual([entry.seq for entry in found], [3, 1])
        self.assertEqual(found[0].reason, "Too early")

    def test_correction_strikes_its_units_in_the_update_that_it_corrects(self):
        again = {"calls": {"president": {"AZ": {"status": "called", "party": "D"}}}}
        found = entries(log(self.called, self.retraction, again), CONTESTS)
        struck = {(e.seq, u.race): u.corrected for e in found for g in e.groups for u in g.races}
        self.assertEqual(
            struck,
            {(3, "AZ"): "", (2, "AZ"): "", (1, "AZ"): "Call withdrawn", (1, "PA"): ""},
        )

    def test_correction_strikes_the_call_and_its_certification(self):
        certified = {"calls": {"president": {"AZ": {"status": "certified", "party": "D"}}}}
        retraction = self.retraction | {"corrects": 2}
        found = entries(log(self.called, certified, retraction), CONTESTS)
        struck = {(e.seq, u.race) for e in found for g in e.groups for u in g.races if u.corrected}
        self.assertEqual(struck, {(1, "AZ"), (2, "AZ")})

    def test_correction_to_another_winner_names_the_winner(self):
        other = {"calls": {"president": {"AZ": {"status": "called", "party": "R"}}}}
        found = entries(log(self.called, self.retraction | other), CONTESTS)
        self.assertEqual(found[1].groups[0].races[0].corrected, "Trump (R)")

    def test_group_of_many_races_has_their_number_and_the_first_ones(self):
        first = CONTESTS["president"].races[:13]
        weight = sum(race.weight for race in first)
        few, many = log(
            self.called,
            {"calls": {"president": {race.id: {"status": "open"} for race in first}}},
        )
        [group] = entries([few], CONTESTS)[0].groups
        self.assertEqual([each.name for each in group.races], ["Arizona 11", "Pennsylvania 20"])
        self.assertEqual(group.size, "")
        [group] = entries([many], CONTESTS)[0].groups
        shown = [each.name for each in group.races if not each.is_folded]
        self.assertEqual(shown, [f"{race.name} {race.weight}" for race in first[:4]])
        self.assertEqual(group.size, f"13 races, {weight} in all:")

    def test_corrected_unit_that_is_called_again_stays_corrected(self):
        again = {"calls": {"president": {"AZ": {"status": "called", "party": "D"}}}}
        self.assertEqual(corrected(log(self.called)), [])
        self.assertEqual(corrected(log(self.called, self.retraction, again)), [("president", "AZ")])
