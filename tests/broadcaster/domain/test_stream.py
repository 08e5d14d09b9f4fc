"""Replica: applies the next update, ignores old ones and reports gaps. Positions as text."""

from unittest import TestCase

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from broadcaster.domain.stream import Position, Replica, Snapshot, Update
from tests.support.changes import CONTESTS, changes, fold, parse_change


def through_json(value, cls):
    return msgspec.json.decode(msgspec.json.encode(value), type=cls)


class ReplicaConvergence(TestCase):
    @given(st.lists(changes(), max_size=20), st.data())
    def test_old_snapshot_with_the_later_updates_equals_the_new_snapshot(self, published, data):
        start, updates = fold(published)
        cut = data.draw(st.integers(0, len(updates)))
        server = Replica(start, CONTESTS, keep=100)
        for update in updates:
            server.apply("e", update)
        early = Replica(start, CONTESTS)
        for update in updates[:cut]:
            early.apply("e", update)

        late = Replica(through_json(early.snapshot(), Snapshot), CONTESTS)
        for update in server.updates_after(late.position):
            self.assertEqual(late.apply("e", through_json(update, Update)), "applied")

        self.assertEqual(late.snapshot(), server.snapshot())
        for update in updates[-1:]:
            self.assertEqual(late.state.totals, update.totals)

    @given(st.lists(changes(), max_size=20))
    def test_totals_always_add_up_to_538(self, published):
        for update in fold(published)[1]:
            self.assertEqual(sum(update.totals["president"].values()), 538)

    @given(st.lists(changes(), min_size=1, max_size=10), st.randoms())
    def test_replica_converges_when_updates_come_in_any_order_and_twice(self, published, chance):
        start, updates = fold(published)
        arriving = updates * 2
        chance.shuffle(arriving)
        replica = Replica(start, CONTESTS)

        for update in arriving:
            if replica.apply("e", update) == "gap":
                for missing in updates[replica.position.seq : update.seq]:
                    self.assertEqual(replica.apply("e", missing), "applied")

        self.assertEqual(replica.position.seq, len(updates))
        self.assertEqual(replica.state.totals, updates[-1].totals)


class ReplicaRules(TestCase):
    def setUp(self):
        view = [{"view": {"focus": focus}} for focus in ("OH", "PA", "")]
        self.start, self.updates = fold([parse_change(change) for change in view])
        self.replica = Replica(self.start, CONTESTS, keep=2)

    def test_next_update_is_applied_and_an_old_one_is_ignored(self):
        self.assertEqual(self.replica.apply("e", self.updates[0]), "applied")
        self.assertEqual(self.replica.apply("e", self.updates[0]), "seen")
        self.assertEqual(self.replica.position, Position("e", 1))
        self.assertEqual(self.replica.at, 1000)

    def test_skipped_update_or_another_epoch_is_a_gap(self):
        self.assertEqual(self.replica.apply("e", self.updates[1]), "gap")
        self.assertEqual(self.replica.apply("f", self.updates[0]), "gap")
        self.assertEqual(self.replica.snapshot(), self.start)

    def test_updates_after_a_position_are_complete_or_none(self):
        for update in self.updates:
            self.replica.apply("e", update)

        self.assertEqual(self.replica.updates_after(Position("e", 1)), self.updates[1:])
        self.assertEqual(self.replica.updates_after(Position("e", 3)), [])
        self.assertIsNone(self.replica.updates_after(Position("e", 0)))
        self.assertIsNone(self.replica.updates_after(Position("f", 2)))

    def test_viewer_ahead_of_the_replica_misses_no_updates(self):
        self.assertEqual(self.replica.updates_after(Position("e", 9)), [])


class Positions(TestCase):
    def test_position_is_parsed_from_its_text(self):
        self.assertEqual(Position.parse("cafe12:7"), Position("cafe12", 7))
        self.assertEqual(str(Position("cafe12", 7)), "cafe12:7")

    def test_malformed_position_raises_value_error(self):
        wrong = ["", ":", "7", "cafe:", ":7", "a:b", "a:-1", "a:1.5", "a:²", "a b:1", "a:1:2"]
        for text in [*wrong, "a:" + "9" * 11]:
            with self.subTest(text=text), self.assertRaises(ValueError):
                Position.parse(text)

    @given(st.text())
    def test_any_text_is_a_position_or_raises_value_error(self, text):
        try:
            position = Position.parse(text)
        except ValueError:
            return
        self.assertEqual(str(position), text)
