"""Map state, by the vectors that replica.js is tested with, too (tests/js/replica.test.mjs)."""

import json
from pathlib import Path
from unittest import TestCase

from broadcaster.domain.change import Change
from broadcaster.domain.mapstate import MapState
from broadcaster.domain.parsing import parse_change
from broadcaster.domain.stream import Replica, Snapshot, Update
from tests.support.changes import calls_from

VECTORS = json.loads(Path(__file__).parents[2].joinpath("vectors", "mapstate.json").read_text())


class MapStateVectors(TestCase):
    def test_map_and_replica_match_the_vectors(self):
        for case in VECTORS["cases"]:
            with self.subTest(case["name"]):
                self.run_case(case["steps"])

    def run_case(self, steps):
        state = MapState(election=VECTORS["election"])
        replica = Replica(Snapshot("e", 0, 0, state))
        for step in steps:
            if "change" in step:
                state = state.apply(Change.from_dict({"kind": "update"} | step["change"]))
            else:
                epoch, update = step["receive"]
                self.assertEqual(
                    replica.apply(epoch, Update.from_dict({"kind": "update"} | update)),
                    step["gives"],
                )
                self.assertEqual(str(replica.position), step["position"])
                state = replica.state
            found = state.to_dict()
            self.assertEqual({key: found[key] for key in step["then"]}, step["then"])


class MapStateRejections(TestCase):
    def rejection(self, state, **change):
        return state.rejection(parse_change(change))

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
