"""The address of the server under test."""

from unittest import TestCase

from loadtest.common.target import parse_url


class ServerUrl(TestCase):
    def test_url_is_split_into_origin_host_and_port(self):
        self.assertEqual(parse_url("localhost:81"), ("http://localhost:81", "localhost", 81))
        self.assertEqual(parse_url("https://map.test/"), ("https://map.test", "map.test", 443))

    def test_invalid_url_is_rejected(self):
        for url in ("", "ftp://map.test/", "http://", "http://map.test:port/"):
            with self.subTest(url), self.assertRaises(ValueError):
                parse_url(url)
