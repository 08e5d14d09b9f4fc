"""A viewer's WebSocket without ASGI: prepared frames out, control frames in (RFC 6455)."""

import asyncio
import base64
import binascii
import hashlib
import socket
from collections.abc import Iterator
from typing import Any

from broadcaster.stream import Position
from viewers import protocol
from viewers.hub import Frame, Hub, spread
from viewers.protocol import SPOKE, Close

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
WRONG = 1002  # WebSocket's own code for "protocol error"
NOT_TEXT = 1007  # "invalid payload data"
RESTARTING = 1012  # "service restart"

HIGH_WATER = 16 * 1024  # bytes unsent above which a viewer gets nothing until they are gone
SEND_BUFFER = 32 * 1024  # bytes that the kernel holds for a viewer (it doubles them)
CLOSING = 10.0  # seconds to wait for the viewer's half of the closing handshake

CLOSE, PING, PONG = 0x8, 0x9, 0xA
OPCODES = frozenset((0x0, 0x1, 0x2, CLOSE, PING, PONG))

Headers = list[tuple[bytes, bytes]]


def handshake(headers: Headers) -> bytes | None:
    """Sec-WebSocket-Accept for a handshake that is in order; None leaves it to uvicorn."""
    found: dict[bytes, bytes] = {}
    for name, value in headers:
        if name.startswith(b"sec-websocket-") and found.setdefault(name, value) is not value:
            return None
    key = found.get(b"sec-websocket-key", b"")
    if found.get(b"sec-websocket-version") != b"13":
        return None
    try:
        if len(base64.b64decode(key, validate=True)) != 16:
            return None
    except binascii.Error:
        return None
    return base64.b64encode(hashlib.sha1(key + GUID).digest())


def text_frame(frame: Frame) -> bytes:
    """A hub's frame as it goes over the wire: made once, kept on the frame."""
    if frame.websocket is None:
        frame.websocket = header(0x81, len(frame.body)) + frame.body
    return frame.websocket


def header(first: int, length: int) -> bytes:
    """An unmasked frame header. `first` holds FIN and the opcode."""
    if length < 126:
        return bytes((first, length))
    if length < 1 << 16:
        return bytes((first, 126)) + length.to_bytes(2, "big")
    return bytes((first, 127)) + length.to_bytes(8, "big")


def control_frame(opcode: int, payload: bytes) -> bytes:
    return bytes((0x80 | opcode, len(payload))) + payload


