"""Viewers that do not read: memory is bounded, order is kept, and other viewers do not wait."""

import json
import re
import selectors
import socket
import struct
import time
import uuid
from urllib.request import urlopen

import psutil
from django.contrib.auth import get_user_model
from django.test import TransactionTestCase
from websockets.frames import CLOSE

from broadcaster.models import ApiToken, Broadcast
from tests.support.contests import president
from tests.support.server import ServeProcess
from tests.support.staff import next_frame, open_desk
from tests.support.watcher import PollWatcher, WebSocketWatcher
from viewers.fanout.relay import HEAD_CHECK
from viewers.transports.slow_viewers import STUCK_TIMEOUT

UPDATES = 60
BODY = "x" * 3900  # characters, so that sixty updates are more than any buffer holds


class RawWebSocket:
    """A WebSocket with a tiny receive buffer, read by hand."""

    def __init__(self, server, slug):
        self.line = socket.socket()
        self.line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.line.connect(("127.0.0.1", server.port))
        self.line.settimeout(20)
        self.line.sendall(
            f"GET /broadcasts/{slug}/ws HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"Origin: {server.url}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
        )
        self.stream = self.line.makefile("rb")
        while self.stream.readline().strip():
            pass

    def frame(self):
        """Return the next frame, (opcode, payload), or None at the end of the stream."""
        head = self.stream.read(2)
        if len(head) < 2:
            return None
        length = head[1]
        if length == 126:
            length = struct.unpack("!H", self.stream.read(2))[0]
        elif length == 127:
            length = struct.unpack("!Q", self.stream.read(8))[0]
        return head[0] & 0x0F, self.stream.read(length)

    def close(self):
        self.stream.close()
        self.line.close()


class FastViewers:
    """Many viewers that read whatever arrives, at once."""

    UPDATE = re.compile(rb'"t":"updates","epoch":"\w+","seq":(\d+),')

    def __init__(self, server, slug, count):
        self.ready = selectors.DefaultSelector()
        self.seqs = {}
        self.rest = {}
        for _ in range(count):
            viewer = RawWebSocket(server, slug)
            viewer.frame()
            viewer.line.setblocking(False)
            self.seqs[viewer], self.rest[viewer] = [], b""
            self.ready.register(viewer.line, selectors.EVENT_READ, viewer)

    def follow_to(self, seq, limit=20):
        """Read until all of them have this update."""
        deadline = time.monotonic() + limit
        while any(seqs[-1:] != [seq] for seqs in self.seqs.values()):
            if time.monotonic() > deadline:
                raise AssertionError(f"not all viewers had {seq} within {limit} s")
            for key, _ in self.ready.select(1):
                self.read(key.data)

    def read(self, viewer):
        self.rest[viewer] += viewer.line.recv(65536)
        end = 0
        for found in self.UPDATE.finditer(self.rest[viewer]):
            self.seqs[viewer].append(int(found[1]))
            end = found.end()
        self.rest[viewer] = self.rest[viewer][end:]

    def close(self):
        self.ready.close()
        for viewer in self.seqs:
            viewer.close()


