"""The updates that the swarm publishes."""

from unittest import TestCase

from broadcaster.domain.mapstate import MapState
from broadcaster.domain.parsing import parse_change
from broadcaster.domain.rules import needs_approval, rejection
from loadtest.common.script import changes


class Changes(TestCase):
    def test_map_accepts_300_changes_without_approval(self):
        state = MapState(2020, phase="live")
        for data in changes(300):
            change = parse_change(data)
            self.assertIsNone(rejection(state, change, []))
            after = state.apply(change)
            self.assertFalse(needs_approval("270", change, state, after), data)
            state = after
