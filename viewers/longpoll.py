"""Channels consumers for viewers without a WebSocket: long poll and snapshot.

There is no session. The position is in the URL, so all viewers at one position share one URL
and one body, and a cache in front may answer for us.
"""

import asyncio
import json
from abc import abstractmethod
from http import HTTPStatus
from typing import Any

from broadcaster.stream import Position
from viewers import admission, protocol
from viewers.consumers import ViewerConsumer
from viewers.hub import Frame, Hub, Seat
from viewers.protocol import Close

LASTING = "public, max-age=60"  # what lies past a position stays true
FRESH = "public, max-age=1"  # the map of this moment
NEVER = "no-store"

REFUSALS = {
    Close.ORIGIN: (HTTPStatus.FORBIDDEN, "origin", "is not one that this server serves"),
    Close.FULL: (HTTPStatus.SERVICE_UNAVAILABLE, "server", "is full; come back soon"),
    Close.UNKNOWN: (HTTPStatus.NOT_FOUND, "broadcast", "does not exist"),
}


class HttpViewer(ViewerConsumer):
    """One HTTP request of a viewer. The answer is a task, so that a disconnect is seen."""

    async def http_request(self, message: dict[str, Any]) -> None:
        if not message.get("more_body"):
            self.serving = asyncio.create_task(self.serve())

    async def http_disconnect(self, message: dict[str, Any]) -> None:
        self.leave()

    async def serve(self) -> None:
        """Answer the request, or say what is wrong with it."""
        if self.scope["method"] not in ("GET", "HEAD"):
            return await self.refuse(HTTPStatus.METHOD_NOT_ALLOWED, "method", "is not GET")
        hub = await admission.admit(self.scope, self.relays)
        if isinstance(hub, Hub):
            try:
                await self.answer(hub, admission.since(self.scope))
            except ValueError as error:
                await self.refuse(HTTPStatus.BAD_REQUEST, "since", str(error))
        elif hub in REFUSALS:
            await self.refuse(*REFUSALS[hub])
        else:
            await self.say_goodbye(hub)

    @abstractmethod
    async def answer(self, hub: Hub, since: Position | None) -> None:
        """Send the one response."""

    async def say_goodbye(self, code: Close) -> None:
        await self.respond(protocol.encode(protocol.bye(code)).encode(), NEVER)

    async def refuse(self, status: HTTPStatus, field: str, error: str) -> None:
        body = json.dumps({"field": field, "error": error}).encode()
        extra = []
        if status == HTTPStatus.SERVICE_UNAVAILABLE:
            extra = [(b"retry-after", str(protocol.COME_BACK[1]).encode())]
        elif status == HTTPStatus.METHOD_NOT_ALLOWED:
            extra = [(b"allow", b"GET, HEAD")]
        await self.respond(body, NEVER, status, extra)

    async def respond(
        self,
        body: bytes,
        cache: str,
        status: HTTPStatus = HTTPStatus.OK,
        extra: list[tuple[bytes, bytes]] | None = None,
    ) -> None:
        """The whole response. A HEAD request gets its head."""
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            (b"cache-control", cache.encode()),
            (b"x-content-type-options", b"nosniff"),
            *(extra or []),
        ]
        await self.send({"type": "http.response.start", "status": int(status), "headers": headers})
        if self.scope["method"] == "HEAD":
            body = b""
        await self.send({"type": "http.response.body", "body": body})


class LongPollViewer(HttpViewer):
    """`updates?since=`: what lies past `since`, now or as soon as there is something."""

    async def answer(self, hub: Hub, since: Position | None) -> None:
        frame = hub.frame_after(since)
        if frame is not None:
            return await self.respond(frame.body, LASTING if since else FRESH)
        if self.scope["method"] == "HEAD":
            return await self.respond(hub.heartbeat_frame().body, NEVER)
        async with Seat(hub, "poll", since) as seat:
            frame = await seat.next()
            news = seat.position != since
        if frame is None:
            await self.say_goodbye(hub.farewell or Close.RESYNC)
        else:
            await self.respond(frame.body, LASTING if news else NEVER)


class SnapshotViewer(HttpViewer):
    """`snapshot.json`: the snapshot frame, for programs and caches."""

    async def answer(self, hub: Hub, since: Position | None) -> None:
        etag = f'W/"{hub.replica.position}"'.encode()
        frame: Frame = hub.snapshot_frame()
        if (b"if-none-match", etag) in self.scope["headers"]:
            return await self.respond(b"", FRESH, HTTPStatus.NOT_MODIFIED, [(b"etag", etag)])
        await self.respond(frame.body, FRESH, extra=[(b"etag", etag)])
