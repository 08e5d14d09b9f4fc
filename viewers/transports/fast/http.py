"""uvicorn's HTTP protocol, which serves viewers without a task: polls, WebSockets, kept pages."""

import asyncio
from time import monotonic

from viewers.fanout.hub import Hub
from viewers.fanout.relay_registry import RelayRegistry
from viewers.protocol.frames import Close
from viewers.transports import longpoll
from viewers.transports.fast import requests
from viewers.transports.fast.limited import LimitedHttpProtocol, wire
from viewers.transports.fast.requests import PageRequest, PollRequest, UpgradeRequest
from viewers.transports.fast.timers import NEVER
from viewers.transports.fast.websocket import FastWebSocketViewer, handshake
from viewers.transports.response_cache import ResponseCache
from viewers.transports.whole_response import WholeResponse


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
        elif self.recognize(data):
            return
        super().data_received(data)

    def recognize(self, data: bytes) -> bool:
        """Serve a request without uvicorn. Return False if this is none for which that is done."""
        if not data.startswith(b"GET ") or len(data) > requests.LONGEST or self.busy:
            return False
        request, key = requests.split_key(data)
        if key:
            upgrade = requests.read_upgrade(request)
            return upgrade is not None and self.upgrade(upgrade, key)
        match requests.read_get(request):
            case PollRequest(slug=slug) as poll:
                hub = self.relays.ready(slug)
                if hub and self.relays.rejection is None:
                    self.serve(poll, hub)
                    return True
            case PageRequest() as page:
                if response := self.kept(page):
                    self.answer(response)
                    return True
        return False

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
        """Serve a handshake that uvicorn has read: it came in pieces, say."""
        path, _, query = self.url.partition(b"?")
        upgrade = requests.parse_upgrade(path, query, self.headers)
        key = dict(self.headers).get(b"sec-websocket-key", b"")
        is_usual = (self.parser.get_method(), self.parser.get_http_version()) == (b"GET", "1.1")
        if upgrade is None or not is_usual or self.busy or not self.upgrade(upgrade, key):
            super().handle_websocket_upgrade()

    def upgrade(self, upgrade: UpgradeRequest, key: bytes) -> bool:
        """Hand the connection to a WebSocket. Return False if this cannot be done here and now."""
        hub = self.relays.ready(upgrade.slug)
        if hub is None or hub.closing_code or self.relays.rejection is not None:
            return False
        if not requests.KEY.fullmatch(key):
            return False
        accept = handshake(key, self.server_state.default_headers)
        self.connections.discard(self)
        FastWebSocketViewer(self.transport, self.connections, hub, upgrade.since, accept)
        return True
