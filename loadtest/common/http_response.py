"""HTTP/1.1 responses with a content length, split out of a byte stream."""

import re
from functools import lru_cache

from msgspec import Struct

LONGEST_HEAD = 64 * 1024  # bytes


class HttpResponse(Struct):  # cheap: the load generators make one for each poll
    """`head` is the status line and the headers, without the empty line."""

    status: int
    head: bytes
    body: bytes


def split_response(data: bytes) -> tuple[HttpResponse, bytes] | None:
    """Return the first complete response and the bytes after it; None if more bytes are needed.

    Raises ValueError if `data` does not begin with a response that has a content length.
    """
    end = data.find(b"\r\n\r\n")
    if end < 0:
        if len(data) > LONGEST_HEAD:
            raise ValueError("the head of the response does not end")
        return None
    head, body = data[:end], end + 4
    status, length = _parse_head(head)
    if len(data) < body + length:
        return None
    return HttpResponse(status, head, data[body : body + length]), data[body + length :]


@lru_cache(maxsize=64)
def _parse_head(head: bytes) -> tuple[int, int]:
    """Return status and content length. Cached: viewers of one moment receive the same head."""
    status = re.match(rb"HTTP/1\.[01] (\d{3})", head)
    length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    if status is None or length is None:
        raise ValueError("the data is not an HTTP/1.1 response with a content length")
    return int(status[1]), int(length[1])
