"""The vectors of takes, which the desk's script runs, too: tests/js/takes.test.mjs."""

import json
from pathlib import Path
from unittest import TestCase

from broadcaster.domain.approval import needs_approval
from broadcaster.domain.change import Call, Change, Kind, Status, calls_of
from broadcaster.domain.mapstate import MapState
from tests.support.changes import calls_from

VECTORS = json.loads(Path(__file__).parents[2].joinpath("vectors/takes.json").read_text())


class TakeVectors(TestCase):
    def test_approval_is_needed_under_the_rule(self):
        for case in VECTORS["approvals"]:
            with self.subTest(case["name"]):
                before = MapState(VECTORS["election"], calls=calls_of(case["before"]))
                change = Change(Kind.UPDATE, calls=calls_from(case["calls"]))
                after = before.apply(change)
                needed = needs_approval(case["rule"], change.decides, before, after)
                self.assertEqual(needed, case["needed"])

    def test_change_is_allowed_in_the_phases_of_its_kind(self):
        called = {"PA": Call(Status.CALLED, "D")}
        for kind, phases in VECTORS["phases"].items():
            change = Change(Kind(kind), calls={"PA": Call(Status.CALLED, "R")})
            for phase, allowed in phases.items():
                with self.subTest(kind=kind, phase=phase):
                    calls = called if kind == "correct" else {}
                    state = MapState(VECTORS["election"], phase=phase, calls=calls)
                    self.assertEqual(state.rejection(change) is None, allowed)
