"""The rules of publishing. The desk's script runs the vectors, too: tests/js/takes.test.mjs."""

import json
from pathlib import Path
from unittest import TestCase

from broadcaster.domain.change import Call, Change, Kind, Status, calls_of
from broadcaster.domain.mapstate import MapState
from broadcaster.domain.parsing import parse_change
from broadcaster.domain.rules import needs_approval, rejection
from tests.support.changes import calls_from

VECTORS = json.loads(Path(__file__).parents[2].joinpath("vectors/takes.json").read_text())


class TakeVectors(TestCase):
    def test_approval_is_needed_under_the_rule(self):
        for case in VECTORS["approvals"]:
            with self.subTest(case["name"]):
                before = MapState(VECTORS["election"], calls=calls_of(case["before"]))
                change = Change(Kind.UPDATE, calls=calls_from(case["calls"]))
                after = before.apply(change)
                needed = needs_approval(case["rule"], change, before, after)
                self.assertEqual(needed, case["needed"])

    def test_change_is_allowed_in_the_phases_of_its_kind(self):
        called = {"PA": Call(Status.CALLED, "D")}
        for kind, phases in VECTORS["phases"].items():
            change = Change(Kind(kind), calls={"PA": Call(Status.CALLED, "R")})
            for phase, allowed in phases.items():
                with self.subTest(kind=kind, phase=phase):
                    calls = called if kind == "correct" else {}
                    state = MapState(VECTORS["election"], phase=phase, calls=calls)
                    self.assertEqual(rejection(state, change, []) is None, allowed)


class Rejections(TestCase):
    def rejection(self, state, **change):
        """Return the words for a log whose first update made all calls of the map."""
        return rejection(state, parse_change(change), [(1, state.calls)])

    def test_update_off_air_or_on_hold_is_rejected(self):
        view = {"view": {"focus": "OH"}}
        self.assertIn("off air", self.rejection(MapState(2020), **view))
        self.assertIn("off air", self.rejection(MapState(2020, phase="ended"), **view))
        self.assertIn("on hold", self.rejection(MapState(2020, phase="held"), **view))
        self.assertIsNone(self.rejection(MapState(2020, phase="live"), **view))

    def test_decided_call_can_be_changed_only_by_a_correction(self):
        called = {"PA": {"status": "called", "party": "D"}}
        state = MapState(2020, phase="live", calls=calls_from(called))
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
