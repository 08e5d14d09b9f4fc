"""The limits of one connection, which apply to every client before Django does.

`fast/limited.py` applies them to each connection of `manage.py serve`, with or without the fast
path. The files of `deploy/` have the same limits. docs/operating.md lists them for operators.
"""

import logging
from collections.abc import Collection
from heapq import nsmallest
from http import HTTPStatus
from math import inf
from typing import Any, Protocol

from broadcaster.desk import requests
from viewers.transports.longpoll import RETRY_AFTER, error_response, poll_response

logger = logging.getLogger(__name__)

MAX_HEAD = 16 * 1024
"""Bytes of a request's head. Browsers send 1 to 2 KiB; cookies and proxies may add as much."""
HEAD_TIMEOUT = 10.0
"""Seconds until a head is complete, from the first byte of the connection or of the request."""
MAX_BODY = 2 * requests.MAX_BODY
"""Bytes of a body: twice the API's own limit. A body that is slightly too large is answered and
audited by the API."""
BODY_TIMEOUT = 10.0
"""Seconds until a body is complete."""
MAX_UPLOAD = 17 * 2**20
"""Bytes of an upload by staff: a recording of 16 MiB, and the form around it."""
UPLOAD_TIMEOUT = 300.0
"""Seconds until an upload is complete: 16 MiB at 0.5 Mbit/s."""
MAX_PIPELINED = 16
"""Requests that may wait behind another on their connection, about. Browsers send none."""
MAX_REQUESTS = 1000
"""Requests of pages under way in a process. Each is a task and may be a thread."""
LINGER = 3.0
"""Seconds in which the rest of a rejected request is discarded. Without them, the kernel's reset
can overtake the response: HAProxy, which on a busy machine reads it a second later, answers 502.
"""

MAX_FRAMES = 100
"""WebSocket frames that a viewer may send in `FRAMES_PERIOD`. Browsers send none, libraries a ping
every 20 s. Parsing 100 takes 2 ms."""
MAX_DESK_FRAMES = 1000
"""The same at the desk, where each command is a frame or several."""
FRAMES_PERIOD = 10.0
"""Seconds."""

OTHER_FILES = 50
"""Files that the process needs besides connections: database, layer, static files, log."""
STAFF_FILES = 25
"""Connections on top of all others, which only the desk, the API and health checks may use."""
EVICTED_AT_ONCE = 32
"""Idle connections that are closed together, or a 16th of them if that is more. To find them, all
connections are compared: 20 ms for 65,000."""

STAFF = (b"/admin/", b"/api/", b"/healthz", b"/readyz", b"/metrics")
"""The beginnings of the addresses for which `STAFF_FILES` are reserved."""

CLOSE = (b"connection", b"close")
BAD_REQUEST = error_response(
    HTTPStatus.BAD_REQUEST, "request", "is not an HTTP request that this server reads", CLOSE
)
TIMED_OUT = error_response(HTTPStatus.REQUEST_TIMEOUT, "request", "did not arrive in time", CLOSE)
HEAD_TOO_LARGE = error_response(
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    "headers",
    f"are larger than {MAX_HEAD} bytes, or one is larger than half of that",
    CLOSE,
)
BODY_TOO_LARGE = error_response(
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body", f"is larger than {requests.MAX_BODY} bytes", CLOSE
)
UPLOAD_TOO_LARGE = error_response(
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body", f"is larger than {MAX_UPLOAD} bytes", CLOSE
)
METHODS = (b"allow", b"GET, HEAD, POST, OPTIONS")
WRONG_METHOD = error_response(
    HTTPStatus.METHOD_NOT_ALLOWED, "method", "is not allowed here", METHODS, CLOSE
)
BUSY = error_response(
    HTTPStatus.SERVICE_UNAVAILABLE, "server", "is busy; come back soon", RETRY_AFTER, CLOSE
)
OPTIONS = poll_response(b"", "no-store", extra=(METHODS, CLOSE))
"""The response to `OPTIONS *`, which is about the server."""


CLOSING = 0.0
"""`idle_since` of a connection that waits for its client's half of the closing handshake."""


class Connection(Protocol):
    """A connection that may be closed to make room for another one.

    When it is lost it removes itself from `ConnectionLimits.evicted`.
    """

    @property
    def idle_since(self) -> float:
        """Since when it waits for its client, by the monotonic clock; `inf` if it does not."""

    def evict(self) -> None:
        """Close it."""


class ConnectionLimits:
    """The numbers of connections and requests that one process may have."""

    def __init__(self, files: int) -> None:
        """`files` is the process's limit of open files."""
        self.all = max(files - OTHER_FILES, 2)
        self.public = max(self.all - STAFF_FILES, 1)
        self.requests = 0  # of pages, under way
        self.evicted: set[Connection] = set()  # to be closed, but still open

    def are_reached(self, connections: int) -> bool:
        """Return whether only staff may have another one beside so many."""
        return connections - len(self.evicted) > self.public

    def make_room(self, connections: Collection[Any], new: Connection) -> bool:
        """Close the connections that are idle for longest. Return whether there is room for `new`.

        So idle connections never keep out a new one with a request, however many there are.
        """
        self._evict(connections, new)
        words = "%s connections, the limit: closing idle ones"
        logger.warning(words, self.public, extra={"a_minute": 1})  # see mapcenter/logs.py
        return len(connections) - len(self.evicted) <= self.all

    def _evict(self, connections: Collection[Any], new: Connection) -> None:
        """Close the connections that are idle for longest, but at most half of the idle ones."""
        others = (each for each in connections if each is not new and each not in self.evicted)
        idle = [each for each in others if each.idle_since < inf]
        count = min(max(EVICTED_AT_ONCE, len(idle) // 16), (len(idle) + 1) // 2)
        for connection in nsmallest(count, idle, key=lambda each: each.idle_since):
            self.evicted.add(connection)
            connection.evict()


class CountedRequests:
    """An ASGI application whose requests are counted while they are under way."""

    def __init__(self, application: Any, limits: ConnectionLimits) -> None:
        self.application = application
        self.limits = limits

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.limits.requests += 1
        try:
            await self.application(scope, receive, send)
        finally:
            self.limits.requests -= 1
