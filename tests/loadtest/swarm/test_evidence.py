"""Evidence: the deliveries that count of a simulator that was lost."""

from array import array
from unittest import TestCase

from loadtest.swarm.evidence import Evidence
from loadtest.swarm.messages import EvidenceReport, Visit
from loadtest.swarm.tally import Tally
from tests.loadtest.examples import MS, SECOND


def report(viewers, **receipts):
    """Return the report of viewers who joined at seq 1; `receipts` has the times in ms by seq."""
    times = {
        int(seq.removeprefix("seq")): array("q", [at * MS for at in every]).tobytes()
        for seq, every in receipts.items()
    }
    tally = Tally(requested=viewers, connected=viewers)
    return EvidenceReport(tally.encode(), [Visit(1, None, viewers)], {"ws": times})


class EvidenceOfALostSimulator(TestCase):
    def test_updates_of_all_reports_are_counted(self):
        evidence = Evidence()
        evidence.add(report(2, seq2=[20, 30]), 1 * SECOND)
        evidence.add(report(2, seq3=[1020, 1050]), 2 * SECOND)

        tally = evidence.count({2: 0, 3: SECOND})

        self.assertEqual((tally.expected, tally.received), (4, 4))
        self.assertEqual((tally.messages[2].last, tally.messages[3].last), (30, 50))

    def test_newer_receipts_of_an_update_replace_older_ones(self):
        evidence = Evidence()
        evidence.add(report(3, seq2=[20]), 1 * SECOND)
        evidence.add(report(3, seq2=[20, 30, 40]), 2 * SECOND)

        self.assertEqual(evidence.count({2: 0}).received, 3)

    def test_updates_after_the_last_report_are_not_expected(self):
        evidence = Evidence()
        evidence.add(report(2, seq2=[20, 30]), 1 * SECOND)

        tally = evidence.count({2: 0, 3: 2 * SECOND})

        self.assertEqual((tally.expected, tally.missing), (2, 0))

    def test_update_under_way_at_the_last_report_is_expected_where_it_was_received(self):
        evidence = Evidence()
        evidence.add(report(3, seq2=[20]), 1 * SECOND)

        tally = evidence.count({2: 0})

        self.assertEqual((tally.expected, tally.received, tally.missing), (1, 1, 0))

    def test_update_that_was_missing_for_seconds_stays_missing(self):
        evidence = Evidence()
        evidence.add(report(3, seq2=[20]), 11 * SECOND)

        self.assertEqual(evidence.count({2: 0}).missing, 2)

    def test_viewers_that_had_not_connected_are_no_longer_requested(self):
        evidence = Evidence()
        tally = Tally(requested=5, connected=3)
        tally.unconnected["server: refused"] = 1
        evidence.add(EvidenceReport(tally.encode(), {1: 3}, {}), 1 * SECOND)

        tally = evidence.count({})

        self.assertEqual((tally.requested, tally.connected, tally.lost), (4, 3, 3))
