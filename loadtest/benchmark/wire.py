"""What the benchmark's polling viewers read and write: HTTP, and Engine.IO's packets in it. Pure.

What all viewers of one moment have in common is worked out once.
"""

import re
from functools import lru_cache

from loadtest.swarm.transports import LONGEST_HEAD
from viewers.protocol import frames

SEPARATOR = b"\x1e"  # between packets in one poll: Engine.IO protocol 4


def packets(payload: bytes) -> list[tuple[bytes, bytes]]:
    """Engine.IO packets as kind and data; a message (4) has Socket.IO's kind with it: 40, 42.

    https://socket.io/docs/v4/engine-io-protocol/
    """
    found = []
    for packet in payload.split(SEPARATOR):
        size = 2 if packet.startswith(b"4") else 1
        found.append((packet[:size], packet[size:]))
    return found


def answer(data: bytes) -> tuple[int, bytes, bytes, bytes] | None:
    """Status, head and body of the first whole HTTP answer, and the rest. Raises ValueError."""
    end = data.find(b"\r\n\r\n")
    if end < 0:
        if len(data) > LONGEST_HEAD:
            raise ValueError("the head does not end")
        return None
    head, begin = data[:end], end + 4
    status, length = _read_head(head)
    if len(data) < begin + length:
        return None
    return status, head, data[begin : begin + length], data[begin + length :]


@lru_cache(maxsize=64)
def _read_head(head: bytes) -> tuple[int, int]:
    status = re.match(rb"HTTP/1\.[01] (\d{3})", head)
    length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    if status is None or length is None:
        raise ValueError("is not an answer with a content length")
    return int(status[1]), int(length[1])


@lru_cache(maxsize=64)
def poll_after(body: bytes, path: str, host: str) -> bytes:
    """Ours: the poll that follows an answer. Cached: viewers of one moment send the same."""
    found = frames.decode(body)
    if isinstance(found, frames.ByeFrame | frames.UnknownFrame):
        raise ValueError("is not a frame with a position")
    return request("GET", f"{path}?since={found.epoch}:{found.seq}", host)


@lru_cache(maxsize=64)
def poll_after_head(head: bytes, path: str, host: str) -> bytes:
    """Nchan's: the poll that follows an answer with this head. Cached likewise."""
    lines = ""
    for theirs, ours in ((b"Last-Modified", "If-Modified-Since"), (b"Etag", "If-None-Match")):
        found = re.search(rb"(?i)\r\n" + theirs + rb": *([^\r]*)", head)
        if found is None:
            raise ValueError("has no message id")
        lines += f"{ours}: {found[1].decode()}\r\n"
    return request("GET", path, host, lines)


def request(method: str, path: str, host: str, lines: str = "", body: bytes = b"") -> bytes:
    """A request, with more header `lines`."""
    if body:
        lines += f"Content-Type: text/plain;charset=UTF-8\r\nContent-Length: {len(body)}\r\n"
    return f"{method} {path} HTTP/1.1\r\nHost: {host}\r\n{lines}\r\n".encode() + body
