"""One simulated viewer: a `ViewerSession`, as the server's tests use it, and a connection."""

import asyncio
import time
from abc import ABC, abstractmethod
from array import array
from collections.abc import Callable
from typing import Any, Protocol

from broadcaster.domain.stream import Update
from loadtest.common import failures
from loadtest.common.failures import Failure
from loadtest.common.plan import ViewerSpec
from loadtest.common.target import Target
from loadtest.swarm.transports import PollConnection, WebSocketConnection
from viewers.protocol.frames import Close
from viewers.protocol.session import ViewerSession

SIGNS_OF_LIFE = ("snapshot", "update", "seen", "heartbeat")
REJECTIONS = {404: Close.UNKNOWN, 503: Close.FULL}


class ViewerGroup(Protocol):
    """What the viewers of one simulator share, and where they report to."""

    target: Target
    path: str
    reopen: bool

    def receipts(self, transport: str) -> dict[int, "array[int]"]: ...

    def watching(self, viewer: "SimulatedViewer", now: float) -> None: ...

    def lost(self, viewer: "SimulatedViewer", why: Failure) -> None: ...

    def noted(self, event: str) -> None: ...

    def drained(self, viewer: "SimulatedViewer") -> None: ...

    def returned(self, viewer: "SimulatedViewer") -> None: ...


class SimulatedViewer(ABC):
    """Follows the broadcast as a browser does, and records when each update arrived.

    `receipts` maps seq to times in ns of CLOCK_MONOTONIC; viewers of one transport share it.
    """

    def __init__(self, group: ViewerGroup, spec: ViewerSpec) -> None:
        self.group = group
        self.spec = spec
        self.session = ViewerSession((spec.transport,))
        self.receipts = group.receipts(spec.transport)
        self.watching = False  # has a connection that delivered a frame
        self.arrived = False  # has received a frame at some time
        self.began: float | None = None  # seconds, when the present attempt started
        self.joined: int | None = None  # seq of the first snapshot: later updates are expected
        self.waiting: asyncio.TimerHandle | None = None  # for the next attempt
        self.drains = 0  # how often a restarting server has closed it
        self.away: float | None = None  # seconds, when a restarting server closed it

    def begin(self) -> None:
        """Start the next attempt, now or after the delay that the session asks for."""
        attempt = self.session.attempt(time.monotonic())
        if attempt is None:
            return
        if attempt.delay:
            loop = asyncio.get_running_loop()
            self.waiting = loop.call_later(attempt.delay, self._begin, attempt.since)
        else:
            self._begin(attempt.since)

    def frame(self, data: bytes) -> None:
        """Apply one frame. This is the hot path: every delivery comes through here."""
        now = time.monotonic_ns()
        event = ""
        for event, found in self.session.handle_frame(data, now / 1e9):
            if event == "update" and isinstance(found, Update):
                self.receipts[found.seq].append(now)
            else:
                self._note(event, found)
        if not self.watching and event in SIGNS_OF_LIFE:
            self.watching = True
            self.group.watching(self, now / 1e9)
            if self.away is not None:
                self.group.returned(self)

    def check(self, now: float) -> None:
        """Give up the connection if the session's deadline has passed."""
        if self.session.deadline is not None and now > self.session.deadline:
            self.drop()
            self._lose(failures.TIMEOUT)
            self.session.timed_out(now)
            self.begin()

    def opened(self) -> None:
        """Handle an established connection."""
        self.session.opened()

    def closed(self, why: Failure, code: int | None = None) -> None:
        """Handle a connection that could not be made, or has ended."""
        if self.session.over is not None or self.waiting is not None:
            return  # a connection that was kept open for the next poll
        self.session.ended(time.monotonic(), code)
        if self.session.over == Close.OVER:
            self.group.noted("farewell")
        elif code == Close.DRAINING:
            self._drain()
        else:
            self._lose(why)
        self.begin()

    @abstractmethod
    def drop(self) -> None:
        """Close the connection, if there is one."""

    def _begin(self, since: str | None) -> None:
        self.waiting = None
        self.began = time.monotonic()
        self._connect(since)

    @abstractmethod
    def _connect(self, since: str | None) -> None:
        """Open a connection that requests the updates after `since`."""

    def _lose(self, why: Failure) -> None:
        self.group.lost(self, why)
        self.watching = False

    def _drain(self) -> None:
        """Leave a server that restarts: it says so, and a WebSocket is closed with that code."""
        if self.watching:
            self.watching = False
            self.drains += 1
            self.away = time.monotonic()
            self.group.drained(self)

    def _note(self, event: str, found: Any) -> None:
        if event == "bye" and found == Close.DRAINING:
            self._drain()
        elif event == "snapshot":
            if self.joined is None:
                self.joined = found.position.seq
            else:
                self.group.noted("resync")
        elif event not in ("heartbeat", "bye"):
            self.group.noted(event)


class SimulatedSocketViewer(SimulatedViewer):
    """A simulated viewer on a WebSocket."""

    _socket: WebSocketConnection | None = None

    def frame(self, data: bytes) -> None:
        super().frame(data)
        if self.session.failed:
            self.drop()
            self.closed(failures.GAP)

    def drop(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _connect(self, since: str | None) -> None:
        path = f"{self.group.path}/ws" + (f"?since={since}" if since else "")
        self._socket = WebSocketConnection(self, self.group.target, path, self.spec.source_ip)


class SimulatedPollViewer(SimulatedViewer):
    """A simulated viewer on long polling: each response is followed by the next poll."""

    _connection: PollConnection | None = None
    _path = ""

    def opened(self) -> None:
        self._request()

    def answered(self, status: int, body: bytes) -> None:
        """Handle the response to a poll."""
        code = REJECTIONS.get(status)
        if status == 200:
            self.frame(body)
        else:
            self._lose(failures.of_status(status))
        self.session.ended(time.monotonic(), code)
        if self.session.over == Close.OVER:
            self.group.noted("farewell")
        if self.group.reopen and self._connection is not None:
            self._connection.let_go()
            self._connection = None
        self.begin()

    def closed(self, why: Failure, code: int | None = None) -> None:
        self._connection = None
        super().closed(why, code)

    def drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _connect(self, since: str | None) -> None:
        self._path = f"{self.group.path}/updates" + (f"?since={since}" if since else "")
        if self._connection is None:
            self._connection = PollConnection(
                self, self.group.target, self.spec.source_ip, self.group.reopen
            )
        else:
            self._request()

    def _request(self) -> None:
        if self._connection is not None:
            self._connection.request(self._path)


VIEWERS: dict[str, Callable[[ViewerGroup, ViewerSpec], SimulatedViewer]] = {
    "ws": SimulatedSocketViewer,
    "poll": SimulatedPollViewer,
}
