"""Counts and delays, of one simulator and merged."""

from array import array
from collections import Counter
from unittest import TestCase

from loadtest.swarm.histograms import histogram, merged, quantile, record
from loadtest.swarm.messages import Visit
from loadtest.swarm.tally import (
    AudienceTally,
    MessageTally,
    Tally,
    expected_at,
    mean_relative_delay,
)
from tests.loadtest.examples import MS


def receipts(*delays_ms):
    return array("q", [round(delay * MS) for delay in delays_ms])


class MeanRelativeDelay(TestCase):
    def test_example_of_2012_gives_501_ms(self):
        self.assertEqual(mean_relative_delay(receipts(0, 249, 348, 906)), 501)

    def test_time_of_the_first_receipt_does_not_matter(self):
        self.assertEqual(mean_relative_delay(receipts(70, 319, 418, 976)), 501)

    def test_fewer_than_two_receipts_have_none(self):
        self.assertIsNone(mean_relative_delay(receipts(70)))
        self.assertIsNone(mean_relative_delay(receipts()))


class MessageTallies(TestCase):
    def test_first_and_last_are_over_both_transports(self):
        times = {"ws": receipts(12, 15), "poll": receipts(11, 40)}
        tally = MessageTally.fold(times, intended=10 * MS, expected=4)
        self.assertEqual((tally.first, tally.last), (1, 30))
        self.assertEqual(tally.received, 4)
        self.assertAlmostEqual(tally.mean_relative_delay or 0, (1 + 4 + 29) / 3)

    def test_relative_delay_is_the_mean_over_simulators(self):
        one = MessageTally.fold({"ws": receipts(0, 10)}, 0, 2)
        one.add(MessageTally.fold({"ws": receipts(5, 25), "poll": receipts(45)}, 0, 3))
        self.assertEqual((one.expected, one.received, one.first, one.last), (5, 5, 0, 45))
        self.assertEqual(one.mean_relative_delay, (10 + 30) / 2)

    def test_merged_percentiles_are_those_of_all_receipts(self):
        halves = [MessageTally.fold({"ws": receipts(*range(k, 1001, 2))}, 0, 500) for k in (1, 2)]
        halves[0].add(halves[1])
        for q in (0.5, 0.95, 0.99):
            self.assertAlmostEqual(halves[0].quantile(q) or 0, 1000 * q, delta=2)

    def test_missing_delivery_counts_as_infinitely_late(self):
        tally = MessageTally.fold({"ws": receipts(1, 2, 3, 4, 5, 6, 7, 8, 9)}, 0, expected=10)
        self.assertEqual(tally.missing, 1)
        self.assertAlmostEqual(tally.quantile(0.5) or 0, 5, delta=0.01)
        self.assertIsNone(tally.quantile(0.95))

    def test_update_without_receipts_has_no_delays(self):
        tally = MessageTally.fold({}, 0, expected=3)
        self.assertEqual((tally.missing, tally.first, tally.last), (3, None, None))
        self.assertIsNone(tally.mean_relative_delay)


class Tallies(TestCase):
    def example(self):
        tally = Tally(requested=3, connected=2, watching=2, converged=1)
        tally.failures = Counter({"server: refused": 4})
        tally.messages[7] = MessageTally.fold({"ws": receipts(1, 3)}, 0, 2)
        tally.connecting.record_value(500)
        tally.lag.record_value(900)
        tally.phases = (1.0, 1.0)
        return tally

    def test_tally_is_unchanged_on_its_way_to_the_director(self):
        decoded = Tally.decode(self.example().encode())
        self.assertEqual(decoded.failures, {"server: refused": 4})
        self.assertEqual(decoded.messages[7].relative, [2])
        self.assertEqual(decoded.messages[7].quantile(1), self.example().messages[7].quantile(1))
        self.assertEqual(decoded.lag.total_count, 1)
        self.assertEqual(decoded.phases, (1, 1))

    def test_tallies_of_simulators_add_up(self):
        total = Tally()
        total.add(self.example())
        total.add(self.example())
        self.assertEqual((total.requested, total.connected, total.converged), (6, 4, 2))
        self.assertEqual(total.failures, {"server: refused": 8})
        self.assertEqual((total.expected, total.received, total.missing), (4, 4, 0))
        self.assertEqual(total.messages[7].relative, [2, 2])
        self.assertEqual(total.connecting.total_count, 2)

    def test_coming_and_going_adds_up_and_is_unchanged_on_its_way(self):
        one = AudienceTally(pages=3, page_bytes=700, departures=2, away=1, slow=1)
        one.page_failures = Counter({"server: timeout": 1})
        one.wire = Counter({"ws": 240, "poll": 450})
        record(one.arriving, 0.25)
        decoded = Tally.decode(Tally(audience=one).encode())
        total = Tally()
        total.add(decoded)
        total.add(decoded)
        found = total.audience
        self.assertEqual((found.pages, found.page_bytes, found.departures), (6, 1400, 4))
        self.assertEqual((found.away, found.slow), (2, 2))
        self.assertEqual(found.page_failures, {"server: timeout": 2})
        self.assertEqual(found.wire, {"ws": 480, "poll": 900})
        self.assertAlmostEqual(quantile(found.arriving, 0.5, 2), 250, delta=1)

    def test_update_is_expected_from_visits_that_began_before_and_did_not_end_before(self):
        visits = [Visit(1, None, 10), Visit(1, 3, 4), Visit(3, 3, 2), Visit(4, None, 1)]
        self.assertEqual([expected_at(seq, visits) for seq in range(1, 7)], [0, 14, 14, 10, 11, 11])

    def test_synchrony_is_1_if_heartbeats_coincide_and_0_if_they_are_spread(self):
        self.assertAlmostEqual(Tally(connected=2, phases=(2, 0)).synchrony, 1)
        self.assertAlmostEqual(Tally(connected=2, phases=(0, 0)).synchrony, 0)


class Quantiles(TestCase):
    def test_empty_histogram_has_no_quantile(self):
        self.assertIsNone(quantile(histogram(), 0.5, 0))
        self.assertIsNone(quantile(merged([]), 0.5, 3))
