"""uvicorn's HTTP protocol, which answers viewers before a task exists for them."""

import re
from functools import lru_cache

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from broadcaster.stream import Position
from viewers import admission, longpoll
from viewers.fastpath.websocket import ViewerWebSocket, handshake
from viewers.fastpath.wheel import Slot, Wheel
from viewers.hub import Hub, spread
from viewers.longpoll import Answer
from viewers.protocol import Close
from viewers.routing import relays

VIEWER = re.compile(rb"/broadcasts/([-a-zA-Z0-9_]+)/(ws|updates)(?:\?([^#]*))?")
NOT_SIMPLE = frozenset((b"content-length", b"transfer-encoding", b"expect", b"upgrade"))

KNOWN: dict[bytes, tuple[str, Position | None]] = {}
"""Polls by their very bytes. A browser asks alike every time, and all browsers of one make at one
position ask alike: the parser need see it once, not once a viewer."""
MAX_KNOWN = 4096

wheel = Wheel(width=min(1.0, relays.heartbeat / 25))


@lru_cache(maxsize=1024)  # all viewers at one position send the same
def viewer_route(url: bytes) -> tuple[str, str, bytes] | None:
    """(slug, "ws" or "updates", query) of a viewer's address; None for any other."""
    match = VIEWER.fullmatch(url)
    return match and (match[1].decode(), match[2].decode(), match[3] or b"")


class ViewerHttpProtocol(HttpToolsProtocol):
    """One connection. Requests that are not a viewer's, or not simple, go uvicorn's way."""

    resting: Slot | None = None
    clean = True  # between two requests: nothing half-read is in the parser
    whole = True  # the chunk at hand began between two requests
    chunk = b""  # being parsed

    def on_headers_complete(self) -> None:
        route = viewer_route(self.url)
        if route is None or route[1] == "ws" or self.busy or not self._is_simple():
            return super().on_headers_complete()
        slug, _, query = route
        hub = self._hub(slug, "http")
        if hub is None:
            return super().on_headers_complete()
        keep_alive = self.parser.get_http_version() != "1.0" and self.parser.should_keep_alive()
        poll = self._poll(keep_alive)
        try:
            since = admission.since(query) if isinstance(hub, Hub) else None
        except ValueError as error:
            return poll.answer(longpoll.wrong_since(error))
        if isinstance(hub, Hub) and keep_alive:
            self._learn(slug, since)
        self._serve(poll, hub, since)

    def data_received(self, data: bytes) -> None:
        self._rest_no_more()
        known = KNOWN.get(data) if self.clean and not self.busy else None
        hub = known and (relays.refusal or relays.ready(known[0]))
        if known and hub:
            self._unset_keepalive_if_required()
            return self._serve(self._poll(keep_alive=True), hub, known[1])
        self.whole, self.clean, self.chunk = self.clean, False, data
        super().data_received(data)
        self.chunk = b""

    def _learn(self, slug: str, since: Position | None) -> None:
        """Remember what these bytes ask for, if they are one whole request and nothing else.

        They are if the connection was between two requests when they came: otherwise somebody
        could send half a request first and have us learn the other half wrongly.
        """
        if self.whole and self.chunk.find(b"\r\n\r\n") == len(self.chunk) - 4:
            if len(KNOWN) >= MAX_KNOWN:
                KNOWN.clear()
            KNOWN[self.chunk] = slug, since
            self.clean = True

    def _poll(self, keep_alive: bool) -> "Poll":
        """A poll in the place of uvicorn's request cycle."""
        poll = Poll(self, keep_alive)
        self.cycle = poll  # type: ignore[assignment]
        return poll

    def _serve(self, poll: "Poll", hub: Hub | Close, since: Position | None) -> None:
        """Answer a poll, or park it."""
        if isinstance(hub, Close):
            poll.answer(longpoll.turn_away(hub))
        elif (answer := longpoll.answer_now(hub, since)) is not None:
            poll.answer(answer)
        else:
            poll.park(hub, since)

    def handle_websocket_upgrade(self) -> None:
        route = viewer_route(self.url)
        if route is None or route[1] != "ws" or self.busy:
            return super().handle_websocket_upgrade()
        slug, _, query = route
        plain_get = (self.parser.get_method(), self.parser.get_http_version()) == (b"GET", "1.1")
        accept = handshake(self.headers) if plain_get else None
        hub = self._hub(slug, "websocket")
        if accept is None or hub is None:
            return super().handle_websocket_upgrade()
        self.connections.discard(self)
        viewer = ViewerWebSocket(self.transport, self.connections)
        self.transport.set_protocol(viewer)
        try:
            since = admission.since(query)
        except ValueError:
            since = None
        viewer.open(accept, self.server_state.default_headers, hub, since)

    @property
    def busy(self) -> bool:
        """Whether an earlier request on this connection is not answered yet."""
        return self.cycle is not None and not self.cycle.response_complete

    def _is_simple(self) -> bool:
        """A GET without a body. (Expectations and upgrades are not simple.)"""
        for name, _ in self.headers:
            if name in NOT_SIMPLE:
                return False
        return self.parser.get_method() == b"GET"

    def _hub(self, slug: str, kind: str) -> Hub | Close | None:
        """The hub, the code to turn the viewer away with, or None: not loaded yet."""
        scope = {"type": kind, "headers": self.headers}
        return admission.turned_away(scope, relays) or relays.ready(slug)

    def connection_lost(self, exc: Exception | None) -> None:
        if isinstance(self.cycle, Poll):
            self.cycle.leave()
        self._rest_no_more()
        super().connection_lost(exc)

    # Keep-alive: as uvicorn's, with the wheel instead of a timer

    def rest(self) -> None:
        """A poll is answered; the connection waits for its next request."""
        if self.pipeline or not self.cycle.keep_alive:
            return self.on_response_complete()
        self.server_state.total_requests += 1
        self.resting = wheel.put(self, self.timeout_keep_alive)

    def alarm(self) -> None:
        self.resting = None
        self.timeout_keep_alive_handler()

    def _rest_no_more(self) -> None:
        if self.resting is not None:
            self.resting.discard(self)
            self.resting = None


