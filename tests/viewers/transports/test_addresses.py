"""The fast path matches the same addresses as Django's routes."""

import re
from pathlib import Path
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

    def test_shared_pages_are_known_here_and_to_nginx(self):
        nginx = Path("deploy/nginx.conf").read_text()
        route = re.compile(re.search(r"location ~ (\^/\(es/.*\$) \{", nginx)[1])
        for path, is_shared in {
            "/": True,
            "/es/": True,
            "/broadcasts/a-Night_2/": True,
            "/es/broadcasts/night/": True,
            "/broadcasts/night/board/": True,
            "/broadcasts/night/embed/": True,
            "/broadcasts/night/map.svg": True,
            "/broadcasts/night/picture.png": True,
            "/broadcasts/night/recording.json": True,
            "/broadcasts/night/results.json": True,
            "/es/broadcasts/night/calls.atom": True,
            "/contests/0a1b.json": True,
            "/es/contests/0a1b.html": True,
            "/broadcasts/night/calculator/": False,
            "/broadcasts/night/updates": False,
            "/broadcasts/": False,
            "/fr/": False,
            "/admin/": False,
        }.items():
            self.assertEqual(bool(addresses.SHARED.fullmatch(path)), is_shared, path)
            self.assertEqual(bool(route.search(path)), is_shared, path)
        known = re.search(r'default "(at=[^"]*)"', nginx)[1]
        self.assertEqual(known, " ".join(f"{name}=$arg_{name}" for name in addresses.PARAMETERS))
