"""Viewers for tests: the real `ViewerSession` over independent clients, one for each transport."""

import http.client
import json
import select
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from urllib.parse import quote

from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.sync.client import connect

from broadcaster.domain.mapstate import MapState
from tests.support.changes import CONTESTS
from viewers.protocol.frames import FIRST_FRAME, Close
from viewers.protocol.session import Event, ViewerSession

LIMIT = 15  # seconds that anything may take to arrive


class Watcher(ABC):
    """A viewer that follows `slug` on `server` over one transport, in the calling thread.

    By default its waits are nearly the shortest of all jittered ones, so that tests do not wait for
    chance; `rand` overrides that. Times are seconds of the monotonic clock.
    """

    transport: str

    def __init__(self, server, slug: str, rand: Callable[[], float] = lambda: 0.02) -> None:
        self.server = server
        self.slug = slug
        self.session = ViewerSession(CONTESTS, (self.transport,), rand)
        self.events: list[Event] = []
        self.frames: list[dict] = []
        self.applied: dict[int, float] = {}  # when each update came, by seq
        self.absences: list[tuple[float, float]] = []  # from a lost connection to the next frame
        self.lost_at: float | None = None  # while it has no connection

    def follow(self, until: Callable[[], bool], limit: float = LIMIT) -> None:
        """Read frames, and reconnect as the session demands, until `until()` is true."""
        deadline = time.monotonic() + limit
        while not until():
            left = deadline - time.monotonic()
            if left <= 0:
                raise AssertionError(f"{self.transport} saw {self.events[-5:]} in {limit} s")
            self.step(left)

    def follow_to(self, seq: int) -> None:
        """Follow until the replica is at `seq`."""
        self.follow(lambda: self.seq == seq)

    @property
    def seq(self) -> int | None:
        return self.session.replica and self.session.replica.position.seq

    @property
    def state(self) -> MapState:
        assert self.session.replica is not None
        return self.session.replica.state

    def seqs(self) -> list[int]:
        """Return the seqs of the updates that were applied, in the order of their arrival."""
        return [update.seq for name, update in self.events if name == "update"]

    def names(self) -> list[str]:
        """Return the types of the frames, in the order of their arrival."""
        return [frame["t"] for frame in self.frames]

    def take(self, text: str) -> None:
        now = time.monotonic()
        self.frames.append(json.loads(text))
        events = self.session.handle_frame(text, now)
        self.events += events
        self.applied |= {update.seq: now for name, update in events if name == "update"}
        if self.lost_at is not None and self.frames[-1]["t"] != "bye":
            self.absences.append((self.lost_at, now))
            self.lost_at = None

    def step(self, limit: float) -> None:
        """Start one attempt, or wait for one frame for at most `limit` seconds.

        Gives up a connection that has been silent for longer than the session allows.
        """
        try:
            if not self.is_connected:
                self.connect()
            patience = (self.session.deadline or 0) - time.monotonic()
            if not self.read(max(min(limit, patience), 0)) and patience <= limit:
                self.close()
                self._note_loss()
                self.session.timed_out(time.monotonic())
        except (WebSocketException, OSError, http.client.HTTPException) as error:
            self.close()
            self._note_loss()
            code = error.rcvd and error.rcvd.code if isinstance(error, ConnectionClosed) else None
            self.session.ended(time.monotonic(), code)

    def start_attempt(self) -> str:
        """Wait as the session asks for. Return the query for the attempt."""
        attempt = self.session.attempt(time.monotonic())
        assert attempt is not None, f"over: {self.session.over}"
        time.sleep(attempt.delay)
        return f"?v=2&since={quote(attempt.since)}" if attempt.since else ""

    @property
    @abstractmethod
    def is_connected(self) -> bool:
        """Whether an attempt is under way, or has succeeded."""

    @abstractmethod
    def connect(self) -> None:
        """Start an attempt."""

    @abstractmethod
    def read(self, limit: float) -> bool:
        """Read one frame. Return whether there was one within `limit` seconds."""

    @abstractmethod
    def close(self) -> None:
        """Close the connection."""

    def _note_loss(self) -> None:
        if self.lost_at is None:
            self.lost_at = time.monotonic()


class WebSocketWatcher(Watcher):
    transport = "ws"
    socket = None

    @property
    def is_connected(self) -> bool:
        return self.socket is not None

    def connect(self) -> None:
        query = self.start_attempt()
        address = f"{self.server.url}/broadcasts/{self.slug}/ws{query}"
        self.socket = connect(
            address.replace("http", "ws", 1),
            origin=self.server.url,
            compression=None,
            open_timeout=FIRST_FRAME,
            close_timeout=1,  # a frozen server does not answer a close frame
        )
        self.session.opened()

    def read(self, limit: float) -> bool:
        assert self.socket is not None
        try:
            self.take(self.socket.recv(limit))
        except TimeoutError:
            return False
        if self.session.failed:
            self.close()
            self.session.ended(time.monotonic())
        return True

    def close(self) -> None:
        if self.socket is not None:
            self.socket.close()
            self.socket = None


class PollWatcher(Watcher):
    transport = "poll"
    connection: http.client.HTTPConnection | None = None

    @property
    def is_connected(self) -> bool:
        return self.connection is not None

    def connect(self) -> None:
        query = self.start_attempt()
        address = self.server.url.removeprefix("http://")
        self.connection = http.client.HTTPConnection(address, timeout=FIRST_FRAME)
        self.connection.request("GET", f"/broadcasts/{self.slug}/updates{query}")

    def read(self, limit: float) -> bool:
        assert self.connection is not None
        if not select.select([self.connection.sock], [], [], limit)[0]:
            return False
        response = self.connection.getresponse()
        body = response.read().decode()
        code = None
        if response.status == 200:
            self.take(body)
        else:
            code = {404: Close.UNKNOWN, 503: Close.FULL}.get(response.status)
        if response.status != 200 or self.frames[-1]["t"] == "bye":
            self._note_loss()
        self.close()
        self.session.ended(time.monotonic(), code)
        return True

    def close(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None
