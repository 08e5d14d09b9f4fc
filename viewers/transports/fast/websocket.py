"""A viewer's WebSocket without ASGI: prepared frames out, the `websockets` library for the rest."""

import asyncio
from time import monotonic
from typing import Any

from websockets.frames import CLOSE, TEXT, CloseCode
from websockets.frames import Frame as WebSocketFrame
from websockets.protocol import OPEN, SERVER
from websockets.utils import accept_key

from broadcaster.domain.stream import Position
from viewers.fanout.encoded_frame import EncodedFrame
from viewers.fanout.hub import Hub
from viewers.protocol import frames
from viewers.protocol.frames import POLICY_VIOLATION, Close
from viewers.transports import limits
from viewers.transports.fast.frame_rate import LimitedProtocol
from viewers.transports.fast.timers import NEVER
from viewers.transports.slow_viewers import STUCK_TIMEOUT, limit_buffers, position_after_wait
from viewers.transports.whole_response import Headers, header_lines

SWITCHING = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"

CLOSING = 10.0  # seconds to wait for the viewer's half of the closing handshake


def handshake(key: bytes, headers: Headers) -> bytes:
    """Return the response to a handshake with this key, with the server's own `headers`."""
    accept = accept_key(key.decode()).encode()
    return b"%sSec-WebSocket-Accept: %s\r\n%s\r\n" % (SWITCHING, accept, header_lines(headers))


def text_frame(frame: EncodedFrame) -> bytes:
    """Return the bytes of a hub's frame on the wire: made once, kept on the frame."""
    if frame.websocket is None:
        frame.websocket = WebSocketFrame(TEXT, frame.body).serialize(mask=False)
    return frame.websocket


class FastWebSocketViewer(asyncio.Protocol):
    """One viewer: a subscriber of the hub that writes straight to its transport."""

    kind = "ws"
    limits: limits.ConnectionLimits
    __slots__ = ("_state", "connections", "due", "full", "hub", "interval", "position", "transport")

    def __init__(
        self,
        transport: asyncio.Transport,
        connections: set[Any],
        hub: Hub,
        since: Position | None,
        handshake: bytes,
    ) -> None:
        """Complete the handshake, send the first frame, and subscribe to the hub."""
        self.transport = transport
        self.connections = connections  # uvicorn's, for its shutdown and the sweep
        self.hub: Hub | None = hub  # None as soon as our close frame is sent
        self.position = since
        self.interval = hub.heartbeat.interval()
        self.full = False  # the write buffer, above the high-water mark
        self._state: LimitedProtocol | None = None
        transport.set_protocol(self)
        limit_buffers(transport)
        if (frame := hub.frame_after(since)) is not None:
            self.position = hub.replica.position
        self.due = monotonic() + self.interval
        transport.write(handshake + text_frame(frame or hub.heartbeat_frame()))  # one system call
        hub.add(self)
        connections.add(self)

    def catch_up(self) -> bool:
        """Write what lies past this viewer's position. Return whether there was anything."""
        assert self.hub is not None
        if (frame := self.hub.frame_after(self.position)) is None:
            return False
        self.position = self.hub.replica.position
        self.write(frame)
        return True

    def write(self, frame: EncodedFrame) -> None:
        """Write one frame; the next heartbeat is due an interval later."""
        self.due = monotonic() + self.interval
        self.transport.write(text_frame(frame))

    def notify(self) -> bool:
        """Write pending updates unless the buffer is full. Return whether it is not."""
        assert self.hub is not None
        if not self.full:
            self.catch_up()
            if self.hub.closing_code is not None:
                self.disconnect(self.hub.closing_code)
        return not self.full

    def on_timer(self) -> None:
        """Write a heartbeat that overtakes no update, or close a stuck connection."""
        if self.hub is None:
            self.transport.abort()
        elif self.full:
            self.close(Close.SLOW)  # the viewer may still read it
        elif not self.catch_up():
            self.write(self.hub.heartbeat_frame())

    def pause_writing(self) -> None:
        self.full = True
        if self.hub is not None:
            self.due = monotonic() + STUCK_TIMEOUT

    def resume_writing(self) -> None:
        self.full = False
        if self.hub is not None:
            self.due = monotonic() + self.interval
            self.position = position_after_wait(self.hub, self.position)
            if self.notify() and self.hub is not None:
                self.hub.ledger.mark_caught_up(self)

    # Frames from viewers, and leaving

    def data_received(self, data: bytes) -> None:
        """Answer pings and closes. A viewer that sends data is closed."""
        self.state.receive_data(data)
        for frame in self.state.events_received():
            if isinstance(frame, WebSocketFrame) and frame.opcode < CLOSE:
                return self.close(POLICY_VIOLATION)
        self.reply()

    def disconnect(self, code: Close) -> None:
        """Send the bye frame, then close."""
        self.transport.write(text_frame(EncodedFrame(frames.bye(code))))
        self.close(code)

    def close(self, code: int) -> None:
        """Send our close frame, unless it is sent already, and wait for the viewer's."""
        if self.state.state is OPEN:
            self.state.send_close(code)
        self.reply()

    @property
    def state(self) -> LimitedProtocol:
        """The state of the protocol, which most viewers never need."""
        if self._state is None:
            self._state = LimitedProtocol(SERVER, max_size=frames.MAX_MESSAGE)
        return self._state

    def reply(self) -> None:
        """Send the parser's own frames: closes always, pongs unless the buffer is full."""
        reply = b"".join(self.state.data_to_send())
        leaving = self.hub is not None and self.state.close_expected()
        if leaving or not self.full:
            self.transport.write(reply)
        if leaving:
            self.leave()
            self.due = monotonic() + CLOSING
        if self.state.eof_sent:
            self.transport.close()

    def leave(self) -> None:
        if self.hub is not None:
            self.hub.remove(self)
            self.hub = None

    def shutdown(self) -> None:
        """Close at once: uvicorn stops and has waited long enough."""
        self.close(CloseCode.SERVICE_RESTART)
        self.transport.close()

    @property
    def idle_since(self) -> float:
        return limits.CLOSING if self.hub is None else NEVER

    def evict(self) -> None:
        self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self.leave()
        self.connections.discard(self)
        self.limits.evicted.discard(self)
