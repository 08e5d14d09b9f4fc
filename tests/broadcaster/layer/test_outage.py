"""What is logged of an outage."""

from unittest import TestCase

from broadcaster.layer.outage import Outage


class Outages(TestCase):
    def test_beginning_and_end_are_a_line_each(self):
        outage = Outage("database")
        with self.assertLogs("broadcaster.layer.outage") as logged:
            for _ in range(3):
                outage.begin(OSError("closed unexpectedly\n\tThis means\n\tthat it ended."))
            outage.begin(OSError())
            for _ in range(2):
                outage.end()

        lines = [record.getMessage() for record in logged.records]
        lost = "lost, trying again: closed unexpectedly This means that it ended."
        self.assertEqual(lines, [f"database {lost}", "database is back"])
