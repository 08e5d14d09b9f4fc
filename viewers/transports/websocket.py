"""The Channels consumer that carries frames to a viewer over a WebSocket."""

import asyncio
import contextlib
import logging
from abc import abstractmethod
from typing import Any

from channels.consumer import AsyncConsumer, get_handler_name
from channels.exceptions import StopConsumer

from viewers.fanout.hub import Frame, Seat
from viewers.fanout.relay import Relays
from viewers.protocol import frames
from viewers.protocol.frames import Close
from viewers.transports import admission

logger = logging.getLogger(__name__)

SLOW = 0.1  # seconds; a viewer whose socket was full that long gets a snapshot next


class ViewerConsumer(AsyncConsumer):
    """What both transports share.

    A viewer has no channel: only processes are members of groups, so the layer carries one
    message per process, not one per viewer. Each connection runs one task that takes a seat
    in the hub and sends what it gives.
    """

    channel_layer_alias = "none"  # not configured, so no channel is made
    serving: asyncio.Task[None] | None = None

    def __init__(self, relays: Relays) -> None:
        self.relays = relays

    async def dispatch(self, message: dict[str, Any]) -> None:
        # AsyncConsumer closes old database connections first, a thread hop per message.
        # No handler here touches the database.
        await getattr(self, get_handler_name(message))(message)

    def start(self) -> None:
        """Serve, in a task of its own."""
        self.serving = asyncio.create_task(self._serve_or_fail())

    async def _serve_or_fail(self) -> None:
        try:
            await self.serve()
        except Exception:
            logger.exception("a viewer could not be served")
            await self.fail()

    @abstractmethod
    async def serve(self) -> None:
        """Everything from the connection to its end."""

    @abstractmethod
    async def fail(self) -> None:
        """Something is wrong with us: tell the viewer to come back later."""

    def leave(self) -> None:
        """The connection is gone."""
        if self.serving is not None:
            self.serving.cancel()
        raise StopConsumer


class WebSocketViewer(ViewerConsumer):
    """One viewer on a WebSocket. It only listens; one that speaks is closed with 1008."""

    async def websocket_connect(self, message: dict[str, Any]) -> None:
        await self.send({"type": "websocket.accept"})
        self.start()

    async def websocket_receive(self, message: dict[str, Any]) -> None:
        assert self.serving is not None
        self.serving.cancel()
        try:
            await self.close(frames.POLICY_VIOLATION)
        except Exception:  # Daphne's autobahn refuses to send 1008
            await self.close(Close.PROTOCOL)

    async def websocket_disconnect(self, message: dict[str, Any]) -> None:
        self.leave()

    async def serve(self) -> None:
        """Send frames until the farewell."""
        hub = await admission.admit(self.scope, self.relays)
        if isinstance(hub, Close):
            return await self.say_goodbye(hub)
        try:
            since = admission.since(self.scope["query_string"])
        except ValueError:
            since = None
        try:
            async with Seat(hub, "ws", since) as seat:
                frame: Frame | None = seat.first()
                while frame is not None:
                    await self.deliver(frame, seat)
                    frame = await seat.next()
        except TimeoutError:
            return await self.close(Close.SLOW)
        assert seat.farewell is not None
        await self.say_goodbye(seat.farewell)

    async def fail(self) -> None:
        await self.say_goodbye(Close.FULL)

    async def deliver(self, frame: Frame, seat: Seat) -> None:
        """Send one frame. Raises TimeoutError if the socket stays full."""
        clock = asyncio.get_running_loop().time
        began = clock()
        async with asyncio.timeout(frames.STUCK_TIMEOUT):
            await self.send({"type": "websocket.send", "text": frame.text})
        if clock() - began > SLOW:
            seat.position = None

    async def say_goodbye(self, code: Close) -> None:
        """The bye frame, then the close."""
        await self.send(
            {"type": "websocket.send", "text": frames.encode(frames.bye(code)).decode()}
        )
        await self.close(code)

    async def close(self, code: int) -> None:
        """Close, unless the viewer did so meanwhile, or takes not even that."""
        with contextlib.suppress(OSError, RuntimeError, TimeoutError):
            async with asyncio.timeout(1):
                await self.send({"type": "websocket.close", "code": int(code)})
