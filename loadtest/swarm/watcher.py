"""Watches a broadcast: keeps the map, and records when each update arrived."""

import time
from array import array
from collections import Counter, defaultdict
from typing import Protocol

from broadcaster.domain.mapstate import Contests
from broadcaster.domain.stream import Update
from loadtest.common.failures import Failure
from loadtest.common.plan import FALLBACK, ViewerSpec
from viewers.protocol.frames import Close
from viewers.protocol.session import ViewerSession

SIGNS_OF_LIFE = ("snapshot", "update", "seen", "heartbeat")
EXPECTED_EVENTS = ("snapshot", "heartbeat", "bye")


class Deliveries:
    """What the viewers of one transport received. They share it.

    `receipts` maps seq to times in ns of CLOCK_MONOTONIC. `payload` are the bytes of updates,
    `wire` all bytes of frames and responses with their heads, without TLS and TCP.
    """

    def __init__(self) -> None:
        self.receipts: dict[int, array[int]] = defaultdict(lambda: array("q"))
        self.payload = self.wire = 0


class WatcherGroup(Protocol):
    """What the viewers of one simulator share, and where they report to.

    `present` counts those that are watching now, by transport; the viewers keep it. `contests` are
    those of the broadcast.
    """

    contests: Contests
    deliveries: dict[str, Deliveries]
    present: Counter[str]

    def watching(self, viewer: "Watcher", now: float) -> None: ...

    def lost(self, viewer: "Watcher", why: Failure) -> None: ...

    def drained(self, viewer: "Watcher", now: float) -> None: ...

    def returned(self, viewer: "Watcher", now: float) -> None: ...

    def noted(self, event: str) -> None: ...


class Watcher:
    """The side of a viewer that the frames come to, as the server's tests use it."""

    __slots__ = (
        "catching_up",
        "deliveries",
        "drained",
        "drains",
        "group",
        "joined",
        "session",
        "spec",
        "transport",
        "watching",
    )

    def __init__(self, group: WatcherGroup, spec: ViewerSpec) -> None:
        self.group = group
        self.spec = spec
        self.transport = spec.transport  # of the present attempt
        self.deliveries = group.deliveries[spec.transport]
        self.watching = False
        self.drained: float | None = None  # seconds, when a restarting server closed it
        self.drains = 0  # how often one did
        self.start_over()

    def start_over(self) -> None:
        """Start with a new session, which has no position."""
        kinds = ("ws", "poll") if self.spec.habit == FALLBACK else (self.spec.transport,)
        self.session = ViewerSession(self.group.contests, kinds)
        self.joined: int | None = None  # the seq after which updates are expected
        self.catching_up = False  # the next frame has only what was missed while away

    def use(self, transport: str) -> None:
        """Go over to another transport."""
        self.pause()
        self.transport = transport
        self.deliveries = self.group.deliveries[transport]

    def apply(self, data: bytes) -> None:
        """Apply one frame, and record the receipts of its updates."""
        now = time.monotonic_ns()
        event = ""
        for event, found in self.session.handle_frame(data, now / 1e9):
            if event != "update":
                self._note(event, found)
            elif isinstance(found, Update) and not self.catching_up:
                self.deliveries.receipts[found.seq].append(now)
        if event == "update":
            self.deliveries.payload += len(data)
        if self.catching_up:
            self.catching_up = False
            self.joined = self.seq
        if not self.watching and event in SIGNS_OF_LIFE:
            self.watch(now / 1e9)

    @property
    def seq(self) -> int | None:
        """The seq of the viewer's map; None before it has one."""
        return self.session.replica.position.seq if self.session.replica else None

    def watch(self, now: float) -> None:
        """Watch from `now` (seconds) on."""
        self.watching = True
        self.group.present[self.transport] += 1
        if self.joined is None and not self.catching_up:
            self.joined = self.seq
        self.group.watching(self, now)
        if self.drained is not None:
            self.group.returned(self, now)
            self.drained = None

    def lose(self, why: Failure) -> None:
        """Report that the connection failed or was lost."""
        self.group.lost(self, why)
        self.pause()

    def pause(self) -> None:
        """Watch no more, for now."""
        if self.watching:
            self.watching = False
            self.group.present[self.transport] -= 1

    def drain(self) -> None:
        """Leave a server that restarts: it says so, and a WebSocket is closed with that code."""
        if self.watching:
            self.pause()
            self.drains += 1
            self.drained = time.monotonic()
            self.group.drained(self, self.drained)

    def _note(self, event: str, found: object) -> None:
        if event == "bye" and found == Close.DRAINING:
            self.drain()
        elif event not in EXPECTED_EVENTS:
            self.group.noted(event)
        elif event == "snapshot" and self.joined is not None:
            self.group.noted("resync")
