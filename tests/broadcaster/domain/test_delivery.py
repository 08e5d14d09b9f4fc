"""Delivery figures: the sum of the reports of several processes."""

from unittest import TestCase

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from broadcaster.domain import delivery
from broadcaster.domain.change import to_json
from broadcaster.domain.delivery import ProcessReport, quantile
from broadcaster.domain.stream import Position

HEAD = Position("e", 2)


def report(seq=2, ws=0, poll=0, returning=0, age=0.0, epoch="e", **more):
    """Return the report of one process as JSON. It has a delivery if `times` is given."""
    one = {
        "process": "1",
        "epoch": epoch,
        "seq": seq,
        "viewers": {"ws": ws, "poll": poll},
        "returning": returning,
        "age": age,
    }
    made = {
        "expected": {"ws": ws, "poll": poll},
        "returning": 0,
        "behind": {"ws": 0, "poll": 0},
        **more,
    }
    return one | {"delivery": made if "times" in more else None}


def read(reports):
    return msgspec.convert(reports, list[ProcessReport])


def newest_delivery(reports, head, silent=()):
    """Return the delivery of the newest update as JSON, from reports as JSON."""
    found = delivery.newest_delivery(read(reports), head, read(silent))
    return found and to_json(found)


def viewers(reports, head, silent=()):
    """Return the desk's frame as JSON."""
    return to_json(delivery.viewers(read(reports), head, True, read(silent)))


def times(ws=(), poll=()):
    return {"ws": list(ws), "poll": list(poll)}


class SummedReports(TestCase):
    def test_percentiles_are_over_the_viewers_of_all_processes(self):
        quick = report(ws=98, times=times(ws=[[10, 98]]))
        slow = report(ws=2, poll=1, times=times(ws=[[300, 2]], poll=[[40, 1]]))

        self.assertEqual(
            newest_delivery([quick, slow], HEAD),
            {
                "seq": 2,
                "max": 300,
                "reached": {"ws": 100, "poll": 1},
                "expected": {"ws": 100, "poll": 1},
                "p50": 10,
                "p99": 300,
                "behind": 0,
                "unknown": 0,
            },
        )

    def test_polls_that_change_process_are_counted_once(self):
        """Of 20 polls one has not come back, and two have come back to the other process."""
        there = report(poll=7, returning=3, times=times(poll=[[5, 7]]))
        other = report(poll=12, returning=-2, times=times(poll=[[5, 12]]))
        for one in (there, other):
            one["delivery"] |= {
                "returning": one["returning"],
                "behind": {"ws": 0, "poll": one["returning"]},
            }
        frame = viewers([there, other], HEAD)

        self.assertEqual((frame["ws"], frame["poll"]), (0, 20))
        self.assertEqual(frame["delivery"]["expected"]["poll"], 20)
        self.assertEqual(frame["delivery"]["reached"]["poll"], 19)
        self.assertEqual(frame["delivery"]["behind"], 1)

    def test_viewers_of_a_process_without_the_update_are_behind(self):
        there = report(ws=5, times=times(ws=[[10, 5]]))
        for late in (
            report(seq=1, ws=3, times=times(ws=[[9, 3]])),
            report(seq=9, ws=3, epoch="old"),
        ):
            delivered = newest_delivery([there, late], HEAD)
            self.assertEqual(
                (delivered["seq"], delivered["expected"]["ws"], delivered["behind"]), (2, 8, 3)
            )
            self.assertEqual(delivered["max"], 10)

    def test_update_that_no_process_has_yet_reached_no_viewer(self):
        delivered = newest_delivery(
            [report(seq=1, ws=3, poll=1, returning=1, times=times(ws=[[9, 3]]))], HEAD
        )

        self.assertEqual(
            (delivered["seq"], delivered["expected"], delivered["behind"]),
            (2, {"ws": 3, "poll": 2}, 5),
        )
        self.assertEqual((delivered["reached"], delivered["p50"]), ({"ws": 0, "poll": 0}, None))

    def test_process_that_started_after_the_update_is_not_counted(self):
        delivered = newest_delivery([report(ws=5, times=times(ws=[[10, 5]])), report(ws=3)], HEAD)

        self.assertEqual((delivered["expected"]["ws"], delivered["behind"]), (5, 0))
        self.assertIsNone(newest_delivery([report(ws=3)], HEAD))
        self.assertIsNone(newest_delivery([], HEAD))

    def test_viewers_of_a_silent_process_are_unknown(self):
        there = report(ws=57, times=times(ws=[[10, 57]]))
        frame = viewers([there], HEAD, [report(seq=1, ws=60, poll=3, times=times(ws=[[9, 60]]))])

        self.assertEqual((frame["ws"], frame["processes"]), (57, 1))
        self.assertEqual((frame["silent"], frame["unknown"]), (1, 63))
        self.assertEqual(
            (frame["delivery"]["expected"]["ws"], frame["delivery"]["unknown"]), (57, 63)
        )

    def test_last_report_of_a_silent_process_counts_if_it_had_the_update(self):
        frame = viewers([], HEAD, [report(ws=60, times=times(ws=[[9, 60]]))])

        self.assertEqual((frame["silent"], frame["unknown"]), (1, 60))
        self.assertEqual(
            (frame["delivery"]["reached"]["ws"], frame["delivery"]["unknown"]), (60, 0)
        )

    def test_silent_process_without_viewers_is_not_counted(self):
        frame = viewers([], HEAD, [report(ws=0)])

        self.assertEqual((frame["silent"], frame["unknown"], frame["delivery"]), (0, 0, None))

    def test_report_has_the_ages_of_all_positions(self):
        frame = viewers([report(age=0.31), report(age=2.96)], HEAD)

        self.assertEqual((frame["processes"], frame["ages"]), (2, [0.3, 3.0]))

    def test_report_has_the_offset_of_the_worst_clock(self):
        frame = viewers([report() | {"offset": seconds} for seconds in (0.2, -20.04, 3)], HEAD)

        self.assertEqual(frame["offset"], -20.0)


class DeliveryQuantiles(TestCase):
    @given(
        st.lists(st.tuples(st.integers(0, 50), st.integers(0, 5))), st.sampled_from([0.5, 0.99, 1])
    )
    def test_quantile_of_counts_is_the_quantile_of_single_viewers(self, counted, share):
        one_by_one = sorted(ms for ms, viewers in counted for _ in range(viewers))
        expected = None
        for place, ms in enumerate(one_by_one, start=1):
            if place >= share * len(one_by_one):
                expected = ms
                break

        self.assertEqual(quantile(counted, share), expected)
