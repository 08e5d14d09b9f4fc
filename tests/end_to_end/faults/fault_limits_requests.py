"""What one request may be: its head, its body, its method and its time."""

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import psutil

from tests.end_to_end.faults.limits import (
    AT_ONCE,
    IMPORT,
    MEGABYTE,
    UPGRADE,
    LimitsCase,
    head,
    large_bodies,
    large_heads,
    send,
    slow_requests,
    trickle,
    upload,
)
from tests.support.proxies import send_request
from viewers.transports.limits import LINGER


class Requests(LimitsCase):
    pause = threading.Event()

    def written(self, server):
        return psutil.Process(server.process.pid).io_counters().write_chars

    def seconds_of_cpu(self, server):
        return sum(psutil.Process(server.process.pid).cpu_times()[:2])

    def test_large_head_is_rejected_at_once(self):
        for server in self.servers:
            cpu = self.seconds_of_cpu(server)
            for name, begin, more in large_heads(self.slug):
                with self.subTest(name, server=server.options):
                    status, seconds = send(server.port, begin, more, 80 * MEGABYTE)
                    self.assertEqual(status, 431)
                    self.assertLess(seconds, AT_ONCE)
            self.assertLess(self.seconds_of_cpu(server) - cpu, 3)
            self.assertQuietLog(server)

    def test_head_of_usual_size_is_read(self):
        for server in self.servers:
            begin = head("GET /healthz", "Cookie: " + "x" * 12_000, "Connection: close")
            self.assertEqual(send(server.port, begin + b"\r\n")[0], 200)

    def test_handshake_with_a_header_that_websockets_refuses_is_rejected(self):
        for server in self.servers:
            for extra in (["X: " + "x" * 9000], [f"X-{i}: y" for i in range(200)]):
                for path in (f"/broadcasts/{self.slug}/ws", "/nowhere"):
                    begin = head(f"GET {path}", *extra) + UPGRADE.encode() + b"\r\n"
                    self.assertEqual(send(server.port, begin)[0], 431)

    def test_large_body_is_rejected_before_it_is_written_to_disk(self):
        for server in self.servers:
            written = self.written(server)
            for name, begin, more in large_bodies(self.slug):
                with self.subTest(name, server=server.options):
                    status, seconds = send(server.port, begin, more, 50 * MEGABYTE)
                    self.assertEqual(status, 413)
                    self.assertLess(seconds, AT_ONCE)
            self.assertLess(self.written(server) - written, MEGABYTE)
            self.assertQuietLog(server)

    def test_rest_of_a_rejected_request_is_discarded(self):
        """A busy proxy that is still sending would take a reset for a server that failed."""
        begin = head("POST /", "Content-Length: 100000000") + b"\r\n"
        for server in self.servers:
            with socket.create_connection(("127.0.0.1", server.port), 10) as line:
                line.sendall(begin)
                self.assertIn(b" 413 ", line.recv(65536))
                end = time.monotonic() + LINGER - 0.5
                while time.monotonic() < end:
                    line.sendall(b"x" * 1000)
                    self.pause.wait(0.1)

    def test_upload_is_read_for_staff_only(self):
        for server in self.servers:
            written = self.written(server)
            for cookie in ("X: y", "Cookie: sessionid=" + "x" * 32):
                lines = head(f"POST {IMPORT}", cookie, f"Content-Length: {16 * MEGABYTE}")
                status, seconds = send(server.port, lines + b"\r\n", b"x", 16 * MEGABYTE)
                self.assertEqual(status, 403)
                self.assertLess(seconds, AT_ONCE)
            larger = head(f"POST {IMPORT}", "Content-Length: 100000000") + b"\r\n"
            self.assertEqual(send(server.port, larger, b"x", 50 * MEGABYTE)[0], 413)
            self.assertLess(self.written(server) - written, MEGABYTE)

    def test_recording_of_16_mib_is_imported(self):
        for server in self.servers:
            upload(self, server.port, 16 * MEGABYTE)

    def test_staff_have_time_for_an_upload(self):
        """Other bodies have to be complete within 10 s."""
        for server in self.servers:
            upload(self, server.port, 1000, pause=12)

    def test_idle_connection_is_closed(self):
        """After a response there are 75 s for the next request."""
        begin = head("GET /healthz") + b"\r\n"
        with ThreadPoolExecutor(len(self.servers)) as threads:
            found = [
                threads.submit(trickle, server.port, begin, b"", 100) for server in self.servers
            ]
        for result in found:
            status, seconds = result.result()
            self.assertEqual(status, 200)
            self.assertTrue(74 < seconds < 80, seconds)

    def test_methods_that_no_page_has_are_rejected(self):
        for server in self.servers:
            for path in ("/", "/healthz", "/admin/", f"/broadcasts/{self.slug}/updates"):
                self.assertEqual(send(server.port, head(f"TRACE {path}") + b"\r\n")[0], 405)
            self.assertEqual(send(server.port, head("TRACE /%00") + b"\r\n")[0], 400)
            self.assertEqual(send(server.port, head("CONNECT 127.0.0.1:22") + b"\r\n")[0], 405)
            self.assertEqual(send(server.port, head("OPTIONS *") + b"\r\n")[0], 200)
            for line in ("GET *", "GET \xff", "OPTIONS nowhere", "GET ?x", "NONSENSE /", "PRI *"):
                with self.subTest(line):
                    self.assertEqual(send(server.port, head(line) + b"\r\n")[0], 400)
            absolute = head(f"GET http://127.0.0.1/broadcasts/{self.slug}/ws") + UPGRADE.encode()
            self.assertEqual(send(server.port, absolute + b"\r\n")[0], 400)
            self.assertQuietLog(server)

    def test_request_before_a_wrong_one_is_answered(self):
        for server in self.servers:
            for wrong in (b"nonsense\r\n\r\n", head("TRACE /") + b"\r\n", b"\x00" * 50_000):
                self.assertEqual(send(server.port, head("GET /healthz") + b"\r\n" + wrong)[0], 200)
            lines = ("Transfer-Encoding: chunked", "Expect: 100-continue")
            wrong = head("POST /healthz", *lines) + b"\r\nnonsense\r\n"
            self.assertEqual(send(server.port, wrong)[0], 400)
            self.assertQuietLog(server)

    def test_flood_of_pipelined_requests_ends_the_connection(self):
        for server in self.servers:
            for path in ("/healthz", f"/broadcasts/{self.slug}/updates"):
                request = head(f"GET {path}") + b"\r\n"
                memory = psutil.Process(server.process.pid).memory_info().rss
                send(server.port, request, request, 20 * MEGABYTE)
                grown = psutil.Process(server.process.pid).memory_info().rss - memory
                self.assertLess(grown, 50 * MEGABYTE)
            self.assertEqual(send_request(server.port, "/healthz")[0], 200)
            self.assertQuietLog(server)

    def test_slow_request_is_ended(self):
        """All kinds at once: the deadline is 10 s, and a second passes until the next look."""
        kinds = slow_requests(self.slug)
        cases = [(server, *kind) for server in self.servers for kind in kinds.items()]
        with ThreadPoolExecutor(len(cases)) as threads:
            found = [threads.submit(trickle, server.port, *sent[:2]) for server, _, sent in cases]
        for (server, name, (_, _, expected)), result in zip(cases, found, strict=True):
            with self.subTest(name, server=server.options):
                status, seconds = result.result()
                self.assertEqual(status, expected)
                self.assertTrue(9 < seconds < 13, seconds)
