"""Whether a client takes a compressed response."""

from unittest import TestCase

from viewers.transports.encodings import accepts_gzip


class AcceptEncodingTests(TestCase):
    def test_gzip_is_allowed_by_name_or_as_anything(self):
        for header in (
            "gzip",
            "GZIP",
            "br, gzip",
            "gzip;q=0.5",
            "x-gzip",
            "*",
            "br;q=1.0, *;q=0.1",
        ):
            self.assertTrue(accepts_gzip(header), header)

    def test_gzip_is_not_sent_to_who_does_not_want_it(self):
        for header in (
            "",
            "br",
            "identity",
            "gzip;q=0",
            "gzip; q=0.000",
            "*;q=1, gzip;q=0",
            "*;q=0",
            "gzip;q=high",
            "notgzip",
        ):
            self.assertFalse(accepts_gzip(header), header)
