"""A viewer's WebSocket without ASGI: prepared frames out, the `websockets` library for the rest."""

import asyncio
import re
import socket
from time import monotonic
from typing import Any

from websockets.frames import CLOSE, TEXT, CloseCode
from websockets.frames import Frame as WebSocketFrame
from websockets.protocol import OPEN, SERVER
from websockets.protocol import Protocol as Dialog
from websockets.utils import accept_key

from broadcaster.domain.stream import Position
from viewers.fanout.hub import Frame, Hub, spread
from viewers.protocol import frames
from viewers.protocol.frames import POLICY_VIOLATION, Close
from viewers.transports.longpoll import Headers, header_lines

SWITCHING = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
KEY = re.compile(rb"[+/0-9A-Za-z]{22}==")  # 16 bytes in base64

HIGH_WATER = 16 * 1024  # bytes unsent above which a viewer gets nothing until they are gone
SEND_BUFFER = 32 * 1024  # bytes that the kernel holds for a viewer (it doubles them)
CLOSING = 10.0  # seconds to wait for the viewer's half of the closing handshake


def handshake(asked: Headers, headers: Headers) -> bytes | None:
    """The answer to a handshake that is in order, with `headers`; None leaves it to uvicorn."""
    ours = [(name, value) for name, value in asked if name.startswith(b"sec-websocket-")]
    found = dict(ours)
    key = found.get(b"sec-websocket-key", b"")
    version = found.get(b"sec-websocket-version")
    if len(found) < len(ours) or version != b"13" or not KEY.fullmatch(key):
        return None
    accept = accept_key(key.decode()).encode()
    return b"%sSec-WebSocket-Accept: %s\r\n%s\r\n" % (SWITCHING, accept, header_lines(headers))


def text_frame(frame: Frame) -> bytes:
    """A hub's frame as it goes over the wire: made once, kept on the frame."""
    if frame.websocket is None:
        frame.websocket = WebSocketFrame(TEXT, frame.body).serialize(mask=False)
    return frame.websocket


class ViewerWebSocket(asyncio.Protocol):
    """One viewer: a subscriber of the hub that writes straight to its transport."""

    kind = "ws"
    __slots__ = ("_dialog", "connections", "due", "hub", "interval", "position", "unsent", "wire")

    def __init__(
        self,
        wire: asyncio.Transport,
        connections: set[Any],
        hub: Hub,
        since: Position | None,
        handshake: bytes,
    ) -> None:
        """Complete the handshake, sit down in the hub, and send the first frame."""
        self.wire = wire
        self.connections = connections  # uvicorn's, for its shutdown and the sweep
        self.hub: Hub | None = hub  # None: our close frame is out
        self.position = since
        self.interval = spread(hub.heartbeat)
        self.unsent = False  # above the high-water mark
        self._dialog: Dialog | None = None
        wire.set_protocol(self)
        wire.set_write_buffer_limits(high=HIGH_WATER)
        wire.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        wire.write(handshake)
        if not self.catch_up():
            self.write(hub.heartbeat_frame())
        hub.add(self)
        connections.add(self)

    def catch_up(self) -> bool:
        """Write what lies past this viewer's position, if there is anything."""
        assert self.hub is not None
        if (frame := self.hub.frame_after(self.position)) is None:
            return False
        self.position = self.hub.replica.position
        self.write(frame)
        return True

    def write(self, frame: Frame) -> None:
        self.due = monotonic() + self.interval
        self.wire.write(text_frame(frame))

    def wake(self) -> bool:
        """Take the news, if the last was taken: whether all is on its way, up to the mark."""
        assert self.hub is not None
        if not self.unsent:
            self.catch_up()
            if self.hub.farewell is not None:
                self.dismiss(self.hub.farewell)
        return not self.unsent

    def alarm(self) -> None:
        """Time for a heartbeat, but never one that overtakes an update; or patience is over."""
        if self.hub is None:
            self.wire.abort()
        elif self.unsent:
            self.close(Close.SLOW)  # it may yet read why
        elif not self.catch_up():
            self.write(self.hub.heartbeat_frame())

    def pause_writing(self) -> None:
        self.unsent = True
        if self.hub is not None:
            self.due = monotonic() + frames.STUCK_TIMEOUT

    def resume_writing(self) -> None:
        """All is sent. The snapshot tells best what was missed."""
        self.unsent = False
        if self.hub is not None:
            self.due = monotonic() + self.interval
            if self.hub.frame_after(self.position) is not None:
                self.position = None
            if self.wake() and self.hub is not None:
                self.hub.caught_up(self)

    # What viewers send, and leaving

    def data_received(self, data: bytes) -> None:
        """Pings and closes are answered. Data is refused: viewers do not speak."""
        self.dialog.receive_data(data)
        for frame in self.dialog.events_received():
            if isinstance(frame, WebSocketFrame) and frame.opcode < CLOSE:
                return self.close(POLICY_VIOLATION)
        self.reply()

    def dismiss(self, code: Close) -> None:
        """The bye frame, then the close."""
        self.wire.write(text_frame(Frame(frames.bye(code))))
        self.close(code)

    def close(self, code: int) -> None:
        """Send our close frame, unless it is out already, and wait for the viewer's."""
        if self.dialog.state is OPEN:
            self.dialog.send_close(code)
        self.reply()

    @property
    def dialog(self) -> Dialog:
        """The protocol's state, which most viewers never need."""
        if self._dialog is None:
            self._dialog = Dialog(SERVER, max_size=frames.MAX_MESSAGE)
        return self._dialog

    def reply(self) -> None:
        """Send what the protocol demands: a close to everyone, pongs to those who read."""
        said = b"".join(self.dialog.data_to_send())
        leaving = self.hub is not None and self.dialog.close_expected()
        if leaving or not self.unsent:
            self.wire.write(said)
        if leaving:
            self.leave()
            self.due = monotonic() + CLOSING
        if self.dialog.eof_sent:
            self.wire.close()

    def leave(self) -> None:
        if self.hub is not None:
            self.hub.remove(self)
            self.hub = None

    def shutdown(self) -> None:
        """uvicorn stops and has waited long enough."""
        self.close(CloseCode.SERVICE_RESTART)
        self.wire.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self.leave()
        self.connections.discard(self)