class Poll:
    """A long poll; to uvicorn's protocol, the cycle of a request that has no task."""

    kind = "poll"
    disconnected = False
    __slots__ = (
        "hub",
        "keep_alive",
        "message_event",
        "more_body",
        "protocol",
        "response_complete",
        "since",
        "slot",
    )

    def __init__(self, protocol: ViewerHttpProtocol, keep_alive: bool) -> None:
        self.protocol = protocol
        self.keep_alive = keep_alive
        self.response_complete = False
        self.message_event = UNHEARD
        self.hub: Hub | None = None
        self.since: Position | None = None
        self.slot: Slot | None = None

    def park(self, hub: Hub, since: Position | None) -> None:
        """Wait for news, or for the time of a heartbeat."""
        self.hub, self.since = hub, since
        hub.add(self)
        self.slot = wheel.put(self, spread(hub.heartbeat))

    def wake(self) -> None:
        assert self.hub is not None
        if (answer := longpoll.answer_now(self.hub, self.since)) is not None:
            self.answer(answer)

    def dismiss(self, code: Close) -> None:
        self.answer(longpoll.turn_away(code))

    def alarm(self) -> None:
        """Time for a heartbeat, but never one that overtakes an update."""
        assert self.hub is not None
        news = longpoll.answer_now(self.hub, self.since)
        self.answer(news or longpoll.still_here(self.hub))

    def answer(self, answer: Answer) -> None:
        """Write the response; the connection is free for the next request."""
        self.leave()
        self.response_complete = True
        protocol = self.protocol
        lines = [STATUS_LINE[answer.status]]
        for name, value in protocol.server_state.default_headers:
            lines += (name, b": ", value, b"\r\n")
        lines.append(answer.head)
        if not self.keep_alive:
            lines.append(b"connection: close\r\n")
        lines += (b"\r\n", answer.body)
        protocol.transport.write(b"".join(lines))
        if not self.keep_alive:
            protocol.transport.close()
        protocol.rest()

    def leave(self) -> None:
        """Out of the hub, and no more alarm."""
        if self.hub is not None:
            self.hub.remove(self)
            self.hub = None
        if self.slot is not None:
            self.slot.discard(self)
            self.slot = None


class _Unheard:
    """An event that nobody waits for."""

    def set(self) -> None:
        pass


UNHEARD = _Unheard()
