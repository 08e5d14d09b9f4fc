"""Viewers without a WebSocket: long poll and snapshot, over HTTP.

There is no session. The position is in the URL, so all viewers at one position share one URL
and one body, and a cache in front may answer for us. The functions here decide what is answered,
for the consumers below and for the fast path.
"""

import json
from abc import abstractmethod
from http import HTTPStatus
from typing import Any

from broadcaster.domain.stream import Position
from viewers.fanout.encoded_frame import EncodedFrame
from viewers.fanout.hub import Hub
from viewers.fanout.subscription import Subscription
from viewers.protocol import frames
from viewers.protocol.frames import Close
from viewers.transports import admission
from viewers.transports.consumer import ViewerConsumer
from viewers.transports.etags import etag_matches
from viewers.transports.whole_response import Headers, WholeResponse, respond

LASTING = "public, max-age=60"  # what lies past a position stays true
FRESH = "public, max-age=1"  # the map of this moment
NEVER = "no-store"
CACHE = {frames.UpdatesFrame: LASTING, frames.SnapshotFrame: FRESH}  # of the others, NEVER

RETRY_AFTER = (b"retry-after", str(frames.RETURN_RANGE[1]).encode())

READABLE_BY_ALL = (b"access-control-allow-origin", b"*")
"""Lets scripts in a sandboxed frame read the response. The data is public, without cookies."""


def poll_response(
    body: bytes,
    cache: str,
    status: HTTPStatus = HTTPStatus.OK,
    extra: tuple[tuple[bytes, bytes], ...] = (),
) -> WholeResponse:
    """Return a JSON response with what a header Cache-Control says about it."""
    content: Headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
    ]
    headers: Headers = [
        *([] if status == HTTPStatus.NOT_MODIFIED else content),  # a 304 has no length
        (b"cache-control", cache.encode()),
        (b"x-content-type-options", b"nosniff"),
        READABLE_BY_ALL,
        *extra,
    ]
    return WholeResponse(status, headers, body)


def frame_response(frame: EncodedFrame) -> WholeResponse:
    """Return a frame as a response: made once, kept on the frame."""
    response = frame.poll_response
    if not isinstance(response, WholeResponse):
        cache = CACHE.get(type(frame.content), NEVER)
        response = frame.poll_response = poll_response(frame.body, cache)
    return response


def error_response(
    status: HTTPStatus, field: str, error: str, *extra: tuple[bytes, bytes]
) -> WholeResponse:
    """Return an error, with the field of the request that is wrong."""
    body = json.dumps({"field": field, "error": error}).encode()
    return poll_response(body, NEVER, status, extra)


WRONG_METHOD = error_response(
    HTTPStatus.METHOD_NOT_ALLOWED, "method", "is not GET", (b"allow", b"GET, HEAD")
)
ERRORS = {
    Close.ORIGIN: error_response(
        HTTPStatus.FORBIDDEN, "origin", "is not one that this server serves"
    ),
    Close.UNKNOWN: error_response(HTTPStatus.NOT_FOUND, "broadcast", "does not exist"),
    Close.FULL: error_response(
        HTTPStatus.SERVICE_UNAVAILABLE, "server", "is full; come back soon", RETRY_AFTER
    ),
}
"""The close codes that are HTTP errors; the others are answered with a bye frame."""


def closing_response(code: Close) -> WholeResponse:
    """Return the response that means the same as closing a WebSocket with `code`."""
    if code in ERRORS:
        return ERRORS[code]
    # Retry-After keeps a cache in front from sending this to other polls that wait there.
    again = () if frames.is_final(code) else (RETRY_AFTER,)
    return poll_response(frames.encode(frames.bye(code)), NEVER, extra=again)


def response_now(hub: Hub, since: Position | None) -> WholeResponse | None:
    """Return what lies past `since`; None if that is nothing and the poll has to wait."""
    frame = hub.frame_after(since)
    if frame is not None:
        return frame_response(frame)
    return closing_response(hub.closing_code) if hub.closing_code is not None else None


def heartbeat_response(hub: Hub) -> WholeResponse:
    """Return the heartbeat, for a poll that has waited long enough."""
    return frame_response(hub.heartbeat_frame())


def snapshot_response(hub: Hub, headers: Headers) -> WholeResponse:
    """Return the snapshot frame, or 304 if the one that a cache has is still true."""
    editions = "".join(digest[:8] for digest in hub.replica.digests.values())
    etag = f'W/"{hub.replica.position}:{editions}"'
    extra = ((b"etag", etag.encode()),)
    wanted = b",".join(value for name, value in headers if name == b"if-none-match")
    if etag_matches(wanted.decode("latin-1"), etag):
        return poll_response(b"", FRESH, HTTPStatus.NOT_MODIFIED, extra)
    return poll_response(hub.snapshot_frame().body, FRESH, extra=extra)


class HttpViewer(ViewerConsumer):
    """One HTTP request of a viewer. A task answers it, so that a disconnect is seen meanwhile."""

    async def http_request(self, message: dict[str, Any]) -> None:
        if not message.get("more_body"):
            self.start()

    async def http_disconnect(self, message: dict[str, Any]) -> None:
        self.leave()

    async def serve(self) -> None:
        await self.send_response(await self.decide())

    async def fail(self) -> None:
        await self.send_response(closing_response(Close.FULL))

    async def send_response(self, response: WholeResponse) -> None:
        await respond(self.send, response, self.scope["method"])

    async def decide(self) -> WholeResponse:
        """Return the response, or the error in the request."""
        if self.scope["method"] not in ("GET", "HEAD"):
            return WRONG_METHOD
        hub = await admission.admit(self.scope, self.relays)
        if isinstance(hub, Close):
            return closing_response(hub)
        try:
            since = admission.since(self.scope["query_string"])
        except ValueError as error:
            return error_response(HTTPStatus.BAD_REQUEST, "since", str(error))
        return await self.answer(hub, since)

    @abstractmethod
    async def answer(self, hub: Hub, since: Position | None) -> WholeResponse:
        """Return the response to a valid request."""


class SnapshotViewer(HttpViewer):
    """`snapshot.json`: the map of this moment, for programs and caches."""

    async def answer(self, hub: Hub, since: Position | None) -> WholeResponse:
        return snapshot_response(hub, self.scope["headers"])


class LongPollViewer(HttpViewer):
    """`updates?since=`: what lies past `since`, now or as soon as there is something."""

    async def answer(self, hub: Hub, since: Position | None) -> WholeResponse:
        if admission.is_outdated(self.scope, self.scope["query_string"]):
            return closing_response(Close.PROTOCOL)
        response = response_now(hub, since)
        if self.scope["method"] == "HEAD":
            return response or heartbeat_response(hub)
        notified = False
        if response is None:
            async with Subscription(hub, "poll", since) as subscription:
                notified = await subscription.wait()
            if subscription.disconnected is not None:
                return closing_response(subscription.disconnected)
            response = response_now(hub, since)
        if response is not None and not notified:
            hub.count_poll(since)
        return response or heartbeat_response(hub)
