"""The address of the server under test."""

from unittest import TestCase

from loadtest.common.target import Target, parse_url


class ServerUrl(TestCase):
    def check(self, url, base, host, port):
        found = parse_url(url)
        self.assertEqual((found.base, found.host, found.port), (base, host, port))

    def test_url_is_split_into_its_parts(self):
        self.check("localhost:81", "http://localhost:81", "localhost", 81)
        self.check("https://map.test/", "https://map.test", "map.test", 443)
        self.check("https://map.test/night/maps/", "https://map.test/night/maps", "map.test", 443)
        self.check("http://[::1]:8000/", "http://[::1]:8000", "::1", 8000)

    def test_origin_is_as_browsers_send_it(self):
        self.check("HTTPS://Map.Test:443/", "https://map.test", "map.test", 443)
        self.check("http://map.test:80", "http://map.test", "map.test", 80)

    def test_user_and_password_are_kept_out_of_the_address(self):
        found = parse_url("http://ann:p%40ss@map.test/")
        self.assertEqual(found.base, "http://map.test")
        self.assertEqual(found.authorization, "Basic YW5uOnBAc3M=")
        self.assertNotIn("YW5u", repr(found))

    def test_invalid_url_is_rejected(self):
        for url in ("", "ftp://map.test/", "http://", "http://map.test:port/", "http://a b/"):
            with (
                self.subTest(url),
                self.assertRaisesRegex(ValueError, "is not the URL of a server"),
            ):
                parse_url(url)

    def test_address_of_a_page_is_rejected(self):
        for url in ("http://map.test/?at=1", "http://map.test/#map"):
            with self.subTest(url), self.assertRaisesRegex(ValueError, "the address of the site"):
                parse_url(url)

    def test_message_for_an_invalid_url_has_no_password(self):
        with self.assertRaises(ValueError) as caught:
            parse_url("http://ann:secret@map.test:port/")
        self.assertNotIn("secret", str(caught.exception))


class Parts(TestCase):
    def test_target_below_a_path(self):
        target = Target("https://map.test:81/night", "map.test", "127.0.0.1", 81)
        self.assertEqual(target.origin, "https://map.test:81")
        self.assertEqual(target.authority, "map.test:81")
        self.assertEqual(target.prefix, "/night")
        self.assertEqual(target.websocket_url, "wss://map.test:81")

    def test_reports_have_neither_password_nor_certificates(self):
        target = Target("https://map.test", "map.test", "127.0.0.1", 443, "Basic x", ca="PEM")
        shown = target.without_secrets()
        self.assertEqual((shown.url, shown.authorization, shown.ca), (target.url, "", ""))
