"""The fast path matches the same addresses as Django's routes."""

import re
from unittest import TestCase

from viewers.transports import addresses


class AddressTests(TestCase):
    def test_pattern_finds_the_slug(self):
        pattern = re.compile(addresses.pattern(addresses.SNAPSHOT))

        self.assertEqual(pattern.fullmatch(b"/broadcasts/a-Night_2/snapshot.json")[1], b"a-Night_2")

    def test_pattern_matches_no_other_address(self):
        pattern = re.compile(addresses.pattern(addresses.SNAPSHOT))

        for path in (b"/broadcasts/a.b/snapshot.json", b"/broadcasts/a/snapshot_json", b"/a"):
            self.assertIsNone(pattern.fullmatch(path))
