"""The rate of frames on a WebSocket: a flood of pings must not delay other viewers."""

from time import monotonic
from typing import Any

from websockets.exceptions import ProtocolError
from websockets.frames import CloseCode, Frame
from websockets.protocol import Protocol
from websockets.server import ServerProtocol

from viewers.transports.limits import FRAMES_PERIOD, MAX_FRAMES


class LimitedProtocol(Protocol):
    """The state of a WebSocket, which fails with 1008 at more than `max_frames` in a period.

    The check is between two frames: a single read may have 40,000 pings in it, and parsing these
    takes a second.
    """

    max_frames = MAX_FRAMES

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.frames_left = 0
        self.period_ends = 0.0

    def recv_frame(self, frame: Frame) -> None:
        if (now := monotonic()) >= self.period_ends:
            self.frames_left, self.period_ends = self.max_frames, now + FRAMES_PERIOD
        self.frames_left -= 1
        if self.frames_left < 0:
            self.fail(CloseCode.POLICY_VIOLATION, "too many frames; send fewer")
            raise ProtocolError("too many frames")  # ends the parser; the close frame is written
        super().recv_frame(frame)


class LimitedServerProtocol(LimitedProtocol, ServerProtocol):
    """The same, with the handshake."""
