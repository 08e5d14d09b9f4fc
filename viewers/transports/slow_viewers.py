"""The rule for a WebSocket that reads more slowly than updates come.

While more than `HIGH_WATER` bytes wait to be sent, the viewer gets nothing. Once they are sent,
it gets the snapshot if it missed an update. If they are not sent within `STUCK_TIMEOUT`, the
viewer is closed with 4108.

The fast path is called by its transport when the buffer is full, and when it is empty again. On
plain ASGI `send` waits for that, so three things differ there:

- The bytes are those of the server. `manage.py serve` sets the same limits for both.
- The update for which `send` waits is sent before the snapshot.
- The close cannot be sent either while the buffer is full. The kernel ends the connection then.

Daphne's `send` never waits, so it buffers for a slow viewer without a limit.
"""

import asyncio
import socket

from broadcaster.domain.stream import Position
from viewers.fanout.hub import Hub

HIGH_WATER = 16 * 1024  # unsent bytes, besides the kernel's
SEND_BUFFER = 32 * 1024  # bytes that the kernel holds for a viewer (it doubles them)
STUCK_TIMEOUT = 15.0  # seconds


def limit_buffers(transport: asyncio.Transport) -> None:
    """Limit what is buffered for one viewer, here and in the kernel."""
    transport.set_write_buffer_limits(high=HIGH_WATER)
    connection = transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)


def position_after_wait(hub: Hub, position: Position | None) -> Position | None:
    """Return the position from which a viewer continues after its buffer was full.

    None if it missed an update meanwhile: it gets the snapshot.
    """
    return position if hub.frame_after(position) is None else None
