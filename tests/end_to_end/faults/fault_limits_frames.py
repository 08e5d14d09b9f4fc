"""What one WebSocket may send: floods of frames, while somebody else watches."""

import json
import time

from tests.end_to_end.faults.limits import (
    AT_ONCE,
    CLOSED,
    FLOODS,
    LimitsCase,
    flood,
    session_cookie,
    watch,
)
from tests.support.changes import parse_change
from tests.support.log import publish
from tests.support.proxies import send_request
from tests.support.raw_frames import masked


class Frames(LimitsCase):
    """Floods of WebSocket frames, while somebody else watches."""

    def test_flood_is_closed_and_nobody_else_notices(self):
        for server in self.servers:
            viewer = watch(self, server)
            for name, frame in FLOODS.items():
                with self.subTest(name, server=server.options):
                    began = time.monotonic()
                    received = flood(server, f"/broadcasts/{self.slug}/ws", frame)
                    publish(self.broadcast, parse_change({"view": {"focus": "OH"}}))
                    self.assertEqual(send_request(server.port, "/healthz")[0], 200)
                    self.assertLess(time.monotonic() - began, AT_ONCE)
                    self.assertRegex(received, CLOSED)
            while json.loads(viewer.recv(10))["t"] != "updates":
                pass
            self.assertQuietLog(server)

    def test_flood_at_the_desk_is_closed(self):
        path = f"/admin/broadcaster/broadcast/{self.broadcast.pk}/console/ws"
        for server in self.servers:
            began = time.monotonic()
            received = flood(server, path, masked(0x89), session_cookie())
            self.assertIn(b"101 Switching", received)
            self.assertRegex(received, rb"\x88.\x03\xf0")
            self.assertLess(time.monotonic() - began, AT_ONCE)

    def test_viewer_may_ping_now_and_then(self):
        for server in self.servers:
            viewer = watch(self, server)
            for _ in range(50):
                self.assertTrue(viewer.ping().wait(10))
