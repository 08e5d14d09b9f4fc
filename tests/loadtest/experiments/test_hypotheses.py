"""How repeated runs judge a claim."""

from unittest import TestCase

from loadtest.experiments.hypotheses import Expectation, Outcome, explain, judge, order

HIGHER, SAME = Expectation.HIGHER, Expectation.SAME


class Judge(TestCase):
    def test_repeats_apart_with_a_large_effect_decide(self):
        self.assertEqual(judge(HIGHER, [10, 11, 12], [20, 21, 22]), Outcome.REPRODUCED)
        self.assertEqual(judge(HIGHER, [20, 21, 22], [10, 11, 12]), Outcome.NOT_REPRODUCED)
        self.assertEqual(judge(SAME, [10, 11, 12], [20, 21, 22]), Outcome.NOT_REPRODUCED)

    def test_small_effect_is_no_difference_even_if_repeats_are_apart(self):
        self.assertEqual(judge(HIGHER, [10, 10.1, 10.2], [11, 11.1, 11.2]), Outcome.NOT_REPRODUCED)
        self.assertEqual(judge(SAME, [10, 10.1, 10.2], [11, 11.1, 11.2]), Outcome.REPRODUCED)

    def test_large_effect_with_overlapping_repeats_is_inconclusive(self):
        for expected in (HIGHER, SAME):
            self.assertEqual(judge(expected, [10, 10, 40], [9, 20, 20]), Outcome.INCONCLUSIVE)

    def test_small_effect_with_overlapping_repeats_is_no_difference(self):
        self.assertEqual(judge(SAME, [10, 11, 12], [10, 11.5, 12]), Outcome.REPRODUCED)

    def test_figure_that_was_zero_differs_from_any_other(self):
        self.assertEqual(judge(HIGHER, [0, 0, 0], [1, 2, 3]), Outcome.REPRODUCED)
        self.assertEqual(judge(SAME, [0, 0, 0], [0, 0, 0]), Outcome.REPRODUCED)

    def test_too_few_repeats_are_rejected(self):
        with self.assertRaisesRegex(ValueError, "3 repeats"):
            judge(HIGHER, [1, 2], [3, 4, 5])


class Words(TestCase):
    def test_explanation_has_medians_ranges_and_ratio(self):
        self.assertEqual(
            explain("ms", [10, 11, 12], [20, 22, 30]),
            "11 ms (10 to 12) against 22 ms (20 to 30), a ratio of 2.00.",
        )
        self.assertEqual(
            explain("ms", [0, 0, 0], [1, 1, 1]), "0 ms (0 to 0) against 1 ms (1 to 1)."
        )


class Order(TestCase):
    def test_variants_run_forwards_and_backwards_in_turn(self):
        self.assertEqual(order(2, 3), [0, 1, 1, 0, 0, 1])
        self.assertEqual(order(3, 2), [0, 1, 2, 2, 1, 0])
