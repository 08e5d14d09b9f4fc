"""A simulated viewer's connection, kept light: ten thousand of them share a process.

Both kinds report to their owner and decide nothing. A connection that could not be made, was lost
or was closed by the server is reported once, through `closed`. After `close`, nothing is reported.
"""

import asyncio
import socket
from functools import lru_cache
from typing import Any, Protocol, cast

from picows import WSCloseCode, WSError, WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from loadtest.common import connection, failures
from loadtest.common.connection import READ_BUFFER, connect, open_stream
from loadtest.common.failures import Failure
from loadtest.common.http_response import HttpResponse, split_response
from loadtest.common.target import Target
from viewers.protocol.frames import FIRST_FRAME

SMALL_BUFFER = 4096  # bytes that the kernel receives for a viewer who does not read


class WebSocketOwner(Protocol):
    """Receives the events of a `WebSocketConnection`."""

    def opened(self) -> None: ...

    def frame(self, data: bytes) -> None: ...

    def closed(self, why: Failure, code: int | None = None) -> None: ...


class PollOwner(Protocol):
    """Receives the events of a `PollConnection`."""

    def opened(self) -> None: ...

    def answered(self, response: HttpResponse) -> None: ...

    def closed(self, why: Failure, code: int | None = None) -> None: ...


class WebSocketConnection(WSListener):
    """One WebSocket to `path`, with the Origin header that a browser would send.

    With `silent`, frames are read and not reported, as if a proxy swallowed them. With `unread`,
    nothing is read after the handshake, and the kernel's buffer for it is small.
    """

    def __init__(
        self,
        owner: WebSocketOwner,
        target: Target,
        path: str,
        source_ip: str,
        *,
        silent: bool = False,
        unread: bool = False,
    ) -> None:
        self._owner: WebSocketOwner | None = owner
        self._code: int | None = None
        self._transport: WSTransport | None = None
        self._silent = silent or unread
        self._unread = unread
        self._shaking_hands = False
        self._opening = asyncio.ensure_future(self._open(target, path, source_ip))

    @property
    def open(self) -> bool:
        """Whether the server has completed the handshake and not closed the connection."""
        return self._transport is not None and connection.is_established(self._socket)

    def read(self, on: bool) -> None:
        """Read on, or no longer, if nothing was read until now."""
        if self.open:
            (self._socket.resume_reading if on else self._socket.pause_reading)()

    def close(self) -> None:
        """Disconnect without a closing handshake."""
        self._owner = None
        if self._transport is not None:
            self._transport.disconnect()
        elif not self._shaking_hands:  # picows would leak the connection; it has a time limit
            self._opening.cancel()

    def leave(self) -> None:
        """Disconnect as a browser does whose page is closed."""
        if self._transport is not None:
            self._transport.send_close(WSCloseCode.GOING_AWAY)
        self.close()

    def lose_network(self) -> None:
        """Receive nothing more, as if the network were gone."""
        if self._transport is not None:
            connection.lose_network(self._socket)

    def regain_network(self) -> None:
        """End what `lose_network` began."""
        if self._transport is not None:
            connection.regain_network(self._socket)

    @property
    def _socket(self) -> Any:
        assert self._transport is not None
        return self._transport.underlying_transport

    async def _open(self, target: Target, path: str, source_ip: str) -> None:
        async def factory(_: object) -> socket.socket:
            sock = await connect(target, source_ip, SMALL_BUFFER if self._unread else 0)
            self._shaking_hands = True
            return sock

        headers = {"Origin": target.origin}
        if target.authorization:
            headers["Authorization"] = target.authorization
        try:
            await ws_connect(
                lambda: self,
                f"{target.websocket_url}{path}",
                ssl_context=target.tls,
                extra_headers=headers,
                socket_factory=factory,
                read_buffer_init_size=READ_BUFFER,
                websocket_handshake_timeout=FIRST_FRAME,
                max_redirects=0,
            )
        except (OSError, WSError) as error:
            self._report(failures.of_error(error))

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._transport = transport
        if self._owner is None:
            transport.disconnect()
            return
        if self._unread:
            self._socket.pause_reading()
        self._owner.opened()

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.TEXT:
            if self._owner is not None and not self._silent:
                self._owner.frame(frame.get_payload_as_bytes())
        elif frame.msg_type == WSMsgType.CLOSE:
            self._code = int.from_bytes(frame.get_payload_as_bytes()[:2], "big") or None
            transport.send_close()
            transport.disconnect()

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self._report(failures.of_close(self._code))

    def _report(self, why: Failure) -> None:
        owner, self._owner = self._owner, None
        if owner is not None:
            owner.closed(why, self._code)


class PollConnection(asyncio.Protocol):
    """One HTTP connection. `request` may be called after `opened`, and after each response.

    With `reopen` it serves a single request and lets the server close first: the side that closes
    first keeps the port for a minute, and the swarm has fewer ports than the server.
    """

    def __init__(self, owner: PollOwner, target: Target, source_ip: str, reopen: bool) -> None:
        self._owner: PollOwner | None = owner
        self._responses = ResponseReader()
        self._transport: asyncio.Transport | None = None
        self._tail = _request_tail(target, reopen)
        self._opening = asyncio.ensure_future(self._open(target, source_ip))

    def request(self, path: str) -> None:
        """Request `path`. The response is reported through `answered`."""
        if self._transport is not None:
            self._transport.write(_request_line(path) + self._tail)

    def let_go(self) -> None:
        """Report nothing more, and leave closing to the server."""
        self._owner = None

    def close(self) -> None:
        """Abort the connection."""
        self._owner = None
        self._opening.cancel()
        if self._transport is not None:
            self._transport.abort()

    def leave(self) -> None:
        """Disconnect as a browser does whose page is closed: it aborts the request."""
        self.close()

    def lose_network(self) -> None:
        """Receive nothing more, as if the network were gone."""
        if self._transport is not None:
            connection.lose_network(self._transport)

    def regain_network(self) -> None:
        """End what `lose_network` began."""
        if self._transport is not None:
            connection.regain_network(self._transport)

    async def _open(self, target: Target, source_ip: str) -> None:
        try:
            await open_stream(self, target, source_ip)
        except OSError as error:
            self._report(failures.of_error(error))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is no subclass
        if self._owner is None:
            self._transport.abort()
        else:
            self._owner.opened()

    def data_received(self, data: bytes) -> None:
        try:
            for response in self._responses.feed(data):
                if self._owner is not None:
                    self._owner.answered(response)
        except ValueError:
            self._report(failures.INVALID_HTTP)
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._report(failures.of_close(None) if exc is None else failures.of_error(exc))

    def _report(self, why: Failure) -> None:
        owner, self._owner = self._owner, None
        if owner is not None:
            owner.closed(why)


class ResponseReader:
    """Reads HTTP/1.1 responses out of a byte stream, however it is split."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[HttpResponse]:
        """Return the responses that are now complete. Raises ValueError as `split_response`."""
        rest = self._rest + data
        found = []
        while (split := split_response(rest)) is not None:
            response, rest = split
            found.append(response)
        self._rest = rest
        return found


@lru_cache(maxsize=64)
def _request_line(path: str) -> bytes:
    return b"GET " + path.encode("ascii")


@lru_cache(maxsize=8)
def _request_tail(target: Target, reopen: bool) -> bytes:
    """Return what follows the path in a request."""
    authorization = f"Authorization: {target.authorization}\r\n" if target.authorization else ""
    close = "Connection: close\r\n" if reopen else ""
    return f" HTTP/1.1\r\nHost: {target.authority}\r\n{authorization}{close}\r\n".encode()
