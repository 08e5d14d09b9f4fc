"""The benchmark's viewers: they count messages, whatever the server, and do nothing else.

Every server's viewers do the same work for a message: search what came for its marker, record the
time, and, if they poll, poll again.
"""

import asyncio
import json
from abc import abstractmethod
from collections.abc import Callable
from typing import Protocol, cast

from picows import WSError, WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from loadtest.benchmark.wire import packets, poll_after, poll_after_head, request
from loadtest.common import failures
from loadtest.common.connection import READ_BUFFER, connect
from loadtest.common.failures import Failure
from loadtest.common.http_response import split_response
from loadtest.common.target import Target

HANDSHAKE_TIMEOUT = 30.0  # seconds: a server that is slow here is measured, not given up
REPLIES = {b"0": b"40", b"2": b"3"}
"""To Engine.IO's open: connect to the main namespace; to its ping: pong."""


class ViewerListener(Protocol):
    """Receives the viewers' events. `marker` identifies the present message."""

    marker: bytes

    def connected(self, viewer: "BenchmarkViewer") -> None: ...

    def received(self) -> None: ...

    def lost(self, viewer: "BenchmarkViewer", why: Failure) -> None: ...


class SocketViewer(WSListener):
    """A viewer on a WebSocket that receives messages from the handshake on."""

    def __init__(self, listener: ViewerListener) -> None:
        self.listener = listener
        self.last = b""  # the marker of the last message that was counted

    async def open(self, target: Target, path: str) -> None:
        """Connect. Failures are reported as `lost`."""
        try:
            await ws_connect(
                lambda: self,
                f"{target.websocket_url}{path}",
                extra_headers={"Origin": target.url},
                socket_factory=lambda _: connect(target),
                read_buffer_init_size=READ_BUFFER,
                websocket_handshake_timeout=HANDSHAKE_TIMEOUT,
                max_redirects=0,
            )
        except (OSError, WSError) as error:
            self.listener.lost(self, failures.of_error(error))

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.listener.connected(self)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.CLOSE:
            transport.send_close()
            transport.disconnect()
            return
        payload = frame.get_payload_as_bytes()
        marker = self.listener.marker
        if marker not in payload:
            self.reply(transport, payload)
        elif self.last is not marker:
            self.last = marker
            self.listener.received()

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self.listener.lost(self, failures.of_close(None))

    def reply(self, transport: WSTransport, payload: bytes) -> None:
        """Reply to a payload that is not the present message, if the protocol requires it."""


class SocketIoViewer(SocketViewer):
    """Socket.IO over a WebSocket: joins the namespace first, and answers pings."""

    def on_ws_connected(self, transport: WSTransport) -> None:
        pass

    def reply(self, transport: WSTransport, payload: bytes) -> None:
        kind, _ = packets(payload)[0]
        if kind == b"40":
            self.listener.connected(self)
        elif kind in REPLIES:
            transport.send(WSMsgType.TEXT, REPLIES[kind])


class PollViewer(asyncio.Protocol):
    """A viewer that polls on one connection: each response is followed by the next poll."""

    transport: asyncio.Transport

    def __init__(self, listener: ViewerListener) -> None:
        self.listener = listener
        self.last = b""
        self.rest = b""

    async def open(self, target: Target, path: str) -> None:
        """Connect. Failures are reported as `lost`."""
        self.host = target.authority
        self.path = path
        try:
            sock = await connect(target)
            await asyncio.get_running_loop().create_connection(lambda: self, sock=sock)
        except OSError as error:
            self.listener.lost(self, failures.of_error(error))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is no subclass
        self.transport.write(request("GET", self.path, self.host))

    def data_received(self, data: bytes) -> None:
        rest = self.rest + data
        try:
            while (split := split_response(rest)) is not None:
                response, rest = split
                if response.status != 200:
                    self.listener.lost(self, failures.of_status(response.status))
                    return self.transport.abort()
                marker = self.listener.marker
                if marker in response.body and self.last is not marker:
                    self.last = marker
                    self.listener.received()
                self.transport.write(self.after(response.head, response.body))
        except ValueError:
            self.listener.lost(self, failures.INVALID_HTTP)
            return self.transport.abort()
        self.rest = rest

    def connection_lost(self, exc: Exception | None) -> None:
        why = failures.of_close(None) if exc is None else failures.of_error(exc)
        self.listener.lost(self, why)

    @abstractmethod
    def after(self, head: bytes, body: bytes) -> bytes:
        """Return the next request. Raises ValueError for a response that cannot be read."""

    def joined(self) -> None:
        """Report that the next poll will wait for a message."""
        self.listener.connected(self)


class MapCenterPollViewer(PollViewer):
    """Map Center: the position is in the body, and goes into the next URL."""

    def after(self, head: bytes, body: bytes) -> bytes:
        self.joined()
        return poll_after(body, self.path, self.host)


class NchanPollViewer(PollViewer):
    """Nchan: the position is in two headers, and goes into two headers of the next request."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.joined()  # the first poll already waits for a message

    def after(self, head: bytes, body: bytes) -> bytes:
        return poll_after_head(head, self.path, self.host)


class EngineIoPollViewer(PollViewer):
    """Socket.IO over Engine.IO's polling: a session, in which the namespace is joined."""

    session = ""  # the path with the session's id
    poll = b""  # the request of every poll

    def after(self, head: bytes, body: bytes) -> bytes:
        if body == b"ok":  # the response to a POST
            return self.poll
        reply = b""
        for kind, data in packets(body):
            if kind == b"0":
                self.session = f"{self.path}&sid={json.loads(data)['sid']}"
                self.poll = request("GET", self.session, self.host)
            elif kind == b"40":
                self.joined()
            reply = REPLIES.get(kind, reply)
        return request("POST", self.session, self.host, body=reply) if reply else self.poll


BenchmarkViewer = SocketViewer | PollViewer
KINDS: dict[str, Callable[[ViewerListener], BenchmarkViewer]] = {
    "plain": SocketViewer,
    "socket.io": SocketIoViewer,
    "mapcenter": MapCenterPollViewer,
    "nchan": NchanPollViewer,
    "engine.io": EngineIoPollViewer,
}
"""The viewers by the protocol that a peer's viewers use (`Peer.viewers`)."""
