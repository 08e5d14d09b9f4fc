"""Text from the newsroom cannot turn the words around it."""

from unittest import TestCase

from broadcaster.domain.bidi import is_balanced, isolate
from broadcaster.domain.parsing import text
from broadcaster.domain.rejection import InvalidInput


class Isolate(TestCase):
    def test_text_from_left_to_right_is_returned_as_it_is(self):
        for each in ("", "Biden wins", "Peña Nieto, 51 % – “sí”", "日本"):
            self.assertEqual(isolate(each), each)

    def test_other_text_is_put_between_isolates(self):
        for each in (
            "\u202ewins",
            "\u05e9\u05dc\u05d5\u05dd",
            "\u0645\u0631\u062d\u0628\u0627",
            "\u2066a\u2069",
        ):
            self.assertEqual(isolate(each), f"\u2068{each}\u2069")

    def test_text_that_ends_an_isolate_it_did_not_begin_is_rejected(self):
        self.assertTrue(is_balanced("a \u2067b\u2069 c"))
        for each in ("\u2069", "\u2068a\u2069\u2069 b"):
            self.assertFalse(is_balanced(each))
            with self.assertRaises(InvalidInput):
                text("headline", each, 100)
