"""The polling client's reader of HTTP responses."""

from unittest import TestCase

from loadtest.swarm.transports import ResponseReader

FIRST = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"t":"a"}'
SECOND = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length:0\r\n\r\n"


def read(reader, data):
    """Return status and body of each response that is complete after `data`."""
    return [(response.status, response.body) for response in reader.feed(data)]


class Responses(TestCase):
    def test_response_in_one_piece_is_read(self):
        self.assertEqual(read(ResponseReader(), FIRST), [(200, b'{"t":"a"}')])

    def test_responses_byte_by_byte_are_read(self):
        reader = ResponseReader()
        pieces = [read(reader, bytes([byte])) for byte in FIRST + SECOND]
        found = [response for piece in pieces for response in piece]
        self.assertEqual(found, [(200, b'{"t":"a"}'), (503, b"")])

    def test_two_responses_and_the_start_of_a_third_are_read(self):
        reader = ResponseReader()
        self.assertEqual(len(reader.feed(FIRST + SECOND + FIRST[:70])), 2)
        self.assertEqual(read(reader, FIRST[70:]), [(200, b'{"t":"a"}')])

    def test_response_without_a_content_length_is_rejected(self):
        for data in (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"HTTP/2 200\r\nContent-Length: 1\r\n\r\nx",
            b"x" * 70_000,
        ):
            with self.subTest(data[:30]), self.assertRaises(ValueError):
                ResponseReader().feed(data)
