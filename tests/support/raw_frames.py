"""WebSocket frames as bytes."""

import struct

MASK = b"\x01\x02\x03\x04"


def masked(first: int, payload: bytes = b"", length: int | None = None) -> bytes:
    """Return a frame as clients send them: `first` is its first byte, with the opcode.

    `length` overrides what its head says about the payload.
    """
    size = len(payload) if length is None else length
    if size < 126:
        head = struct.pack("!BB", first, 0x80 | size)
    elif size < 1 << 16:
        head = struct.pack("!BBH", first, 0x80 | 126, size)
    else:
        head = struct.pack("!BBQ", first, 0x80 | 127, size)
    body = bytes(byte ^ MASK[i % 4] for i, byte in enumerate(payload))
    return head + MASK + body
