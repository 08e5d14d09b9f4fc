"""The rules of publishing. The desk's script runs the vectors, too: tests/js/takes.test.mjs."""

import json
from pathlib import Path
from unittest import TestCase

from msgspec.structs import replace

from broadcaster.domain.change import Call, Change, Kind, Status, calls_of, flat
from broadcaster.domain.opening import opening
from broadcaster.domain.rules import needs_approval, news, nothing_new, rejection
from tests.support import changes
from tests.support.changes import calls_from, counts_from, parse_change
from tests.support.contests import PRESIDENT_2020, show

VECTORS = json.loads(Path(__file__).parents[2].joinpath("vectors/takes.json").read_text())
SHOW = show(**VECTORS["contests"])
CONTESTS = SHOW.contests
EMPTY = opening(SHOW)


class TakeVectors(TestCase):
    def test_approval_is_needed_under_the_rule(self):
        for case in VECTORS["approvals"]:
            with self.subTest(case["name"]):
                called = {key: calls_of(won) for key, won in case["before"].items()}
                before = EMPTY.apply(Change(Kind.UPDATE, calls=called), CONTESTS)
                calls, counts = (
                    calls_from(case.get("calls", {})),
                    counts_from(case.get("counts", {})),
                )
                change = Change(Kind.UPDATE, calls=calls or None, counts=counts or None)
                after = before.apply(change, CONTESTS)
                needed = needs_approval(case["rule"], change, before, after, CONTESTS)
                self.assertEqual(needed, case["needed"])

    def test_change_is_allowed_in_the_phases_of_its_kind(self):
        called = {"president": {"PA": Call(Status.CALLED, "D")}}
        for kind, phases in VECTORS["phases"].items():
            change = Change(Kind(kind), calls={"president": {"PA": Call(Status.CALLED, "R")}})
            for phase, allowed in phases.items():
                with self.subTest(kind=kind, phase=phase):
                    calls = called if kind == "correct" else {}
                    state = replace(EMPTY, phase=phase, calls=calls)
                    self.assertEqual(rejection(state, change, CONTESTS, []) is None, allowed)

    def test_calls_that_stand_already_are_not_new(self):
        for case in VECTORS["news"]:
            with self.subTest(case["name"]):
                state = replace(EMPTY, calls=calls_from(case["before"]))
                change = Change(Kind.UPDATE, calls=calls_from(case["calls"]))
                new = case["new"] and calls_from(case["new"])
                self.assertEqual(news(flat(state.calls), change).calls, new)
                self.assertEqual(nothing_new(state, change, CONTESTS) is None, new is not None)


class Rejections(TestCase):
    def rejection(self, state, **change):
        """Return the words for a log whose first update made all calls of the map."""
        return rejection(
            state, parse_change(change), PRESIDENT_2020.contests, [(1, flat(state.calls))]
        )

    def test_update_off_air_or_on_hold_is_rejected(self):
        view = {"view": {"focus": "OH"}}
        self.assertIn("off air", self.rejection(changes.EMPTY, **view))
        self.assertIn("off air", self.rejection(replace(changes.EMPTY, phase="ended"), **view))
        self.assertIn("on hold", self.rejection(replace(changes.EMPTY, phase="held"), **view))
        self.assertIsNone(self.rejection(replace(changes.EMPTY, phase="live"), **view))

    def test_decided_call_can_be_changed_only_by_a_correction(self):
        called = {"PA": {"status": "called", "party": "D"}}
        state = replace(changes.EMPTY, phase="live", calls=calls_from({"president": called}))
        story = {"headline": "Pennsylvania"}
        other = {"PA": {"status": "called", "party": "R"}}
        again = {"PA": {"status": "certified", "party": "D"}}

        self.assertIn("correction", self.rejection(state, calls=other, story=story))
        self.assertIn("correction", self.rejection(state, calls={"PA": {"status": "open"}}))
        self.assertIsNone(self.rejection(state, calls=called, story=story))
        self.assertIsNone(self.rejection(state, calls=again, story=story))
        correction = {"kind": "correct", "corrects": 1, "reason": "Wrong", "story": story}
        self.assertIsNone(self.rejection(state, calls=other, **correction))
        self.assertIn(
            "nothing to correct",
            self.rejection(state, calls={"OH": {"status": "retracted"}}, **correction),
        )

    def test_race_is_named_with_its_contest_where_there_are_several(self):
        called = {"lakeland": {"N": Call(Status.CALLED, "FAR")}}
        state = replace(EMPTY, phase="live", calls=called)
        change = Change(Kind.UPDATE, calls={"lakeland": {"N": Call(Status.CALLED, "LIB")}})
        words = rejection(state, change, CONTESTS, [])
        self.assertEqual(words, "lakeland N is called FAR. Changing that takes a correction.")

    def test_change_of_a_contest_or_race_that_is_no_longer_there_is_rejected(self):
        live = replace(changes.EMPTY, phase="live")
        for calls, words in [
            ({"senate": {"OH": Call(Status.CALLED, "D")}}, "no contest senate"),
            ({"president": {"XX": Call(Status.CALLED, "D")}}, "no race XX"),
            ({"president": {"OH": Call(Status.CALLED, "X")}}, "no party X"),
        ]:
            change = Change(Kind.UPDATE, calls=calls)
            self.assertIn(words, rejection(live, change, PRESIDENT_2020.contests, []))
