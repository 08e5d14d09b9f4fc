"""What one WebSocket may send: floods of frames, while somebody else watches."""

import contextlib
import json
import socket
import time

from django.contrib.auth import get_user_model
from django.test import Client

from broadcaster.domain.parsing import parse_change
from tests.end_to_end.faults.limits import AT_ONCE, UPGRADE, LimitsCase, head
from tests.support.log import publish
from tests.support.proxies import send_request
from tests.support.raw_frames import masked


class Frames(LimitsCase):
    """Floods of WebSocket frames, while somebody else watches."""

    def flood(self, server, path, frame, headers=()):
        """Send frames until the connection ends. Return what was received."""
        begin = head(f"GET {path}", f"Origin: {server.url}", *headers) + UPGRADE.encode() + b"\r\n"
        received, block = b"", frame * (300_000 // len(frame))
        with socket.create_connection(("127.0.0.1", server.port), 10) as line:
            line.sendall(begin)
            while b"\r\n\r\n" not in received:
                received += line.recv(65536)
            line.settimeout(3)
            with contextlib.suppress(ConnectionError, TimeoutError):
                for _ in range(40):
                    line.sendall(block)
            with contextlib.suppress(ConnectionError, TimeoutError):
                while chunk := line.recv(65536):
                    received += chunk
        return received

    def test_flood_is_closed_and_nobody_else_notices(self):
        for server in self.servers:
            viewer = self.viewer(server)
            for name, frame in {
                "pings": masked(0x89),
                "long pings": masked(0x89, b"x" * 125),
                "pongs": masked(0x8A),
                "pieces of a message": masked(0x01) + masked(0x00) * 1000,
            }.items():
                with self.subTest(name, server=server.options):
                    began = time.monotonic()
                    received = self.flood(server, f"/broadcasts/{self.slug}/ws", frame)
                    publish(self.broadcast, parse_change({"view": {"focus": "OH"}}))
                    self.assertEqual(send_request(server.port, "/healthz")[0], 200)
                    self.assertLess(time.monotonic() - began, AT_ONCE)
                    self.assertRegex(received, rb"\x88.\x03[\xf0\xea]")  # 1008, or 1002
            while json.loads(viewer.recv(10))["t"] != "updates":
                pass
            self.assertQuietLog(server)

    def test_flood_at_the_desk_is_closed(self):
        user = get_user_model().objects.create_superuser(f"desk-{self.slug}")
        client = Client()
        client.force_login(user)
        cookie = f"Cookie: sessionid={client.cookies['sessionid'].value}"
        path = f"/admin/broadcaster/broadcast/{self.broadcast.pk}/console/ws"
        for server in self.servers:
            began = time.monotonic()
            received = self.flood(server, path, masked(0x89), [cookie])
            self.assertIn(b"101 Switching", received)
            self.assertRegex(received, rb"\x88.\x03\xf0")
            self.assertLess(time.monotonic() - began, AT_ONCE)

    def test_viewer_may_ping_now_and_then(self):
        for server in self.servers:
            viewer = self.viewer(server)
            for _ in range(50):
                self.assertTrue(viewer.ping().wait(10))