class SlowViewerRules:
    """The rules for both paths of `manage.py serve`. Subclasses set the path."""

    command: str

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = cls.enterClassContext(ServeProcess(cls.command, HEARTBEAT="2"))

    def setUp(self):
        self.slug = f"night-{uuid.uuid4().hex[:8]}"
        self.broadcast = Broadcast.objects.create(
            slug=self.slug, title="Night", contests=president(2020)
        )
        self.token = ApiToken.issue(get_user_model().objects.create_superuser(self.slug))
        self.publish({"kind": "start"})
        self.fast_viewer = WebSocketWatcher(self.server, self.slug)
        self.addCleanup(self.fast_viewer.close)
        self.fast_viewer.follow_to(1)
        self.slow_viewer = RawWebSocket(self.server, self.slug)
        self.addCleanup(self.slow_viewer.close)
        self.slow_viewer.frame()

    def publish(self, change):
        """Publish through the server, which announces it."""
        return self.server.publish(self.slug, self.token, change)

    def overwhelm(self):
        """Publish more than the slow viewer's buffers take; the fast viewer follows."""
        for number in range(UPDATES):
            seq = self.publish({"story": {"headline": str(number), "body": BODY}})
            if number % 10 == 9:
                self.fast_viewer.follow_to(seq)

    def test_viewer_that_reads_again_gets_the_latest_snapshot(self):
        self.overwhelm()
        self.assertEqual(self.fast_viewer.seqs(), list(range(2, UPDATES + 2)))

        frames, size = [], 0
        while not frames or frames[-1]["seq"] < UPDATES + 1:
            _, payload = self.slow_viewer.frame()
            frames.append(json.loads(payload))
            size += len(payload)
        seqs = [frame["seq"] for frame in frames]

        self.assertEqual(seqs, sorted(seqs))
        self.assertEqual(frames[-1]["t"], "snapshot")
        self.assertLess(size, UPDATES * len(BODY))

    def test_viewers_that_never_read_take_bounded_memory(self):
        viewers = FastViewers(self.server, self.slug, 297)
        self.addCleanup(viewers.close)
        fast_only = self.memory_for_updates(viewers)
        for _ in range(3):
            self.addCleanup(RawWebSocket(self.server, self.slug).close)
        with_slow_viewers = self.memory_for_updates(viewers)

        for seqs in viewers.seqs.values():
            self.assertEqual(seqs, list(range(2, UPDATES + 2)))
        self.assertLess(with_slow_viewers, fast_only + 4 * 2**20)

    def memory_for_updates(self, viewers):
        """Return by how many bytes the server grows while the viewers get every update."""
        memory = psutil.Process(self.server.process.pid).memory_info
        before = memory().rss
        for number in range(UPDATES // 2):
            viewers.follow_to(self.publish({"story": {"headline": str(number), "body": BODY}}))
        return memory().rss - before

    def test_desk_shows_how_many_viewers_are_behind(self):
        poll = PollWatcher(self.server, self.slug)
        poll.follow_to(1)
        self.overwhelm()
        desk = open_desk(self)
        poll.follow_to(UPDATES + 1)

        def delivery(wanted):
            frame = next_frame(desk, "viewers", lambda frame: wanted(frame["delivery"] or {}))
            return frame["delivery"]

        found = delivery(lambda found: found.get("reached") == {"ws": 1, "poll": 1})
        self.assertEqual((found["seq"], found["behind"]), (UPDATES + 1, 1))
        self.assertEqual(found["expected"], {"ws": 2, "poll": 1})
        self.assertEqual(self.metric("mapcenter_behind", "ws"), 1)

        while json.loads(self.slow_viewer.frame()[1])["seq"] <= UPDATES:
            pass
        found = delivery(lambda found: found["behind"] == 0)
        self.assertEqual(found["reached"], {"ws": 2, "poll": 1})
        self.assertEqual(self.metric("mapcenter_behind", "ws"), 0)
        self.assertEqual(self.metric("mapcenter_delivery_seconds_count", "poll"), 1)
        self.assertLess(self.metric("mapcenter_position_age_seconds"), 2 * HEAD_CHECK)

    def metric(self, name, transport=None):
        """Return a figure of this broadcast from /metrics."""
        labels = f'broadcast="{self.slug}"' + (f',transport="{transport}"' if transport else "")
        with urlopen(f"{self.server.url}/metrics", timeout=10) as response:
            lines = dict(line.rsplit(" ", 1) for line in response.read().decode().splitlines())
        return float(lines[f"{name}{{{labels}}}"])


class SlowViewersOnServe(SlowViewerRules, TransactionTestCase):
    command = "serve"

    def test_viewer_that_never_reads_is_closed_as_too_slow(self):
        self.overwhelm()
        closed = time.monotonic() + STUCK_TIMEOUT + 1

        # The slow viewer reads nothing until the server has closed it. The fast one goes on.
        self.fast_viewer.follow(lambda: time.monotonic() > closed, limit=2 * STUCK_TIMEOUT)
        frame = self.slow_viewer.frame()
        while frame[0] != CLOSE:
            frame = self.slow_viewer.frame()

        self.assertEqual(struct.unpack("!H", frame[1][:2])[0], 4108)


class SlowViewersOnPlainServe(SlowViewerRules, TransactionTestCase):
    command = "serve --plain"
