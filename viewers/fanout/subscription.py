"""A connection's subscription to a hub, for transports that await what comes next."""

import asyncio

from broadcaster.domain.stream import Position
from viewers.fanout.encoded_frame import EncodedFrame
from viewers.fanout.hub import Hub
from viewers.protocol.frames import Close


class Subscription:
    """One subscriber of a hub, on any ASGI server.

    `async with` enters and leaves the hub; `first` and then `next` return the frames in order.
    """

    def __init__(self, hub: Hub, kind: str, since: Position | None) -> None:
        self.hub = hub
        self.kind = kind
        self.position = since
        self.disconnected: Close | None = None  # the code to leave with, from the hub
        self._notified: asyncio.Future[bool] | None = None  # while `wait` waits

    async def __aenter__(self) -> "Subscription":
        self.hub.add(self)
        return self

    async def __aexit__(self, *exc: object) -> None:
        self.hub.remove(self)

    def notify(self) -> bool:
        if self._notified is None or self._notified.done():
            return False
        self._notified.set_result(True)
        return True

    def disconnect(self, code: Close) -> None:
        self.disconnected = code
        self.notify()

    @property
    def closing_code(self) -> Close | None:
        """The code to close this connection with, if it is time to."""
        return self.disconnected or self.hub.closing_code

    def first(self) -> EncodedFrame:
        """Return the first frame: all that the viewer lacks, or a heartbeat if it lacks nothing."""
        frame = self.hub.frame_after(self.position)
        if frame is None:
            return self.hub.heartbeat_frame()
        self.position = self.hub.replica.position
        return frame

    async def next(self) -> EncodedFrame | None:
        """Return the next frame, a heartbeat if none comes in time, None when it is time to close.

        Nothing is awaited between the look at the hub and the wait, so no update can be missed.
        """
        while (frame := self.hub.frame_after(self.position)) is None:
            if self.closing_code is not None:
                return None
            self.hub.ledger.mark_caught_up(self)
            notified = await self.wait()
            # An update may have come after the timer fired: no heartbeat may overtake it.
            if not notified and self.hub.frame_after(self.position) is None:
                return self.hub.heartbeat_frame()
        self.position = self.hub.replica.position
        return frame

    async def wait(self) -> bool:
        """Wait for a notification. Return False if the time for a heartbeat came first."""
        loop = asyncio.get_running_loop()
        self._notified = loop.create_future()
        timer = loop.call_later(self.hub.heartbeat.interval(), self._expire)
        try:
            return await self._notified
        finally:
            timer.cancel()
            self._notified = None

    def _expire(self) -> None:
        if self._notified is not None and not self._notified.done():
            self._notified.set_result(False)
