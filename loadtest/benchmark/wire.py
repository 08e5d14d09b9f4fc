"""The bytes that the benchmark's polling viewers write: HTTP requests, Engine.IO's packets.

Requests that all viewers of one moment have in common are built once, and cached.
"""

import re
from functools import lru_cache

from viewers.protocol import frames

SEPARATOR = b"\x1e"  # between packets in one poll: Engine.IO protocol 4


def packets(payload: bytes) -> list[tuple[bytes, bytes]]:
    """Split a payload into Engine.IO packets: kind and data.

    The kind of a message (4) includes Socket.IO's kind: 40, 42.
    https://socket.io/docs/v4/engine-io-protocol/
    """
    found = []
    for packet in payload.split(SEPARATOR):
        size = 2 if packet.startswith(b"4") else 1
        found.append((packet[:size], packet[size:]))
    return found


@lru_cache(maxsize=64)
def poll_after(body: bytes, path: str, host: str) -> bytes:
    """Return Map Center's next poll after a response with this body. Raises ValueError."""
    found = frames.decode(body)
    if isinstance(found, frames.ByeFrame | frames.UnknownFrame):
        raise ValueError("the frame has no position")
    return request("GET", f"{path}?v={frames.VERSION}&since={found.epoch}:{found.seq}", host)


@lru_cache(maxsize=64)
def poll_after_head(head: bytes, path: str, host: str) -> bytes:
    """Return Nchan's next poll after a response with this head. Raises ValueError without an id."""
    lines = ""
    for theirs, ours in ((b"Last-Modified", "If-Modified-Since"), (b"Etag", "If-None-Match")):
        found = re.search(rb"(?i)\r\n" + theirs + rb": *([^\r]*)", head)
        if found is None:
            raise ValueError("the response has no message id")
        lines += f"{ours}: {found[1].decode()}\r\n"
    return request("GET", path, host, lines)


def request(method: str, path: str, host: str, lines: str = "", body: bytes = b"") -> bytes:
    """Return a request, with additional header `lines`."""
    if body:
        lines += f"Content-Type: text/plain;charset=UTF-8\r\nContent-Length: {len(body)}\r\n"
    return f"{method} {path} HTTP/1.1\r\nHost: {host}\r\n{lines}\r\n".encode() + body
