"""Corrections, by the vectors that the desk's script is tested with, too
(tests/js/corrections.test.mjs)."""

import json
from pathlib import Path
from unittest import TestCase

from msgspec.structs import replace

from broadcaster.domain.change import Call, Change, Kind, Status, by_contest, flat
from broadcaster.domain.corrections import update_to_correct, updates_behind
from broadcaster.domain.mapstate import Phase
from broadcaster.domain.opening import opening
from broadcaster.domain.rules import rejection
from tests.support.changes import calls_from
from tests.support.contests import show

VECTORS = json.loads(Path(__file__).parents[2].joinpath("vectors/corrections.json").read_text())
SHOW = show(president="us-president-2020", senate="us-senate-2024")


class CorrectionVectors(TestCase):
    def test_updates_that_a_correction_may_name_match_the_vectors(self):
        for case, question, statements in self.questions():
            with self.subTest(case, races=question["races"]):
                races = [tuple(race) for race in question["races"]]
                behind = [updates_behind(race, statements) for race in races]
                self.assertEqual(sorted(set.intersection(*map(set, behind))), question["accepted"])
                found = update_to_correct(races, statements)
                self.assertEqual(found, question["chosen"])

    def test_correction_that_names_another_update_is_rejected(self):
        for case, question, statements in self.questions():
            state = replace(opening(SHOW), phase=Phase.LIVE)
            for _, calls in statements:
                change = Change(Kind.UPDATE, calls=by_contest(calls))
                state = state.apply(change, SHOW.contests)
            for seq, _ in statements:
                with self.subTest(case, races=question["races"], corrects=seq):
                    races = [tuple(race) for race in question["races"]]
                    calls = by_contest(dict.fromkeys(races, Call(Status.RETRACTED)))
                    change = Change(Kind.CORRECT, calls=calls, corrects=seq)
                    accepted = rejection(state, change, SHOW.contests, statements) is None
                    self.assertEqual(accepted, seq in question["accepted"])

    def questions(self):
        for case in VECTORS["cases"]:
            log = [(0, case["initial"])]
            log += [(update["seq"], update.get("calls", {})) for update in case["log"]]
            statements = [(seq, flat(calls_from(calls))) for seq, calls in log]
            for question in case["corrections"]:
                yield case["name"], question, statements
