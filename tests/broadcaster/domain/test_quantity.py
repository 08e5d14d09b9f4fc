"""Numbers with what they count."""

from unittest import TestCase

from broadcaster.domain.quantity import quantity


class Quantity(TestCase):
    def test_one_is_singular_and_every_other_number_plural(self):
        found = [quantity(number, "viewer") for number in (0, 1, 2, 1234)]
        self.assertEqual(found, ["0 viewers", "1 viewer", "2 viewers", "1,234 viewers"])
