"""uvicorn's HTTP protocol, which serves viewers without a task: polls, WebSockets, kept pages."""

import asyncio
import re
from dataclasses import dataclass
from functools import lru_cache
from time import monotonic

from broadcaster.domain.stream import Position
from viewers.fanout.hub import Hub
from viewers.fanout.relay_registry import RelayRegistry
from viewers.protocol.frames import Close
from viewers.transports import addresses, admission, longpoll
from viewers.transports.fast.limited import LimitedHttpProtocol, wire
from viewers.transports.fast.timers import NEVER
from viewers.transports.fast.websocket import FastWebSocketViewer, handshake
from viewers.transports.response_cache import ResponseCache, Wish
from viewers.transports.whole_response import Headers, WholeResponse

GET = re.compile(
    rb"GET (/[-./\w]*)(?:\?([!$-~]*))? HTTP/1\.1\r\n"
    rb"((?:[-\w]+: [!-~](?:[\t -~]*[!-~])?\r\n)+)\r\n"
)
POLL = re.compile(addresses.pattern(addresses.UPDATES))
POSITION = re.compile(rb"[-.:%&=\w]*")
WEBSOCKET = re.compile(rb"%s(?:\?([^#]*))?" % addresses.pattern(addresses.WEBSOCKET))
UNUSUAL = frozenset(
    b"connection content-length expect proxy-connection transfer-encoding upgrade".split()
)
LONGEST = 2048  # bytes of a request that is recognized here


@dataclass(frozen=True, slots=True)
class PollRequest:
    """A poll: its exact bytes, and the broadcast and position in them."""

    request: bytes
    slug: str
    since: Position | None


@dataclass(frozen=True, slots=True)
class PageRequest:
    """A request for a page or a static file, without the scheme."""

    path: str
    query: bytes
    headers: Headers
    wish: Wish


@lru_cache(maxsize=1024)
def parse(request: bytes) -> PollRequest | PageRequest | None:
    """Return what these bytes ask for, if they are exactly one GET without unusual headers.

    Identical browsers send identical bytes for the same thing, so parsed requests are cached by
    their bytes. Whatever is not recognized here is left to uvicorn.
    """
    if (match := GET.fullmatch(request)) is None:
        return None
    path, query = match[1], match[2] or b""
    lines = [line.split(b": ", 1) for line in match[3].splitlines()]
    headers = [(name.lower(), value) for name, value in lines]
    for name, value in headers:
        if name in UNUSUAL and (name, value.lower()) != (b"connection", b"keep-alive"):
            return None
    if poll := POLL.fullmatch(path):
        return _parse_poll(request, poll[1].decode(), query, headers)
    if any(name in (b"range", b"x-forwarded-proto") for name, _ in headers):
        return None
    return PageRequest(path.decode(), query, headers, Wish.parse(headers))


def _parse_poll(request: bytes, slug: str, query: bytes, headers: Headers) -> PollRequest | None:
    scope = {"type": "http", "headers": headers}
    if not (admission.host_allowed(scope) and admission.origin_allowed(scope)):
        return None
    if not POSITION.fullmatch(query) or admission.is_outdated(scope, query):
        return None
    try:
        since = admission.since(query)
    except ValueError:
        return None
    return PollRequest(request, slug, since)


class ViewerHttpProtocol(LimitedHttpProtocol):
    """One connection, and a subscriber of the hub while a poll waits on it.

    uvicorn handles all other requests. A subclass sets `relays` and `shared`, since uvicorn makes
    the instances.
    """

    relays: RelayRegistry
    shared: ResponseCache
    kind = "poll"
    __slots__ = ("hub", "interval", "poll")
    poll: PollRequest  # the one that waits, or has waited

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.hub: Hub | None = None  # in which the poll waits
        self.interval = self.relays.heartbeat.interval()
        super().connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self.leave()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.hub is not None:  # pipelined: uvicorn keeps the order
            self.leave()
            super().data_received(self.poll.request)
        elif data.startswith(b"GET ") and len(data) <= LONGEST and not self.busy:
            match parse(data):
                case PollRequest(slug=slug) as poll:
                    hub = self.relays.ready(slug)
                    if hub and self.relays.rejection is None:
                        return self.serve(poll, hub)
                case PageRequest() as page:
                    if response := self.kept(page):
                        return self.answer(response)
        super().data_received(data)

    @property
    def busy(self) -> bool:
        """Whether uvicorn has something to read, answer or write on this connection."""
        return self.reading or self.rejected or self.unanswered or self.flow.write_paused

    def kept(self, page: PageRequest) -> WholeResponse | None:
        """Return the response that the cache has."""
        request = self.shared.request(self.scheme or "http", page.headers, page.path, page.query)
        response = request and self.shared.kept(request)
        return response.form(page.wish) if response else None

    # Polls

    def serve(self, poll: PollRequest, hub: Hub) -> None:
        """Answer a poll, or let it wait for an update, or for the time of a heartbeat."""
        self.patience = self.timeout_keep_alive
        if (response := longpoll.response_now(hub, poll.since)) is not None:
            hub.count_poll(poll.since)
            return self.answer(response)
        self.hub, self.poll = hub, poll
        self.due = monotonic() + self.interval
        hub.add(self)

    def notify(self) -> bool:
        assert self.hub is not None
        if (response := longpoll.response_now(self.hub, self.poll.since)) is None:
            return False
        self.answer(response)
        return True

    def on_timer(self) -> None:
        """Close an idle connection, or answer the poll, with a heartbeat if there is no update."""
        if (hub := self.hub) is None:
            super().on_timer()
        elif self.notify():
            hub.count_poll(self.poll.since)
        else:
            self.answer(longpoll.heartbeat_response(hub))

    @property
    def idle_since(self) -> float:
        """The time at which this connection began to wait for its client; `NEVER` for a poll."""
        return NEVER if self.hub is not None else super().idle_since

    def disconnect(self, code: Close) -> None:
        self.answer(longpoll.closing_response(code))

    def answer(self, response: WholeResponse) -> None:
        """Write the response; the connection rests until its next request."""
        self.leave()
        self.due = monotonic() + self.timeout_keep_alive
        self.server_state.total_requests += 1
        self.transport.write(wire(response, self.server_state.default_headers))

    def leave(self) -> None:
        if self.hub is not None:
            self.hub.remove(self)
            self.hub = None

    # WebSockets

    def handle_websocket_upgrade(self) -> None:
        match = WEBSOCKET.fullmatch(self.url)
        request = (self.parser.get_method(), self.parser.get_http_version())
        hub = match and self.relays.ready(match[1].decode())
        if match is None or hub is None or hub.closing_code or self.busy:
            return super().handle_websocket_upgrade()
        query = match[2] or b""
        scope = {"type": "websocket", "headers": self.headers}
        accept = handshake(self.headers, self.server_state.default_headers)
        rejected = admission.rejection(scope, self.relays) is not None
        outdated = admission.is_outdated(scope, query)
        if accept is None or rejected or outdated or request != (b"GET", "1.1"):
            return super().handle_websocket_upgrade()
        try:
            since = admission.since(query)
        except ValueError:
            since = None
        self.connections.discard(self)
        FastWebSocketViewer(self.transport, self.connections, hub, since, accept)
