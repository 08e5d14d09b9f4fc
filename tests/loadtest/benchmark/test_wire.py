"""The requests that the benchmark's polling viewers write."""

from unittest import TestCase

from loadtest.benchmark.wire import packets, poll_after, poll_after_head

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 3"


class Wire(TestCase):
    def test_payload_is_split_into_packets(self):
        self.assertEqual(
            packets(b'42["message","x"]\x1e2\x1e40{"sid":"a"}'),
            [(b"42", b'["message","x"]'), (b"2", b""), (b"40", b'{"sid":"a"}')],
        )
        self.assertEqual(packets(b'0{"sid":"a"}'), [(b"0", b'{"sid":"a"}')])

    def test_next_poll_of_map_center_has_the_position(self):
        body = b'{"t":"heartbeat","epoch":"abc","seq":43}'
        self.assertTrue(
            poll_after(body, "/x", "h").startswith(b"GET /x?v=2&since=abc:43 HTTP/1.1\r\n")
        )

    def test_next_poll_of_nchan_has_the_message_id(self):
        head = HEAD + b"\r\nLast-Modified: Tue, 03 Nov 2020 23:00:00 GMT\r\nEtag: 7"
        sent = poll_after_head(head, "/x", "h")
        self.assertIn(b"\r\nIf-Modified-Since: Tue, 03 Nov 2020 23:00:00 GMT\r\n", sent)
        self.assertIn(b"\r\nIf-None-Match: 7\r\n", sent)
        with self.assertRaises(ValueError):
            poll_after_head(HEAD, "/x", "h")
