"""When viewers arrive within the ramp."""

from itertools import pairwise
from unittest import TestCase

from loadtest.common.shapes import SHAPE_CHOICES, arrivals

RANKS = [viewer / 1000 for viewer in range(1000)]


class Shapes(TestCase):
    def arrived(self, shape, time):
        """Return how many of 1,000 viewers have arrived at a time between 0 and 1."""
        return sum(at < time for at in arrivals(shape, RANKS, seed=1))

    def test_every_shape_fills_the_ramp_in_order(self):
        for shape in SHAPE_CHOICES:
            with self.subTest(shape):
                found = arrivals(shape, RANKS, seed=1)
                self.assertEqual(len(found), 1000)
                self.assertEqual(found, sorted(found))
                self.assertGreaterEqual(found[0], 0)
                self.assertLess(found[-1], 1)

    def test_linear_arrivals_are_even(self):
        self.assertEqual(arrivals("linear", RANKS, seed=1), RANKS)

    def test_steps_arrive_in_the_first_quarter_of_each_fifth(self):
        self.assertEqual([self.arrived("steps", at) for at in (0.05, 0.2)], [200, 200])
        self.assertEqual([self.arrived("steps", at) for at in (0.225, 0.25, 0.4)], [300, 400, 400])

    def test_half_of_a_spike_arrives_within_a_seventh(self):
        self.assertAlmostEqual(self.arrived("spike", 0.137), 500, delta=2)
        self.assertGreater(self.arrived("spike", 0.01), 45)
        self.assertLess(self.arrived("spike", 1) - self.arrived("spike", 0.9), 6)

    def test_hold_has_everybody_after_a_quarter(self):
        self.assertEqual([self.arrived("hold", at) for at in (0.125, 0.25)], [500, 1000])

    def test_steady_arrivals_are_random_at_a_constant_rate(self):
        tenths = [self.arrived("steady", tenth / 10) for tenth in range(11)]
        for before, after in pairwise(tenths):
            self.assertAlmostEqual(after - before, 100, delta=40)
        found = arrivals("steady", RANKS, seed=1)
        self.assertEqual(found, arrivals("steady", RANKS, seed=1))
        self.assertNotEqual(found, arrivals("steady", RANKS, seed=2))
