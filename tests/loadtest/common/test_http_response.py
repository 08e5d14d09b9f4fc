"""HTTP responses, split from a stream of bytes."""

from unittest import TestCase

from loadtest.common.http_response import HttpResponse, split_response

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 3"


class SplitResponse(TestCase):
    def test_complete_response_is_split_from_the_rest(self):
        found = split_response(HEAD + b"\r\n\r\nabcHTTP/1.1")
        self.assertEqual(found, (HttpResponse(200, HEAD, b"abc"), b"HTTP/1.1"))

    def test_incomplete_response_waits_for_more(self):
        whole = HEAD + b"\r\n\r\nabc"
        for size in range(len(whole)):
            self.assertIsNone(split_response(whole[:size]), size)

    def test_response_without_a_content_length_is_rejected(self):
        with self.assertRaises(ValueError):
            split_response(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
