"""The options that say what viewers do besides watching."""

from unittest import TestCase

from loadtest.common.habits import parse_churn, parse_share


class Options(TestCase):
    def test_shares_and_rates_are_parsed(self):
        self.assertEqual(parse_share("--slow", "1%"), 0.01)
        self.assertEqual(parse_share("--fallback", "100%"), 1)
        self.assertEqual(parse_share("--asleep", "0.5%"), 0.005)
        self.assertEqual(parse_churn("--churn", "5%/min"), 0.05)

    def test_impossible_shares_are_explained(self):
        for text, words in (
            ("200%", "--slow: 200% is more than all viewers"),
            ("5", "'5' is not a share of the viewers, such as 10%"),
            ("-5%", "is not a share"),
            ("nan%", "is not a share"),
            ("http://127.0.0.1/", "is not a share"),
        ):
            with self.subTest(text), self.assertRaisesRegex(ValueError, words):
                parse_share("--slow", text)

    def test_impossible_rates_are_explained(self):
        for text, words in (
            ("5%", "--churn: '5%' is not a share of the viewers a minute: 5%/min"),
            ("5%/h", "is not a share"),
            ("601%/min", "is more than 600%/min"),
        ):
            with self.subTest(text), self.assertRaisesRegex(ValueError, words):
                parse_churn("--churn", text)
