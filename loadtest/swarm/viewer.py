"""One simulated viewer: a `ViewerSession`, as the server's tests use it, and a connection."""

import asyncio
import time
from abc import ABC, abstractmethod
from array import array
from collections.abc import Callable
from typing import Any, Protocol

from loadtest.common import failures
from loadtest.common.failures import Blame
from loadtest.common.plan import Seat, Target
from loadtest.swarm.transports import PollConnection, WebSocket
from viewers.protocol.frames import Close
from viewers.protocol.session import ViewerSession

SIGNS_OF_LIFE = ("snapshot", "update", "seen", "heartbeat")
REFUSALS = {404: Close.UNKNOWN, 503: Close.FULL}


class Crowd(Protocol):
    """What the viewers of one simulator share."""

    target: Target
    path: str
    reopen: bool

    def receipts(self, transport: str) -> dict[int, "array[int]"]: ...

    def watching(self, viewer: "SimulatedViewer", now: float) -> None: ...

    def lost(self, viewer: "SimulatedViewer", why: Blame) -> None: ...

    def noted(self, event: str) -> None: ...


class SimulatedViewer(ABC):
    """Follows the broadcast as a browser does, and notes when each update came.

    `receipts` maps seq to times in ns of CLOCK_MONOTONIC; viewers of one transport share it.
    """

    def __init__(self, crowd: Crowd, seat: Seat) -> None:
        self.crowd = crowd
        self.seat = seat
        self.session = ViewerSession((seat.transport,))
        self.receipts = crowd.receipts(seat.transport)
        self.watching = False  # has a connection that delivered a frame
        self.arrived = False  # had one at some time
        self.began: float | None = None  # seconds, when the present attempt started
        self.joined: int | None = None  # seq of the first snapshot: later ones are expected
        self.waiting: asyncio.TimerHandle | None = None  # for the next attempt

    def begin(self) -> None:
        """Start the next attempt, now or when the session says."""
        attempt = self.session.attempt(time.monotonic())
        if attempt is None:
            return
        if attempt.delay:
            loop = asyncio.get_running_loop()
            self.waiting = loop.call_later(attempt.delay, self._begin, attempt.since)
        else:
            self._begin(attempt.since)

    def frame(self, data: bytes) -> None:
        """Take in one frame. This is the hot path: every delivery comes through here."""
        now = time.monotonic_ns()
        event = ""
        for event, found in self.session.handle_frame(data, now / 1e9):
            if event == "update":
                self.receipts[found.seq].append(now)
            else:
                self._note(event, found)
        if not self.watching and event in SIGNS_OF_LIFE:
            self.watching = True
            self.crowd.watching(self, now / 1e9)

    def check(self, now: float) -> None:
        """Give the connection up if nothing was heard in time."""
        if self.session.deadline is not None and now > self.session.deadline:
            self.drop()
            self._lose(failures.SILENT)
            self.session.timed_out(now)
            self.begin()

    def opened(self) -> None:
        """The connection stands."""
        self.session.opened()

    def closed(self, why: Blame, code: int | None = None) -> None:
        """The connection could not be made, or is gone."""
        if self.session.over is not None or self.waiting is not None:
            return  # a connection kept alive for the next poll
        self.session.ended(time.monotonic(), code)
        if self.session.over == Close.OVER:
            self.crowd.noted("farewell")
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
        """Open a connection that asks for what lies past `since`."""

    def _lose(self, why: Blame) -> None:
        self.crowd.lost(self, why)
        self.watching = False

    def _note(self, event: str, found: Any) -> None:
        if event == "snapshot":
            if self.joined is None:
                self.joined = found.position.seq
            else:
                self.crowd.noted("resync")
        elif event not in ("heartbeat", "bye"):
            self.crowd.noted(event)


class WebSocketViewer(SimulatedViewer):
    """A viewer on a WebSocket."""

    _socket: WebSocket | None = None

    def frame(self, data: bytes) -> None:
        super().frame(data)
        if self.session.failed:
            self.drop()
            self.closed(failures.GAVE_UP)

    def drop(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _connect(self, since: str | None) -> None:
        path = f"{self.crowd.path}/ws" + (f"?since={since}" if since else "")
        self._socket = WebSocket(self, self.crowd.target, path, self.seat.source_ip)


class PollViewer(SimulatedViewer):
    """A viewer on long polls: the next one leaves as soon as the last was answered."""

    _connection: PollConnection | None = None
    _path = ""

    def opened(self) -> None:
        self._ask()

    def answered(self, status: int, body: bytes) -> None:
        """The poll's answer."""
        code = REFUSALS.get(status)
        if status == 200:
            self.frame(body)
        else:
            self._lose(failures.of_status(status))
        self.session.ended(time.monotonic(), code)
        if self.session.over == Close.OVER:
            self.crowd.noted("farewell")
        if self.crowd.reopen and self._connection is not None:
            self._connection.let_go()
            self._connection = None
        self.begin()

    def closed(self, why: Blame, code: int | None = None) -> None:
        self._connection = None
        super().closed(why, code)

    def drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _connect(self, since: str | None) -> None:
        self._path = f"{self.crowd.path}/updates" + (f"?since={since}" if since else "")
        if self._connection is None:
            self._connection = PollConnection(
                self, self.crowd.target, self.seat.source_ip, self.crowd.reopen
            )
        else:
            self._ask()

    def _ask(self) -> None:
        if self._connection is not None:
            self._connection.request(self._path)


VIEWERS: dict[str, Callable[[Crowd, Seat], SimulatedViewer]] = {
    "ws": WebSocketViewer,
    "poll": PollViewer,
}
