"""How many connections and requests a process may have."""

import contextlib
import socket
import time

from tests.end_to_end.faults.limits import AT_ONCE, UPGRADE, LimitsCase, head
from tests.support.proxies import send_request


class Connections(LimitsCase):
    """A server that may open few files, and more connections than these."""

    files = 200  # 100 viewers, 125 connections in all, 150 with those of staff
    crowd = 200

    def occupy(self, server, begin, count=crowd):
        """Open connections that send `begin`, read a response to a whole request, and stay."""
        for _ in range(count):
            line = socket.create_connection(("127.0.0.1", server.port), 10)
            self.addCleanup(line.close)
            with contextlib.suppress(ConnectionError):
                line.sendall(begin)
                if begin.startswith(b"GET") and begin.endswith(b"\r\n\r\n"):
                    line.recv(4096)

    def test_connections_without_a_request_lock_nobody_out(self):
        kinds = {
            "silence": b"",
            "half a head": head("GET /")[:-2],
            "keep-alive": head(f"GET /broadcasts/{self.slug}/snapshot.json") + b"\r\n",
            "half a body": head("POST /admin/login/", "Content-Length: 100") + b"\r\n",
        }
        for server in self.servers:
            for name, begin in kinds.items():
                with self.subTest(name, server=server.options):
                    self.occupy(server, begin)
                    began = time.monotonic()
                    for path in ("/healthz", "/readyz", "/admin/login/", "/"):
                        self.assertEqual(send_request(server.port, path)[0], 200, path)
                    self.viewer(server)
                    self.assertLess(time.monotonic() - began, AT_ONCE)
            self.assertQuietLog(server, 2)

    def test_staff_and_health_checks_have_room_when_the_public_has_none(self):
        for server in self.servers:
            for _ in range(100):
                self.viewer(server)
            waits = head(f"GET /broadcasts/{self.slug}/ws") + UPGRADE.encode() + b"\r\n"
            self.occupy(server, waits, 60)  # refused, and never closed by their side
            for path in ("/healthz", "/readyz", "/metrics", "/admin/login/"):
                self.assertEqual(send_request(server.port, path)[0], 200, path)
            status, headers, _ = send_request(server.port, "/")
            self.assertEqual((status, headers["Retry-After"]), (503, "10"))
            self.assertQuietLog(server, 2)
