"""The light HTTP client's reading, and whom failures are blamed on."""

import errno
from unittest import TestCase

from picows import WSHandshakeError, WSUpgradeResponse

from loadtest.common import failures
from loadtest.swarm.transports import Answers

FIRST = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"t":"a"}'
SECOND = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length:0\r\n\r\n"


class AnswersOverHttp(TestCase):
    def test_in_one_piece(self):
        self.assertEqual(Answers().feed(FIRST), [(200, b'{"t":"a"}')])

    def test_byte_by_byte(self):
        answers = Answers()
        pieces = [answers.feed(bytes([byte])) for byte in FIRST + SECOND]
        found = [answer for piece in pieces for answer in piece]
        self.assertEqual(found, [(200, b'{"t":"a"}'), (503, b"")])

    def test_two_at_once_and_the_start_of_a_third(self):
        answers = Answers()
        self.assertEqual(len(answers.feed(FIRST + SECOND + FIRST[:70])), 2)
        self.assertEqual(answers.feed(FIRST[70:]), [(200, b'{"t":"a"}')])

    def test_what_has_no_length_is_refused(self):
        for data in (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"HTTP/2 200\r\nContent-Length: 1\r\n\r\nx",
            b"x" * 70_000,
        ):
            with self.subTest(data[:30]), self.assertRaises(ValueError):
                Answers().feed(data)


class Blames(TestCase):
    def test_the_swarm_for_its_own_limits(self):
        for code in (errno.EMFILE, errno.ENFILE, errno.EADDRNOTAVAIL, errno.ENOBUFS):
            self.assertEqual(failures.of_error(OSError(code, "")).side, "client")

    def test_the_server_for_refusing_and_resetting(self):
        self.assertEqual(
            failures.of_error(ConnectionRefusedError(errno.ECONNREFUSED, "")).reason, "refused"
        )
        self.assertEqual(
            failures.of_error(ConnectionResetError(errno.ECONNRESET, "")).reason, "reset"
        )
        self.assertEqual(failures.of_error(TimeoutError()), failures.SILENT)

    def test_the_server_for_what_it_says(self):
        answer = WSUpgradeResponse.create_error_response(503)
        denied = WSHandshakeError("denied", response=answer)
        self.assertEqual(failures.of_error(denied), failures.of_status(503))
        self.assertEqual(str(failures.of_status(503)), "server: HTTP 503 Service Unavailable")
        self.assertEqual(str(failures.of_status(599)), "server: HTTP 599")
        self.assertEqual(str(failures.of_close(4100)), "server: closed with 4100")

    def test_nobody_for_what_is_not_known(self):
        self.assertEqual(failures.of_error(ValueError("?")).side, "unknown")
