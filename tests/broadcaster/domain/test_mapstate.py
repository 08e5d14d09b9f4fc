"""Map state, by the vectors that replica.js is tested with, too (tests/js/replica.test.mjs)."""

import json
from pathlib import Path
from unittest import TestCase

from broadcaster.domain.change import Change
from broadcaster.domain.opening import opening
from broadcaster.domain.stream import Replica, Snapshot, Update
from tests.support.contests import show

VECTORS = json.loads(Path(__file__).parents[2].joinpath("vectors", "mapstate.json").read_text())
SHOW = show(**VECTORS["contests"])


class MapStateVectors(TestCase):
    def test_map_and_replica_match_the_vectors(self):
        for case in VECTORS["cases"]:
            with self.subTest(case["name"]):
                self.run_case(case["steps"])

    def run_case(self, steps):
        state = opening(SHOW)
        replica = Replica(Snapshot("e", 0, 0, SHOW.digests, state), SHOW.contests)
        for step in steps:
            if "change" in step:
                change = Change.from_dict({"kind": "update"} | step["change"])
                state = state.apply(change, SHOW.contests)
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
