"""uvicorn's HTTP protocol, with limits from the first byte on."""

import asyncio
import re
from time import monotonic
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

from viewers.transports import addresses, limits
from viewers.transports.fast.timers import NEVER
from viewers.transports.limits import ConnectionLimits, CountedRequests
from viewers.transports.uploads import StaffUploads
from viewers.transports.whole_response import Headers, WholeResponse, header_lines

POLL_PATH = re.compile(addresses.pattern(addresses.UPDATES))
LONGEST_HEADER = 8000  # bytes; the `websockets` library reads lines of 8192
MOST_HEADERS = 128  # that it reads


class LimitedHttpProtocol(HttpToolsProtocol):
    """One connection, until it is handed to a WebSocket.

    Its timer is `due`: the sweep calls `on_timer`. Whatever is rejected is answered with its
    status, and the rest of it is discarded.
    """

    limits: ConnectionLimits
    uploads: tuple[bytes, ...] = ()
    """The beginnings of the addresses to which staff send large bodies."""
    # Beyond 30 attributes Python gives every object a separate dictionary, which costs as much as
    # the rest of a poll. Slots are not counted.
    __slots__ = (
        "allowed",
        "due",
        "in_body",
        "patience",
        "reading",
        "received",
        "rejected",
        "running",
        "verdict",
    )

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.received = 0  # bytes of the request that is being read
        self.allowed = limits.MAX_HEAD  # of these
        self.reading = False  # the parser has half a request
        self.in_body = False  # of which the head is complete
        self.verdict: WholeResponse | None = None  # on a request that the parser has just read
        self.rejected = False  # what comes now is discarded
        self.running: RequestResponseCycle | None = None  # the request that is answered next
        self.wait(limits.HEAD_TIMEOUT)
        full = self.limits.are_reached(len(self.connections))
        if full and not self.limits.make_room(self.connections, self):
            self.reject(limits.BUSY)

    def connection_lost(self, exc: Exception | None) -> None:
        self.limits.evicted.discard(self)
        self.abandon()
        super().connection_lost(exc)

    def wait(self, seconds: float) -> None:
        """Set the timer: the client has to do something within `seconds`."""
        self.patience = seconds
        self.due = monotonic() + seconds

    # Reading

    def data_received(self, data: bytes) -> None:
        """Feed the parser no more than the limits allow."""
        if self.rejected:
            return
        while data:
            room = self.allowed - self.received
            if room <= 0:
                return self.reject(self.oversized)
            piece, data = data[:room], data[room:]
            self.received += len(piece)
            try:
                self.parser.feed_data(piece)
            except httptools.HttpParserError:
                return self.reject(limits.BAD_REQUEST)
            except httptools.HttpParserUpgrade:
                if self._should_upgrade() and self.verdict is None:
                    return self.handle_websocket_upgrade()
            if self.verdict is not None:
                return self.reject(self.verdict)
            if len(self.pipeline) > limits.MAX_PIPELINED:
                return self.read_no_more()

    @property
    def oversized(self) -> WholeResponse:
        """The response to a request that is too large."""
        if not self.in_body:
            return limits.HEAD_TOO_LARGE
        is_upload = self.allowed > limits.MAX_HEAD + limits.MAX_BODY
        return limits.UPLOAD_TOO_LARGE if is_upload else limits.BODY_TOO_LARGE

    @property
    def unanswered(self) -> bool:
        """Whether a request is under way."""
        return self.cycle is not None and not self.cycle.response_complete

    def on_message_begin(self) -> None:
        self.reading = True
        self.wait(limits.HEAD_TIMEOUT)
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Start the request, unless there is a verdict on it already."""
        if self.verdict is None:
            self.verdict = self.judge()
        if self.verdict is None:
            self.in_body = True
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if self.verdict is None:
            super().on_body(body)

    def on_message_complete(self) -> None:
        self.reading = self.in_body = False
        self.received = 0
        self.allowed = limits.MAX_HEAD
        self.due = NEVER
        if self.verdict is None:
            super().on_message_complete()

    def judge(self) -> WholeResponse | None:
        """Return the response to a request that is rejected for its head; else None.

        Also choose the application, and how much may come after the head, and until when.
        """
        method, (path, _, _) = self.parser.get_method(), self.url.partition(b"?")
        if method == b"OPTIONS" and self.url == b"*":
            return limits.OPTIONS
        if method == b"CONNECT":
            return limits.WRONG_METHOD
        upgrades = self.parser.should_upgrade() and self._should_upgrade()
        if not path.startswith(b"/" if upgrades else (b"/", b"http://", b"https://")):
            return limits.BAD_REQUEST
        staff = path.startswith(limits.STAFF)
        if not staff and self.limits.are_reached(len(self.connections)):
            return limits.BUSY
        if upgrades:
            longest = max(len(name) + len(value) for name, value in self.headers)
            fits = max(longest, len(self.url)) <= LONGEST_HEADER
            return None if fits and len(self.headers) <= MOST_HEADERS else limits.HEAD_TOO_LARGE
        body, seconds = limits.MAX_BODY, limits.BODY_TIMEOUT
        self.app = self.config.loaded_app
        if path.startswith(self.uploads) and method == b"POST":
            body, seconds = limits.MAX_UPLOAD, limits.UPLOAD_TIMEOUT
            self.app = StaffUploads(self.app)
        elif not staff and not POLL_PATH.fullmatch(path):
            if self.limits.requests >= limits.MAX_REQUESTS:
                return limits.BUSY
            self.app = CountedRequests(self.app, self.limits)
        self.allowed = limits.MAX_HEAD + body
        self.wait(seconds)
        length = dict(self.headers).get(b"content-length", b"0")
        if length.isdigit() and int(length) > body:
            self.in_body = True
            return self.oversized
        return None

    # Rejecting and closing

    def reject(self, response: WholeResponse) -> None:
        """Answer, discard what still comes, and close soon.

        If earlier requests wait for their responses, they get these, and this one gets none.
        """
        if self.unanswered and not self.in_body:
            return self.read_no_more()
        if self.unanswered and (self.pipeline or self.cycle.response_started):
            return self.abort()
        self.abandon()
        self.transport.write(wire(response, self.server_state.default_headers))
        self.linger()

    def read_no_more(self) -> None:
        """Close after the responses to the requests that have come."""
        self.rejected = True
        self.cycle.keep_alive = False
        self.due = NEVER
        self.flow.pause_reading()

    def abandon(self) -> None:
        """Notify the request under way that its client has disconnected.

        If there are several, uvicorn notifies only the last one, and the others would fail.
        """
        if self.running is not None:
            self.running.disconnected = True
            self.running.waiting_for_100_continue = False
            self.running.message_event.set()

    def abort(self) -> None:
        """Close at once, without a response."""
        self.rejected = True
        self.abandon()
        self.transport.abort()

    def linger(self) -> None:
        """Close, but not before the client can have read the response."""
        self.rejected = True
        if not self.reading:
            return self.transport.close()
        self.transport.write_eof()
        self.flow.resume_reading()
        self.wait(limits.LINGER)

    def on_timer(self) -> None:
        """Close an idle connection, or reject a request that did not arrive in time."""
        if self.rejected:
            self.abort()
        elif self.reading:
            self.reject(limits.TIMED_OUT)
        else:
            self.timeout_keep_alive_handler()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.transport.is_closing():
            return
        if self.in_body and self.cycle.response_complete:  # answered before the end of the body
            return self.linger()
        if self.timeout_keep_alive_task is not None:  # the sweep closes idle connections
            self._unset_keepalive_if_required()
            if not self.reading:
                self.wait(self.timeout_keep_alive)

    @property
    def idle_since(self) -> float:
        """Since when this connection waits for its client, or `NEVER`."""
        if self.unanswered and not self.reading:
            return NEVER
        return self.due - self.patience

    def evict(self) -> None:
        """Close the connection to make room for another one."""
        if self.reading and not self.rejected and not self.unanswered:
            self.transport.write(wire(limits.BUSY, self.server_state.default_headers))
        self.rejected = True
        self.abandon()
        self.transport.close()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self.running = cycle
        super()._start_asgi_task(cycle, app)

    def _unsupported_upgrade_warning(self) -> None:
        """Log nothing: any client could fill the log."""


def wire(response: WholeResponse, headers: Headers) -> bytes:
    """Return a response as bytes, with uvicorn's own `headers`: the date, say.

    Made once for as long as uvicorn keeps the same headers, which is a second.
    """
    if response.wire is None or response.wire[0] is not headers:
        head = STATUS_LINE[response.status] + header_lines(headers) + response.head
        response.wire = headers, head + b"\r\n" + response.body
    return response.wire[1]
