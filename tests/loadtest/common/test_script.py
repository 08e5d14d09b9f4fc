"""The updates that the swarm publishes."""

import itertools
from unittest import TestCase

from msgspec.structs import replace

from broadcaster.domain.mapstate import MapState
from broadcaster.domain.opening import opening
from broadcaster.domain.rules import needs_approval, nothing_new, rejection
from loadtest.common.script import COUNTS_EVERY, Script
from tests.support.changes import parse_change
from tests.support.contests import show

SHOW = show(president="us-president-2020", lakeland="lakeland-2027")


class Scripts(TestCase):
    def test_map_accepts_300_changes_without_approval(self):
        contests = SHOW.contests
        state: MapState = replace(opening(SHOW), phase="live")
        script = Script(contests)
        for number in range(300):
            change = parse_change(script.next(number), SHOW)
            self.assertIsNone(rejection(state, change, contests, []))
            self.assertIsNone(nothing_new(state, change, contests))
            after = state.apply(change, contests)
            self.assertFalse(needs_approval("wins", change, state, after, contests))
            self.assertNotEqual(after, state)
            state = after
        self.assertEqual({*state.calls}, {*contests})
        self.assertEqual({*state.counts}, {*contests})

    def test_counts_come_no_more_often_than_the_server_takes_them(self):
        script = Script(SHOW.contests)
        times = [number / 4 for number in range(200) if "counts" in script.next(number / 4)]
        self.assertGreater(len(times), 5)
        self.assertTrue(
            all(after - before >= COUNTS_EVERY for before, after in itertools.pairwise(times))
        )
