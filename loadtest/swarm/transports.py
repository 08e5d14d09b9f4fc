"""A viewer's connection, kept light: ten thousand of them share a process.

Both kinds tell their owner what happens and decide nothing. A connection that could not be
made, was lost or was closed by the server is reported once, by `closed`; after `close`
nothing more is reported.
"""

import asyncio
import re
import socket
from functools import lru_cache
from typing import Protocol, cast

from picows import WSError, WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from loadtest.common import failures
from loadtest.common.failures import Blame
from loadtest.common.plan import Target
from viewers.protocol.frames import FIRST_FRAME

IP_BIND_ADDRESS_NO_PORT = 24  # <linux/in.h>; Python names it since 3.12
READ_BUFFER = 2048  # bytes a WebSocket; the default is 16 KiB, and frames have some 200 bytes
LONGEST_HEAD = 64 * 1024  # bytes


class WebSocketOwner(Protocol):
    """Whom a WebSocket reports to."""

    def opened(self) -> None: ...

    def frame(self, data: bytes) -> None: ...

    def closed(self, why: Blame, code: int | None = None) -> None: ...


class PollOwner(Protocol):
    """Whom a polling connection reports to."""

    def opened(self) -> None: ...

    def answered(self, status: int, body: bytes) -> None: ...

    def closed(self, why: Blame, code: int | None = None) -> None: ...


async def connect(target: Target, source_ip: str) -> socket.socket:
    """A connected TCP socket. Raises OSError.

    The source port is chosen on connecting, not on binding: two sockets may then share it
    if their destinations differ, and the kernel need not search.
    """
    family = socket.AF_INET6 if ":" in target.address else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        if source_ip:
            sock.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
            sock.bind((source_ip, 0))
        await asyncio.get_running_loop().sock_connect(sock, (target.address, target.port))
    except BaseException:
        sock.close()
        raise
    return sock


class WebSocket(WSListener):
    """One WebSocket to `path`, with the Origin a browser would send."""

    def __init__(self, owner: WebSocketOwner, target: Target, path: str, source_ip: str) -> None:
        self._owner: WebSocketOwner | None = owner
        self._code: int | None = None
        self._transport: WSTransport | None = None
        self._shaking_hands = False
        self._opening = asyncio.ensure_future(self._open(target, path, source_ip))

    def close(self) -> None:
        """Leave without ceremony."""
        self._owner = None
        if self._transport is not None:
            self._transport.disconnect()
        elif not self._shaking_hands:  # picows would leak the connection; it has a time limit
            self._opening.cancel()

    async def _open(self, target: Target, path: str, source_ip: str) -> None:
        async def factory(_: object) -> socket.socket:
            sock = await connect(target, source_ip)
            self._shaking_hands = True
            return sock

        try:
            await ws_connect(
                lambda: self,
                f"{target.url.replace('http', 'ws', 1)}{path}",
                extra_headers={"Origin": target.url},
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
        else:
            self._owner.opened()

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.TEXT:
            if self._owner is not None:
                self._owner.frame(frame.get_payload_as_bytes())
        elif frame.msg_type == WSMsgType.CLOSE:
            self._code = int.from_bytes(frame.get_payload_as_bytes()[:2], "big") or None
            transport.send_close()
            transport.disconnect()

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self._report(failures.of_close(self._code))

    def _report(self, why: Blame) -> None:
        owner, self._owner = self._owner, None
        if owner is not None:
            owner.closed(why, self._code)


class PollConnection(asyncio.Protocol):
    """One HTTP connection, on which `request` may be called after `opened` and each answer.

    With `reopen` it serves a single request and lets the server close first: whoever closes
    first keeps the port for a minute, and the swarm has fewer of them.
    """

    def __init__(self, owner: PollOwner, target: Target, source_ip: str, reopen: bool) -> None:
        self._owner: PollOwner | None = owner
        self._answers = Answers()
        self._transport: asyncio.Transport | None = None
        self._tail = b" HTTP/1.1\r\nHost: %s\r\n%s\r\n" % (
            target.url.partition("//")[2].encode(),
            b"Connection: close\r\n" if reopen else b"",
        )
        self._opening = asyncio.ensure_future(self._open(target, source_ip))

    def request(self, path: str) -> None:
        """Ask for `path`. The answer comes through `answered`."""
        if self._transport is not None:
            self._transport.write(_request_line(path) + self._tail)

    def let_go(self) -> None:
        """Report nothing more; the server closes."""
        self._owner = None

    def close(self) -> None:
        """Leave without ceremony."""
        self._owner = None
        self._opening.cancel()
        if self._transport is not None:
            self._transport.abort()

    async def _open(self, target: Target, source_ip: str) -> None:
        try:
            sock = await connect(target, source_ip)
            await asyncio.get_running_loop().create_connection(
                lambda: self,
                sock=sock,
                ssl=target.secure or None,
                server_hostname=target.host if target.secure else None,
            )
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
            for status, body in self._answers.feed(data):
                if self._owner is not None:
                    self._owner.answered(status, body)
        except ValueError:
            self._report(failures.GARBAGE)
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._report(failures.of_close(None) if exc is None else failures.of_error(exc))

    def _report(self, why: Blame) -> None:
        owner, self._owner = self._owner, None
        if owner is not None:
            owner.closed(why)


class Answers:
    """HTTP/1.1 answers with a content length out of a byte stream, however it is cut. Pure."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        """The answers that are now complete: status and body. Raises ValueError for others."""
        if self._rest:
            data = self._rest + data
        found = []
        while True:
            end = data.find(b"\r\n\r\n")
            if end < 0:
                if len(data) > LONGEST_HEAD:
                    raise ValueError("the head does not end")
                break
            status, length = _read_head(data[:end])
            body = end + 4
            if len(data) < body + length:
                break
            found.append((status, data[body : body + length]))
            data = data[body + length :]
        self._rest = data
        return found


@lru_cache(maxsize=64)
def _read_head(head: bytes) -> tuple[int, int]:
    """Status and content length. Cached: all viewers of one moment get the same head."""
    match = re.match(rb"HTTP/1\.[01] (\d{3})", head)
    length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    if match is None or length is None:
        raise ValueError("is not an answer with a content length")
    return int(match[1]), int(length[1])


@lru_cache(maxsize=64)
def _request_line(path: str) -> bytes:
    return b"GET " + path.encode("ascii")
