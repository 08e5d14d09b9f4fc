"""Viewers for tests: the real `ViewerSession` over independent clients, one for each transport."""

import http.client
import json
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from urllib.parse import quote

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from broadcaster.domain.mapstate import MapState
from viewers.protocol.frames import Close
from viewers.protocol.session import Event, ViewerSession

LIMIT = 15  # seconds that anything may take to arrive


class Watcher(ABC):
    """A viewer that follows `slug` on `server` over one transport, in the calling thread."""

    transport: str

    def __init__(self, server, slug: str) -> None:
        self.server = server
        self.slug = slug
        # Nearly the shortest of all jittered waits, so that tests do not wait for chance.
        self.session = ViewerSession((self.transport,), rand=lambda: 0.02)
        self.events: list[Event] = []
        self.frames: list[dict] = []

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
        self.frames.append(json.loads(text))
        self.events += self.session.handle_frame(text, time.monotonic())

    @abstractmethod
    def step(self, limit: float) -> None:
        """Read one frame, or start one attempt."""

    @abstractmethod
    def close(self) -> None:
        """Close the connection."""


class WebSocketWatcher(Watcher):
    transport = "ws"
    socket = None

    def step(self, limit: float) -> None:
        try:
            if self.socket is None:
                attempt = self.session.attempt(time.monotonic())
                assert attempt is not None, f"over: {self.session.over}"
                query = f"?since={quote(attempt.since)}" if attempt.since else ""
                address = f"{self.server.url}/broadcasts/{self.slug}/ws{query}"
                time.sleep(attempt.delay)
                self.socket = connect(
                    address.replace("http", "ws", 1), origin=self.server.url, compression=None
                )
                self.session.opened()
            self.take(self.socket.recv(limit))
            if self.session.failed:
                self.close()
                self.session.ended(time.monotonic())
        except (ConnectionClosed, OSError) as error:
            self.socket = None
            code = error.rcvd and error.rcvd.code if isinstance(error, ConnectionClosed) else None
            self.session.ended(time.monotonic(), code)

    def close(self) -> None:
        if self.socket is not None:
            self.socket.close()
            self.socket = None


class PollWatcher(Watcher):
    transport = "poll"

    def step(self, limit: float) -> None:
        attempt = self.session.attempt(time.monotonic())
        assert attempt is not None, f"over: {self.session.over}"
        time.sleep(attempt.delay)
        query = f"?since={quote(attempt.since)}" if attempt.since else ""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=limit)
        code = None
        try:
            connection.request("GET", f"/broadcasts/{self.slug}/updates{query}")
            response = connection.getresponse()
            body = response.read().decode()
            if response.status == 200:
                self.take(body)
            else:
                code = {404: Close.UNKNOWN, 503: Close.FULL}.get(response.status)
        except (OSError, http.client.HTTPException):
            pass
        finally:
            connection.close()
        self.session.ended(time.monotonic(), code)

    def close(self) -> None:
        """Do nothing: every poll closes its own connection."""
