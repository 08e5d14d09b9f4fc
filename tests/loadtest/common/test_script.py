"""The updates that the swarm publishes."""

from unittest import TestCase

from broadcaster.domain.mapstate import MapState
from broadcaster.domain.parsing import parse_change
from broadcaster.domain.rules import rejection
from loadtest.common.script import changes


class Changes(TestCase):
    def test_map_accepts_300_changes(self):
        state = MapState(2020, phase="live")
        for data in changes(300):
            change = parse_change(data)
            self.assertIsNone(rejection(state, change, []))
            state = state.apply(change)
