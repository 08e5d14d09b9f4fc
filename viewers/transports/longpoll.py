"""Viewers without a WebSocket: long poll and snapshot, over HTTP.

There is no session. The position is in the URL, so all viewers at one position share one URL
and one body, and a cache in front may answer for us. What is answered is decided by the
functions here, for the consumers below and for the fast path alike.
"""

import json
from abc import abstractmethod
from http import HTTPStatus
from typing import Any

from broadcaster.domain.stream import Position
from viewers.fanout.hub import Frame, Hub, Seat
from viewers.protocol import frames
from viewers.protocol.frames import Close
from viewers.transports import admission
from viewers.transports.websocket import ViewerConsumer

LASTING = "public, max-age=60"  # what lies past a position stays true
FRESH = "public, max-age=1"  # the map of this moment
NEVER = "no-store"
CACHE = {frames.UpdatesFrame: LASTING, frames.SnapshotFrame: FRESH}

RETRY_AFTER = (b"retry-after", str(frames.RETURN_RANGE[1]).encode())

Headers = list[tuple[bytes, bytes]]


class Answer:
    """A whole response. `headers` go out in this order, and `head` is the same as bytes.

    `response` is a place for what the fast path makes of it, with the server's own headers.
    """

    __slots__ = ("body", "head", "headers", "response", "status")

    def __init__(
        self,
        body: bytes,
        cache: str,
        status: HTTPStatus = HTTPStatus.OK,
        extra: tuple[tuple[bytes, bytes], ...] = (),
    ) -> None:
        self.body = body
        self.status = status
        self.headers: Headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            (b"cache-control", cache.encode()),
            (b"x-content-type-options", b"nosniff"),
            *extra,
        ]
        self.response: tuple[Headers, bytes] | None = None
        self.head = header_lines(self.headers)


def header_lines(headers: Headers) -> bytes:
    """Headers as they go over the wire."""
    return b"".join(name + b": " + value + b"\r\n" for name, value in headers)


def answer_of(frame: Frame) -> Answer:
    """A frame as a response: made once, kept on the frame."""
    if frame.answer is None:
        frame.answer = Answer(frame.body, CACHE.get(type(frame.frame), NEVER))
    return frame.answer


def refuse(status: HTTPStatus, field: str, error: str, *extra: tuple[bytes, bytes]) -> Answer:
    """What is wrong with a request, by the field that is."""
    return Answer(json.dumps({"field": field, "error": error}).encode(), NEVER, status, extra)


WRONG_METHOD = refuse(
    HTTPStatus.METHOD_NOT_ALLOWED, "method", "is not GET", (b"allow", b"GET, HEAD")
)
TURNED_AWAY = {
    Close.ORIGIN: refuse(HTTPStatus.FORBIDDEN, "origin", "is not one that this server serves"),
    Close.UNKNOWN: refuse(HTTPStatus.NOT_FOUND, "broadcast", "does not exist"),
    Close.FULL: refuse(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "server",
        "is full; come back soon",
        RETRY_AFTER,
    ),
}


def wrong_since(error: ValueError) -> Answer:
    """The answer to a position that is none."""
    return refuse(HTTPStatus.BAD_REQUEST, "since", str(error))


def turn_away(code: Close) -> Answer:
    """The answer that means the same as closing a WebSocket with `code`."""
    if code in TURNED_AWAY:
        return TURNED_AWAY[code]
    # With Retry-After, so that a cache in front keeps it from those who wait for the same answer.
    again = () if frames.is_final(code) else (RETRY_AFTER,)
    return Answer(frames.encode(frames.bye(code)), NEVER, extra=again)


def answer_now(hub: Hub, since: Position | None) -> Answer | None:
    """What lies past `since`; None if that is nothing and the poll has to wait."""
    frame = hub.frame_after(since)
    if frame is not None:
        return answer_of(frame)
    return turn_away(hub.farewell) if hub.farewell is not None else None


def still_here(hub: Hub) -> Answer:
    """The heartbeat, for a poll that has waited long enough."""
    return answer_of(hub.heartbeat_frame())


def snapshot(hub: Hub, headers: Headers) -> Answer:
    """The snapshot frame, or that the one a cache has is still true."""
    etag = (b"etag", f'W/"{hub.replica.position}"'.encode())
    if (b"if-none-match", etag[1]) in headers:
        return Answer(b"", FRESH, HTTPStatus.NOT_MODIFIED, (etag,))
    return Answer(hub.snapshot_frame().body, FRESH, extra=(etag,))


class HttpViewer(ViewerConsumer):
    """One HTTP request of a viewer. The answer is a task, so that a disconnect is seen."""

    async def http_request(self, message: dict[str, Any]) -> None:
        if not message.get("more_body"):
            self.start()

    async def http_disconnect(self, message: dict[str, Any]) -> None:
        self.leave()

    async def serve(self) -> None:
        """Find the answer, and send it."""
        await self.respond(await self.decide())

    async def fail(self) -> None:
        await self.respond(turn_away(Close.FULL))

    async def respond(self, answer: Answer) -> None:
        """Send the answer. A HEAD request gets its head."""
        status, body = int(answer.status), answer.body
        if self.scope["method"] == "HEAD":
            body = b""
        await self.send(
            {"type": "http.response.start", "status": status, "headers": answer.headers}
        )
        await self.send({"type": "http.response.body", "body": body})

    async def decide(self) -> Answer:
        """The answer, or what is wrong with the request."""
        if self.scope["method"] not in ("GET", "HEAD"):
            return WRONG_METHOD
        hub = await admission.admit(self.scope, self.relays)
        if isinstance(hub, Close):
            return turn_away(hub)
        try:
            since = admission.since(self.scope["query_string"])
        except ValueError as error:
            return wrong_since(error)
        return await self.answer(hub, since)

    @abstractmethod
    async def answer(self, hub: Hub, since: Position | None) -> Answer:
        """The answer to a request that is in order."""


class SnapshotViewer(HttpViewer):
    """`snapshot.json`: the map of this moment, for programs and caches."""

    async def answer(self, hub: Hub, since: Position | None) -> Answer:
        return snapshot(hub, self.scope["headers"])


class LongPollViewer(HttpViewer):
    """`updates?since=`: what lies past `since`, now or as soon as there is something."""

    async def answer(self, hub: Hub, since: Position | None) -> Answer:
        answer = answer_now(hub, since)
        if self.scope["method"] == "HEAD":
            return answer or still_here(hub)
        woken = False
        if answer is None:
            async with Seat(hub, "poll", since) as seat:
                woken = await seat.news()
            if seat.dismissed is not None:
                return turn_away(seat.dismissed)
            answer = answer_now(hub, since)
        if answer is not None and not woken:
            hub.reach_poll(since)
        return answer or still_here(hub)
