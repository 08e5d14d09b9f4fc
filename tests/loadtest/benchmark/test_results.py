"""Medians over messages."""

from unittest import TestCase

from loadtest.benchmark.results import MessageResult, medians, quantile


class Medians(TestCase):
    def test_missing_delivery_counts_as_infinitely_late(self):
        delays = [float(delay) for delay in range(1, 100)]
        self.assertEqual(quantile(delays, 0, 100), 1)
        self.assertEqual(quantile(delays, 0.5, 100), 50)
        self.assertEqual(quantile(delays, 0.99, 100), 99)
        self.assertIsNone(quantile(delays, 1, 100))
        self.assertIsNone(quantile([], 0, 100))

    def test_figures_are_medians_over_messages(self):
        messages = [MessageResult([1.0, 2.0], cpu, 0.5) for cpu in (2e-6, 4e-6, 80e-6)]
        found = medians([*messages[:2], MessageResult([1.0], 40e-6, 0.9)], 2)
        self.assertAlmostEqual(found.cpu, 2)
        self.assertEqual((found.first, found.last), (1, 2))
        self.assertAlmostEqual(found.delivered, 5 / 6)
        self.assertIsNone(medians([MessageResult([], 1.0, 0.5)], 2).cpu)
