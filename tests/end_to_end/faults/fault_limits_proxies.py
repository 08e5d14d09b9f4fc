"""The limits of `serve` hold through the proxies of deploy/, too."""

import contextlib
import http.client
import json
import time
from concurrent.futures import ThreadPoolExecutor

from broadcaster.models import Broadcast
from tests.end_to_end.faults.limits import (
    AT_ONCE,
    FLOODS,
    IMPORT,
    MEGABYTE,
    flood,
    head,
    large_bodies,
    large_heads,
    occupy,
    send,
    slow_requests,
    trickle,
    upload,
    watch,
)
from tests.support.proxies import HAProxy, Nginx, ProxyCase, send_request
from tests.support.server import wait_for
from viewers.transports.limits import MAX_REQUESTS

DEADLINE = 10  # seconds that a request without its end may last
ROOM = 200  # connections that the proxy may have in one of the tests


class SameOnBoth:
    """The inputs of the other tests of limits, through a proxy: it or a server rejects them."""

    def start(self, **options):
        return self.enterContext(self.proxy_class(*self.servers, **options))

    def test_large_head_is_rejected_at_once(self):
        proxy = self.start()
        for name, begin, more in large_heads(self.slug):
            with self.subTest(name):
                status, seconds = send(proxy.port, begin, more, 80 * MEGABYTE)
                self.assertIn(status, self.large_head)
                self.assertLess(seconds, AT_ONCE)

    def test_large_body_is_rejected_at_once(self):
        proxy = self.start()
        for name, begin, more in large_bodies(self.slug):
            if name in self.endless:
                continue
            with self.subTest(name):
                status, seconds = send(proxy.port, begin, more, 50 * MEGABYTE)
                self.assertIn(status, self.large_body)
                self.assertLess(seconds, AT_ONCE)
        for server in self.servers:
            self.assertEqual(send_request(server.port, "/healthz")[0], 200)

    def test_recording_of_16_mib_is_imported_by_staff_only(self):
        proxy = self.start()
        lines = head(f"POST {IMPORT}", f"Content-Length: {16 * MEGABYTE}") + b"\r\n"
        self.assertEqual(send(proxy.port, lines, b"x", 16 * MEGABYTE)[0], 403)
        upload(self, proxy.port, 16 * MEGABYTE)

    def test_trace_is_rejected(self):
        self.assertEqual(send(self.start().port, head("TRACE /") + b"\r\n")[0], 405)

    def test_slow_request_is_ended(self):
        """All kinds at once. Proxies send 408 or nothing."""
        proxy, kinds = self.start(), slow_requests(self.slug)
        with ThreadPoolExecutor(len(kinds)) as threads:
            found = {
                name: threads.submit(trickle, proxy.port, *sent[:2], until_answered=True)
                for name, sent in kinds.items()
            }
        for name, result in found.items():
            with self.subTest(name):
                status, seconds = result.result()
                self.assertIn(status, (408, None))
                self.assertLess(seconds, DEADLINE + 5)

    def test_flood_of_frames_is_closed_and_nobody_else_notices(self):
        proxy = self.start()
        viewer = watch(self, proxy)
        for (name, frame), focus in zip(FLOODS.items(), ("OH", "PA", "VT", "TX"), strict=True):
            with self.subTest(name):
                began = time.monotonic()
                # The close frame may be lost with the bytes that the client still sends. A flood
                # that is not closed takes longer than this.
                flood(proxy, f"/broadcasts/{self.slug}/ws", frame)
                self.publish(proxy, {"view": {"focus": focus}})
                self.assertEqual(send_request(proxy.port, "/healthz")[0], 200)
                self.assertLess(time.monotonic() - began, AT_ONCE)
        seq = Broadcast.objects.get(slug=self.slug).seq
        while json.loads(viewer.recv(10)).get("updates", [{"seq": 0}])[-1]["seq"] < seq:
            pass

    def test_connections_without_a_request_lock_nobody_out(self):
        """A proxy without room lets others in when the silent ones have had their time."""
        for name, begin in (("silence", b""), ("half a head", head("GET /")[:-2])):
            with self.subTest(name):
                self.check_room_returns(self.start(connections=ROOM), begin)

    def check_room_returns(self, proxy, begin):
        occupy(self, proxy.port, begin, 2 * ROOM)
        wait_for(lambda: self.is_served(proxy), "room", limit=2 * DEADLINE + 5)
        self.doCleanups()

    def is_served(self, proxy):
        """Return whether a request is answered. Without room nginx closes a connection."""
        with contextlib.suppress(OSError, http.client.HTTPException):
            return send_request(proxy.port, "/healthz")[0] == 200
        return False

    def test_requests_under_way_leave_room_for_staff(self):
        proxy = self.start()
        half = head("POST /", "Content-Length: 100") + b"\r\n"
        occupy(self, proxy.port, half, len(self.servers) * MAX_REQUESTS)
        for _ in range(2):  # the second time after the public's rejections
            self.assertIn(send_request(proxy.port, "/")[0], (200, 503))
            self.assertEqual(send_request(proxy.port, "/admin/login/")[0], 200)
            self.assertEqual(send_request(proxy.port, "/api/broadcasts")[0], 405)
        wait_for(lambda: send_request(proxy.port, "/")[0] == 200, "room", limit=DEADLINE + 5)


class NginxLimits(SameOnBoth, ProxyCase):
    proxy_class = Nginx
    large_head = (414, 431)
    large_body = (413,)
    endless = ("an extension of a chunk", "trailers")  # nginx reads them, and passes nothing on


class HAProxyLimits(SameOnBoth, ProxyCase):
    proxy_class = HAProxy
    large_head = (400,)
    large_body = (413, 400)
    endless = ()
