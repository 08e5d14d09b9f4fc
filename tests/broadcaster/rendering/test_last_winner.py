"""The winner of a race in the latest earlier contest, in words."""

from django.test import SimpleTestCase

from broadcaster.rendering.last_winner import last_winner
from tests.support.contests import edition


class LastWinners(SimpleTestCase):
    def last(self, contest, race):
        found = edition(contest).contest
        return tuple(last_winner(found.race_of[race], found, str))

    def test_winner_of_the_latest_earlier_contest_has_the_name_of_that_year(self):
        self.assertEqual(
            self.last("us-president-2020", "WI"), ("Trump +0.8", "2016\u00a0Trump\u00a0+0.8")
        )
        expected = ("Clinton +5.3", "2016\u00a0Clinton\u00a0+5.3")
        self.assertEqual(self.last("us-president-2020", "VA"), expected)

    def test_race_without_a_margin_has_the_name(self):
        self.assertEqual(self.last("us-president-2020", "ME-2"), ("Trump", "2016\u00a0Trump"))

    def test_margin_has_one_decimal(self):
        self.assertEqual(
            self.last("lakeland-2027", "N"), ("Farmers +9.5", "2023\u00a0Farmers\u00a0+9.5")
        )
        expected = ("Green Alliance +0.0", "2023\u00a0Green Alliance\u00a0+0.0")
        self.assertEqual(self.last("lakeland-2027", "C1"), expected)

    def test_race_without_an_earlier_contest_has_the_party_that_held_it(self):
        self.assertEqual(self.last("us-senate-2024", "AZ"), ("D", "Held by D"))

    def test_race_of_which_nothing_is_known_has_no_words(self):
        self.assertEqual(self.last("lakeland-2027", "S"), ("", ""))
