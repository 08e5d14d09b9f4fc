"""Connections that all polls of a simulator share, as Node's did in 2012.

There `http.globalAgent.maxSockets` was 5. A long poll keeps its connection for a heartbeat
interval, so after the fifth viewer nobody got through until a poll ended: viewers connected in
bursts, and the server had nothing to do with it.
"""

import time
from collections import deque
from collections.abc import Callable
from typing import Protocol

from loadtest.common.failures import Failure
from loadtest.common.http_response import HttpResponse
from loadtest.common.target import Target
from loadtest.swarm.transports import PollConnection, PollOwner


class PooledPollOwner(PollOwner, Protocol):
    """A `PollOwner` that is also notified when its request is sent."""

    def sent(self) -> None: ...


class ClientPool:
    """At most `size` connections, which serve requests in the order in which they were made.

    `waited` is called with the seconds for which each request waited.
    """

    def __init__(self, target: Target, size: int, waited: Callable[[float], None]) -> None:
        self.target = target
        self._waited = waited
        self._queue: deque[tuple[PooledPollOwner, str, float]] = deque()
        self._lines = [_PooledConnection(self) for _ in range(size)]

    @property
    def queued(self) -> int:
        """The number of requests that wait for a connection."""
        return len(self._queue)

    def request(self, owner: PooledPollOwner, path: str) -> None:
        """Request `path` over the first connection that is free."""
        self._queue.append((owner, path, time.monotonic()))
        self.dispatch()

    def cancel(self, owner: PooledPollOwner) -> None:
        """Forget the request of `owner`. One that was sent costs its connection, too."""
        self._queue = deque(entry for entry in self._queue if entry[0] is not owner)
        for line in self._lines:
            if line.owner is owner:
                line.reset()
        self.dispatch()

    def dispatch(self) -> None:
        """Hand waiting requests to free connections."""
        for line in self._lines:
            if self._queue and line.owner is None:
                owner, path, since = self._queue.popleft()
                self._waited(time.monotonic() - since)
                owner.sent()
                line.request(owner, path)


class _PooledConnection:
    """One connection of a pool: opened for its first request, and reopened if it is closed."""

    def __init__(self, pool: ClientPool) -> None:
        self.owner: PooledPollOwner | None = None  # of the request that is under way
        self._pool = pool
        self._path = ""
        self._connection: PollConnection | None = None

    def request(self, owner: PooledPollOwner, path: str) -> None:
        self.owner, self._path = owner, path
        if self._connection is None:
            self._connection = PollConnection(self, self._pool.target, "", reopen=False)
        else:
            self._connection.request(path)

    def reset(self) -> None:
        self.owner = None
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def opened(self) -> None:
        if self._connection is not None:
            self._connection.request(self._path)

    def answered(self, response: HttpResponse) -> None:
        owner, self.owner = self.owner, None
        if owner is not None:
            owner.answered(response)
        self._pool.dispatch()

    def closed(self, why: Failure, code: int | None = None) -> None:
        owner, self.owner = self.owner, None
        self._connection = None
        if owner is not None:
            owner.closed(why, code)
        self._pool.dispatch()
