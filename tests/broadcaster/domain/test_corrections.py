"""Corrections, by the vectors that the desk's script is tested with, too
(tests/js/corrections.test.mjs)."""

import json
from pathlib import Path
from unittest import TestCase

from broadcaster.domain.change import Call, Change, Kind, Status
from broadcaster.domain.corrections import update_to_correct, updates_behind
from broadcaster.domain.mapstate import MapState, Phase
from broadcaster.domain.rules import rejection
from tests.support.changes import calls_from

VECTORS = json.loads(Path(__file__).parents[2].joinpath("vectors/corrections.json").read_text())


class CorrectionVectors(TestCase):
    def test_updates_that_a_correction_may_name_match_the_vectors(self):
        for case, question, statements in self.questions():
            with self.subTest(case, units=question["units"]):
                behind = [updates_behind(unit, statements) for unit in question["units"]]
                self.assertEqual(sorted(set.intersection(*map(set, behind))), question["accepted"])
                found = update_to_correct(question["units"], statements)
                self.assertEqual(found, question["chosen"])

    def test_correction_that_names_another_update_is_rejected(self):
        for case, question, statements in self.questions():
            state = MapState(2020, Phase.LIVE)
            for _, calls in statements:
                state = state.apply(Change(Kind.UPDATE, calls=calls))
            for seq, _ in statements:
                with self.subTest(case, units=question["units"], corrects=seq):
                    calls = dict.fromkeys(question["units"], Call(Status.RETRACTED))
                    change = Change(Kind.CORRECT, calls=calls, corrects=seq)
                    accepted = rejection(state, change, statements) is None
                    self.assertEqual(accepted, seq in question["accepted"])

    def questions(self):
        for case in VECTORS["cases"]:
            log = [(0, case["initial"])]
            log += [(update["seq"], update.get("calls", {})) for update in case["log"]]
            statements = [(seq, calls_from(calls)) for seq, calls in log]
            for question in case["corrections"]:
                yield case["name"], question, statements
