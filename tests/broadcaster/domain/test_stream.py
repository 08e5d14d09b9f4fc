"""A replica follows by position: apply, ignore, or report a gap. Old snapshot + updates = new."""

from unittest import TestCase

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from broadcaster.domain.mapstate import MapState
from broadcaster.domain.parsing import parse_change
from broadcaster.domain.stream import Position, Replica, Snapshot, Update
from tests.support.changes import calls_from, changes, fold


def through_json(value, cls):
    return msgspec.json.decode(msgspec.json.encode(value), type=cls)


class Convergence(TestCase):
    @given(st.lists(changes(), max_size=20), st.data())
    def test_old_snapshot_and_updates_make_the_new_snapshot_at_any_cut(self, published, data):
        start, updates = fold(published)
        cut = data.draw(st.integers(0, len(updates)))
        server = Replica(start, keep=100)
        for update in updates:
            server.apply("e", update)
        early = Replica(start)
        for update in updates[:cut]:
            early.apply("e", update)

        late = Replica(through_json(early.snapshot(), Snapshot))
        for update in server.updates_after(late.position):
            self.assertEqual(late.apply("e", through_json(update, Update)), "applied")

        self.assertEqual(late.snapshot(), server.snapshot())
        for update in updates[-1:]:
            self.assertEqual(late.state.totals, update.totals)

    @given(st.lists(changes(), max_size=20))
    def test_totals_always_add_up_to_538(self, published):
        for update in fold(published)[1]:
            self.assertEqual(sum(update.totals.values()), 538)

    @given(st.lists(changes(), min_size=1, max_size=10), st.randoms())
    def test_updates_in_any_order_and_twice_over_converge_once_gaps_are_filled(
        self, published, chance
    ):
        start, updates = fold(published)
        arriving = updates * 2
        chance.shuffle(arriving)
        replica = Replica(start)

        for update in arriving:
            if replica.apply("e", update) == "gap":
                for missing in updates[replica.position.seq : update.seq]:
                    self.assertEqual(replica.apply("e", missing), "applied")

        self.assertEqual(replica.position.seq, len(updates))
        self.assertEqual(replica.state.totals, updates[-1].totals)


class ReplicaRules(TestCase):
    def setUp(self):
        view = [{"view": {"focus": focus}} for focus in ("OH", "PA", "US")]
        self.start, self.updates = fold([parse_change(change) for change in view])
        self.replica = Replica(self.start, keep=2)

    def test_the_next_update_is_applied_and_an_old_one_ignored(self):
        self.assertEqual(self.replica.apply("e", self.updates[0]), "applied")
        self.assertEqual(self.replica.apply("e", self.updates[0]), "seen")
        self.assertEqual(self.replica.position, Position("e", 1))
        self.assertEqual(self.replica.at, 1000)

    def test_a_skipped_update_or_another_epoch_is_a_gap_and_changes_nothing(self):
        self.assertEqual(self.replica.apply("e", self.updates[1]), "gap")
        self.assertEqual(self.replica.apply("f", self.updates[0]), "gap")
        self.assertEqual(self.replica.snapshot(), self.start)

    def test_it_hands_out_all_that_is_missing_or_nothing(self):
        for update in self.updates:
            self.replica.apply("e", update)

        self.assertEqual(self.replica.updates_after(Position("e", 1)), self.updates[1:])
        self.assertEqual(self.replica.updates_after(Position("e", 3)), [])
        self.assertIsNone(self.replica.updates_after(Position("e", 0)))
        self.assertIsNone(self.replica.updates_after(Position("f", 2)))

    def test_a_viewer_ahead_of_this_process_lacks_nothing(self):
        self.assertEqual(self.replica.updates_after(Position("e", 9)), [])


class Positions(TestCase):
    def test_a_position_reads_back_from_its_text(self):
        self.assertEqual(Position.parse("cafe12:7"), Position("cafe12", 7))
        self.assertEqual(str(Position("cafe12", 7)), "cafe12:7")

    def test_anything_else_is_refused(self):
        wrong = ["", ":", "7", "cafe:", ":7", "a:b", "a:-1", "a:1.5", "a:²", "a b:1", "a:1:2"]
        for text in [*wrong, "a:" + "9" * 11]:
            with self.subTest(text=text), self.assertRaises(ValueError):
                Position.parse(text)

    @given(st.text())
    def test_any_text_is_a_position_or_a_value_error(self, text):
        try:
            position = Position.parse(text)
        except ValueError:
            return
        self.assertEqual(str(position), text)


class Rejections(TestCase):
    def rejection(self, state, **change):
        return state.rejection(parse_change(change))

    def test_off_air_and_on_hold_nothing_goes_out(self):
        view = {"view": {"focus": "OH"}}
        self.assertIn("off air", self.rejection(MapState(2020), **view))
        self.assertIn("off air", self.rejection(MapState(2020, phase="ended"), **view))
        self.assertIn("on hold", self.rejection(MapState(2020, phase="held"), **view))
        self.assertIsNone(self.rejection(MapState(2020, phase="live"), **view))

    def test_a_call_is_changed_by_a_correction_alone(self):
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
