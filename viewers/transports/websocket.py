"""The Channels consumer that carries frames to a viewer over a WebSocket."""

import asyncio
import contextlib
from typing import Any

from viewers.fanout.encoded_frame import EncodedFrame
from viewers.fanout.subscription import Subscription
from viewers.protocol import frames
from viewers.protocol.frames import Close
from viewers.transports import admission
from viewers.transports.consumer import ViewerConsumer, ViewerGone
from viewers.transports.slow_viewers import STUCK_TIMEOUT, position_after_wait

CLOSE_TIMEOUT = 1.0  # seconds


class AsgiWebSocketViewer(ViewerConsumer):
    """One viewer on a WebSocket. It only receives; one that sends data is closed with 1008."""

    async def websocket_connect(self, message: dict[str, Any]) -> None:
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
        """Accept, and send frames until it is time to close."""
        await self.send({"type": "websocket.accept"})
        hub = await admission.admit(self.scope, self.relays)
        if isinstance(hub, Close):
            return await self.say_goodbye(hub)
        if admission.is_outdated(self.scope, self.scope["query_string"]):
            return await self.say_goodbye(Close.PROTOCOL)
        try:
            since = admission.since(self.scope["query_string"])
        except ValueError:
            since = None
        try:
            async with Subscription(hub, "ws", since) as subscription:
                frame: EncodedFrame | None = subscription.first()
                while frame is not None:
                    await self.deliver(frame, subscription)
                    frame = await subscription.next()
        except TimeoutError:
            return await self.close(Close.SLOW)
        assert subscription.closing_code is not None
        await self.say_goodbye(subscription.closing_code)

    async def fail(self) -> None:
        await self.say_goodbye(Close.FULL)

    async def deliver(self, frame: EncodedFrame, subscription: Subscription) -> None:
        """Send one frame. Raises TimeoutError if the viewer's buffer stays full.

        On a server with back-pressure nothing else runs during a `send` that does not wait, so an
        update that came meanwhile means that the buffer was full.
        """
        async with asyncio.timeout(STUCK_TIMEOUT):
            await self.send({"type": "websocket.send", "text": frame.text})
        subscription.position = position_after_wait(subscription.hub, subscription.position)

    async def say_goodbye(self, code: Close) -> None:
        """Send the bye frame, then close."""
        await self.send({"type": "websocket.send", "text": EncodedFrame(frames.bye(code)).text})
        await self.close(code)

    async def close(self, code: int) -> None:
        """Close, unless the viewer did so meanwhile, or its buffer is full."""
        with contextlib.suppress(ViewerGone, RuntimeError, TimeoutError):
            async with asyncio.timeout(CLOSE_TIMEOUT):
                await self.send({"type": "websocket.close", "code": int(code)})
