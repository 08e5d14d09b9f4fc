"""Whole HTTP responses that are made once and sent many times."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

Headers = list[tuple[bytes, bytes]]


class WholeResponse:
    """A whole HTTP response. `headers` go out in this order; `head` is the same as bytes.

    `wire` is for the fast path: there it keeps the response as bytes, with the server's own
    headers for which they were made.
    """

    __slots__ = ("body", "head", "headers", "status", "wire")

    def __init__(
        self, status: HTTPStatus, headers: Sequence[tuple[bytes, bytes]], body: bytes
    ) -> None:
        self.status = status
        self.headers = list(headers)
        self.body = body
        self.head = header_lines(self.headers)
        self.wire: tuple[Headers, bytes] | None = None


def header_lines(headers: Headers) -> bytes:
    """Return headers as they go over the wire."""
    return b"".join(name + b": " + value + b"\r\n" for name, value in headers)


async def respond(send: Any, response: WholeResponse, method: str = "GET") -> None:
    """Send a whole response over ASGI. A HEAD request gets no body."""
    status, headers = int(response.status), response.headers
    body = b"" if method == "HEAD" else response.body
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
