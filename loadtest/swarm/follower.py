"""Follows a broadcast: connects, polls, reconnects and falls back as the session asks for it."""

import asyncio
import time
from http import HTTPStatus
from typing import Protocol

from loadtest.common import failures
from loadtest.common.failures import Failure
from loadtest.common.http_response import HttpResponse
from loadtest.common.plan import FALLBACK, SLOW, ViewerSpec
from loadtest.common.target import Target
from loadtest.swarm.client_pool import ClientPool
from loadtest.swarm.transports import PollConnection, WebSocketConnection
from loadtest.swarm.watcher import Watcher, WatcherGroup
from viewers.protocol.frames import VERSION, Close
from viewers.protocol.session import Attempt

REJECTIONS = {404: Close.UNKNOWN, 503: Close.FULL}


class FollowerGroup(WatcherGroup, Protocol):
    """A `WatcherGroup` that says where viewers connect to, and how."""

    target: Target
    path: str
    reopen: bool
    pool: ClientPool | None


class Follower(Watcher):
    """Keeps a viewer's session connected.

    A long poll counts as watching as soon as it is sent with a position, since its response may
    take as long as a heartbeat.
    """

    __slots__ = ("away", "began", "line", "queued", "waiting")
    group: FollowerGroup

    def __init__(self, group: FollowerGroup, spec: ViewerSpec) -> None:
        super().__init__(group, spec)
        self.line: WebSocketConnection | PollConnection | None = None
        self.waiting: asyncio.TimerHandle | None = None  # for the next attempt
        self.began = 0.0  # seconds, when the present attempt started
        self.away = False  # will come back later
        self.queued = False  # its poll waits for a connection of the pool

    # Attempts

    def begin(self) -> None:
        """Start the next attempt, now or after the delay that the session asks for."""
        attempt = self.session.attempt(time.monotonic())
        if attempt is None:
            return
        if attempt.delay:
            loop = asyncio.get_running_loop()
            self.waiting = loop.call_later(attempt.delay, self._connect, attempt)
        else:
            self._connect(attempt)

    def reconnect(self) -> None:
        """Replace the connection at once, whatever delay the session asks for."""
        self.pause()
        self.drop()
        now = time.monotonic()
        self.session.ended(now)
        if (attempt := self.session.attempt(now)) is not None:
            self._connect(attempt)

    def check(self, now: float) -> None:
        """Give up a connection whose deadline has passed."""
        deadline = self.session.deadline
        if deadline is None or now <= deadline or self.away or self.queued:
            return
        self.drop()
        if self.spec.habit == FALLBACK and self.transport == "ws":
            self.group.noted("fell back")
        else:
            self.lose(failures.TIMEOUT)
        self.session.timed_out(now)
        self.begin()

    def rest(self) -> None:
        """Cancel the next attempt, if there is one."""
        if self.waiting is not None:
            self.waiting.cancel()
            self.waiting = None

    def drop(self) -> None:
        """Close the connection and cancel the next attempt, if there are any."""
        self.rest()
        if self.group.pool is not None and self.transport == "poll":
            self.group.pool.cancel(self)
            self.queued = False
        if self.line is not None:
            self.line.close()
            self.line = None

    def _connect(self, attempt: Attempt) -> None:
        """Open a connection, or poll over that of the last poll."""
        self.waiting = None
        self.began = time.monotonic()
        if attempt.transport != self.transport:  # only a viewer who falls back
            self.drop()
            self.use(attempt.transport)
        target, source_ip = self.group.target, self.spec.source_ip
        if attempt.transport == "ws":
            silent, unread = self.spec.habit == FALLBACK, self.spec.habit == SLOW
            path = self._path("ws")
            self.line = WebSocketConnection(
                self, target, path, source_ip, silent=silent, unread=unread
            )
        elif self.group.pool is not None:
            self.queued = True
            self.group.pool.request(self, self._path("updates"))
        elif self.line is None:
            self.line = PollConnection(self, target, source_ip, self.group.reopen)
        else:
            self._poll()

    def _path(self, name: str) -> str:
        since = self.session.since
        return f"{self.group.path}/{name}?v={VERSION}" + (f"&since={since}" if since else "")

    def _poll(self) -> None:
        assert isinstance(self.line, PollConnection)
        self.line.request(self._path("updates"))
        self._polled()

    def _polled(self) -> None:
        if not self.watching and self.session.replica is not None:
            self.watch(time.monotonic())

    # What connections report

    def opened(self) -> None:
        """Handle an established connection."""
        if self.transport == "poll":
            self._poll()
            return
        self.session.opened()
        if self.spec.habit == SLOW:
            self.session.deadline = None

    def sent(self) -> None:
        """Handle that the pool sends the poll: the session's time limit starts now."""
        self.queued = False
        if self.session.deadline is not None:
            self.session.deadline += time.monotonic() - self.began
        self._polled()

    def frame(self, data: bytes) -> None:
        """Handle one frame of a WebSocket. Every delivery comes through here."""
        length = len(data)
        self.deliveries.wire += length + (2 if length < 126 else 4 if length < 65536 else 10)
        self.apply(data)
        if self.session.failed:
            self.drop()
            self.closed(failures.GAP)

    def answered(self, response: HttpResponse) -> None:
        """Handle the response to a poll."""
        self.deliveries.wire += len(response.head) + len(b"\r\n\r\n") + len(response.body)
        if response.status == HTTPStatus.OK:
            self.apply(response.body)
        else:
            self.lose(failures.of_status(response.status))
        self.session.ended(time.monotonic(), REJECTIONS.get(response.status))
        if self.session.over == Close.OVER:
            self.group.noted("farewell")
        if self.group.reopen and isinstance(self.line, PollConnection):
            self.line.let_go()
            self.line = None
        self.begin()

    def closed(self, why: Failure, code: int | None = None) -> None:
        """Handle a connection that could not be made, or has ended."""
        self.line = None
        if self.away or self.session.over is not None or self.waiting is not None:
            return  # while it waits, it was a connection that was kept open for the next poll
        if self.is_slow:
            return
        self.session.ended(time.monotonic(), code)
        if self.session.over == Close.OVER:
            self.group.noted("farewell")
        elif code == Close.DRAINING:
            self.drain()
        else:
            self.lose(why)
        self.begin()

    @property
    def is_slow(self) -> bool:
        """Whether this is a viewer that has connected and does not read."""
        return self.spec.habit == SLOW and self.began > 0 and self.session.deadline is None

    def read(self, on: bool) -> None:
        """Let a viewer that does not read do so, or not."""
        if isinstance(self.line, WebSocketConnection):
            self.line.read(on)

    @property
    def is_open(self) -> bool:
        """Whether the viewer has a WebSocket that the server has not closed."""
        return isinstance(self.line, WebSocketConnection) and self.line.open
