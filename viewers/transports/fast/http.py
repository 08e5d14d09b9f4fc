"""uvicorn's HTTP protocol, which answers polls and seats viewers before a task exists for them."""

import asyncio
import re
from dataclasses import dataclass
from functools import lru_cache
from time import monotonic

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from broadcaster.domain.stream import Position
from viewers.fanout.hub import Hub, spread
from viewers.protocol.frames import Close
from viewers.registry import relays
from viewers.transports import admission, longpoll
from viewers.transports.fast.sweep import NEVER
from viewers.transports.fast.websocket import ViewerWebSocket, handshake
from viewers.transports.longpoll import Answer, Headers

POLL = re.compile(
    rb"GET /broadcasts/([-\w]+)/updates(?:\?([-.:%&=\w]*))? HTTP/1\.1\r\n"
    rb"((?:[-\w]+: [!-~](?:[\t -~]*[!-~])?\r\n)+)\r\n"
)
WEBSOCKET = re.compile(rb"/broadcasts/([-\w]+)/ws(?:\?([^#]*))?")
UNUSUAL = frozenset(
    b"connection content-length expect proxy-connection transfer-encoding upgrade".split()
)
BEGIN, LONGEST = b"GET /broadcasts/", 2048  # of a request that is worth remembering; bytes


@dataclass(frozen=True, slots=True)
class Poll:
    """What a poll asks for, and its very bytes."""

    request: bytes
    slug: str
    since: Position | None


@lru_cache(maxsize=1024)
def read_poll(request: bytes) -> Poll | None:
    """The poll that these bytes are, if they are one whole poll and there is nothing odd in it.

    Cached: a browser asks alike every time, and all browsers of one make at one position ask
    alike. This knows some requests and reads none: whatever it does not know is uvicorn's.
    """
    if (match := POLL.fullmatch(request)) is None:
        return None
    lines = [line.split(b": ", 1) for line in match[3].splitlines()]
    headers = [(name.lower(), value) for name, value in lines]
    for name, value in headers:
        if name in UNUSUAL and (name, value.lower()) != (b"connection", b"keep-alive"):
            return None
    scope = {"type": "http", "headers": headers}
    if not (admission.host_allowed(scope) and admission.origin_allowed(scope)):
        return None
    try:
        return Poll(request, match[1].decode(), admission.since(match[2] or b""))
    except ValueError:
        return None


class ViewerHttpProtocol(HttpToolsProtocol):
    """One connection, and a subscriber of the hub while a poll waits on it.

    Requests that are not a viewer's, or out of the ordinary, go uvicorn's way.
    """

    kind = "poll"
    # Beyond 30 attributes Python gives every object a dictionary of its own, which costs as much
    # as the rest of a poll. Slots are not counted.
    __slots__ = ("due", "hub", "interval", "poll", "reading")
    poll: Poll  # that waits, or has waited

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.hub: Hub | None = None  # where the poll waits
        self.interval = spread(relays.heartbeat)
        self.due = NEVER  # the end of keep-alive, or the poll's heartbeat
        self.reading = False  # uvicorn's parser has half a request

    def connection_lost(self, exc: Exception | None) -> None:
        self.leave()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.hub is not None:  # pipelined: uvicorn keeps the order
            self.leave()
            super().data_received(self.poll.request)
        elif data.startswith(BEGIN) and len(data) <= LONGEST and not self.busy:
            poll = read_poll(data)
            hub = poll and relays.ready(poll.slug)
            if poll and hub and relays.refusal is None:
                return self.serve(poll, hub)
        self.due = NEVER
        super().data_received(data)

    @property
    def busy(self) -> bool:
        """Whether uvicorn has something to read, answer or write on this connection."""
        unanswered = self.cycle is not None and not self.cycle.response_complete
        return self.reading or unanswered or self.flow.write_paused

    def on_message_begin(self) -> None:
        self.reading = True
        super().on_message_begin()

    def on_message_complete(self) -> None:
        self.reading = False
        super().on_message_complete()

    # Polls

    def serve(self, poll: Poll, hub: Hub) -> None:
        """Answer a poll, or let it wait for news, or for the time of a heartbeat."""
        self._unset_keepalive_if_required()
        if (answer := longpoll.answer_now(hub, poll.since)) is not None:
            hub.reach_poll(poll.since)
            return self.answer(answer)
        self.hub, self.poll = hub, poll
        self.due = monotonic() + self.interval
        hub.add(self)

    def wake(self) -> bool:
        assert self.hub is not None
        if (answer := longpoll.answer_now(self.hub, self.poll.since)) is None:
            return False
        self.answer(answer)
        return True

    def alarm(self) -> None:
        """Time to close, or for a heartbeat, but never one that overtakes an update."""
        if (hub := self.hub) is None:
            self.timeout_keep_alive_handler()
        elif self.wake():
            hub.reach_poll(self.poll.since)
        else:
            self.answer(longpoll.still_here(hub))

    def dismiss(self, code: Close) -> None:
        self.answer(longpoll.turn_away(code))

    def answer(self, answer: Answer) -> None:
        """Write the response; the connection rests until its next request."""
        self.leave()
        self.due = monotonic() + self.timeout_keep_alive
        self.server_state.total_requests += 1
        self.transport.write(response(answer, self.server_state.default_headers))

    def leave(self) -> None:
        if self.hub is not None:
            self.hub.remove(self)
            self.hub = None

    # WebSockets

    def handle_websocket_upgrade(self) -> None:
        match = WEBSOCKET.fullmatch(self.url)
        what = (self.parser.get_method(), self.parser.get_http_version())
        hub = match and relays.ready(match[1].decode())
        if match is None or hub is None or hub.farewell or self.busy or what != (b"GET", "1.1"):
            return super().handle_websocket_upgrade()
        scope = {"type": "websocket", "headers": self.headers}
        accept = handshake(self.headers, self.server_state.default_headers)
        if accept is None or admission.turned_away(scope, relays) is not None:
            return super().handle_websocket_upgrade()
        try:
            since = admission.since(match[2] or b"")
        except ValueError:
            since = None
        self.connections.discard(self)
        ViewerWebSocket(self.transport, self.connections, hub, since, accept)


def response(answer: Answer, headers: Headers) -> bytes:
    """A whole response, made once for as long as uvicorn's `headers`, the date, are the same."""
    if answer.response is None or answer.response[0] is not headers:
        head = STATUS_LINE[answer.status] + longpoll.header_lines(headers) + answer.head
        answer.response = headers, head + b"\r\n" + answer.body
    return answer.response[1]