class ViewerWebSocket(asyncio.Protocol):
    """One viewer: a subscriber of the hub that writes straight to its transport."""

    kind = "ws"
    __slots__ = (
        "buffer",
        "closing",
        "connections",
        "hub",
        "last",
        "loop",
        "position",
        "skip",
        "timer",
        "unsent",
        "wire",
    )

    def __init__(self, wire: asyncio.Transport, connections: set[Any]) -> None:
        self.wire = wire
        self.connections = connections  # uvicorn's, for its shutdown
        self.loop = asyncio.get_running_loop()
        self.hub: Hub | None = None
        self.position: Position | None = None
        self.buffer = b""  # received and not yet a whole frame
        self.skip = 0  # bytes of refused data still to come
        self.closing = False  # our close frame is out
        self.unsent = False  # above the high-water mark
        self.last = 0.0  # when something was written
        self.timer: asyncio.TimerHandle | None = None  # heartbeat, or the end of patience
        connections.add(self)
        wire.set_write_buffer_limits(high=HIGH_WATER)
        sock = wire.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)

    def open(
        self, accept: bytes, headers: Headers, hub: Hub | Close, since: Position | None
    ) -> None:
        """Complete the handshake, send the first frame, and sit down in the hub."""
        lines = [b"HTTP/1.1 101 Switching Protocols", b"Upgrade: websocket", b"Connection: Upgrade"]
        lines.append(b"Sec-WebSocket-Accept: " + accept)
        lines += [name + b": " + value for name, value in headers]
        head = b"\r\n".join(lines) + b"\r\n\r\n"
        if isinstance(hub, Close):
            self.wire.write(head)
            return self.dismiss(hub)
        frame = hub.frame_after(since)
        self.position = since if frame is None else hub.replica.position
        self.hub = hub
        hub.add(self)
        self.last = self.loop.time()
        self.timer = self.loop.call_later(spread(hub.heartbeat), self.beat)
        self.wire.write(head + text_frame(frame or hub.heartbeat_frame()))
        if hub.farewell is not None:
            self.dismiss(hub.farewell)

    def wake(self) -> None:
        """Write what lies past this viewer's position, unless it has not taken the last yet."""
        assert self.hub is not None
        if self.unsent or self.closing:
            return
        frame = self.hub.frame_after(self.position)
        if frame is not None:
            self.position = self.hub.replica.position
            self.last = self.loop.time()
            self.wire.write(text_frame(frame))
        if self.hub.farewell is not None:
            self.dismiss(self.hub.farewell)

    def beat(self) -> None:
        """Send a heartbeat if nothing else was sent meanwhile."""
        self.wake()  # a heartbeat must not overtake an update that is on its way
        if self.hub is None or self.unsent:  # that was the farewell, or more than it takes
            return
        interval = spread(self.hub.heartbeat)
        idle = self.loop.time() - self.last
        if idle >= self.hub.heartbeat * (1 - protocol.HEARTBEAT_SPREAD):
            self.last, idle = self.loop.time(), 0.0
            self.timer = self.loop.call_later(interval, self.beat)
            self.wire.write(text_frame(self.hub.heartbeat_frame()))
        else:
            self.timer = self.loop.call_later(max(interval - idle, 0.0), self.beat)

    # Leaving

    def dismiss(self, code: Close) -> None:
        """The bye frame, then the close."""
        bye = protocol.encode(protocol.bye(code)).encode()
        self.wire.write(header(0x81, len(bye)) + bye)
        self.close(code)

    def close(self, code: int) -> None:
        """Send our close frame and wait for the viewer's."""
        self.send_close(int(code).to_bytes(2, "big"))

    def send_close(self, payload: bytes) -> None:
        if self.closing:
            return
        self.leave()
        self.closing = True
        self.wire.write(control_frame(CLOSE, payload))
        self.timer = self.loop.call_later(CLOSING, self.wire.abort)

    def leave(self) -> None:
        """Out of the hub, and no more timers."""
        if self.hub is not None:
            self.hub.remove(self)
            self.hub = None
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None

    def shutdown(self) -> None:
        """uvicorn stops and has waited long enough."""
        self.close(RESTARTING)
        self.wire.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self.leave()
        self.connections.discard(self)

    # Slow viewers

    def pause_writing(self) -> None:
        self.unsent = True
        if self.timer is not None:
            self.timer.cancel()
        self.timer = self.loop.call_later(protocol.STUCK, self.give_up)

    def resume_writing(self) -> None:
        """All is sent. The snapshot tells best what was missed."""
        self.unsent = False
        if self.closing or self.hub is None:
            return
        if self.timer is not None:
            self.timer.cancel()
        self.timer = self.loop.call_later(spread(self.hub.heartbeat), self.beat)
        if self.position != self.hub.replica.position:
            self.position = None
        self.wake()

    def give_up(self) -> None:
        """The viewer has not read for too long. It may yet read why."""
        self.close(Close.SLOW)

    # What viewers send

    def data_received(self, data: bytes) -> None:
        for opcode, payload in self.control_frames(data):
            if opcode == CLOSE:
                self.close_received(payload)
            elif opcode == PING and not self.closing and not self.unsent:
                self.wire.write(control_frame(PONG, payload))

    def control_frames(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """Whole control frames. Data is refused and thrown away: viewers do not speak."""
        data = self.buffer + data
        start = self.skip
        while len(data) >= start + 2 and not self.wire.is_closing():
            first, second = data[start], data[start + 1]
            opcode, length = first & 0x0F, second & 0x7F
            size = {126: 2, 127: 8}.get(length, 0)  # bytes of an extended length
            begin = start + 2 + size + 4  # of the payload, past the mask
            if first & 0x70 or not second & 0x80 or opcode not in OPCODES:
                return self.fail(WRONG)
            if opcode >= CLOSE and (size or not first & 0x80):
                return self.fail(WRONG)
            if len(data) < begin:
                break
            if size:
                length = int.from_bytes(data[start + 2 : start + 2 + size], "big")
            if opcode < CLOSE:
                self.close(SPOKE)
            elif len(data) < begin + length:
                break
            else:
                mask, masked = data[begin - 4 : begin], data[begin : begin + length]
                yield opcode, bytes(byte ^ mask[i % 4] for i, byte in enumerate(masked))
            start = begin + length
        self.skip = max(start - len(data), 0)
        self.buffer = data[start:]

    def close_received(self, payload: bytes) -> None:
        """The viewer leaves, or answers our close."""
        code = int.from_bytes(payload[:2], "big") if payload else 1000
        if not (1000 <= code < 5000 and code not in (1004, 1005, 1006)):
            return self.fail(WRONG)
        try:
            payload[2:].decode()
        except UnicodeDecodeError:
            return self.fail(NOT_TEXT)
        self.send_close(payload)
        self.wire.close()

    def fail(self, code: int) -> None:
        """What came is not WebSocket; what follows cannot be read."""
        self.close(code)
        self.wire.close()
