"""The benchmark's viewers: they count messages, whatever the server, and do nothing else.

Every server's viewers do the same work for a message: look for its number in what came, note
the time, and, if they poll, ask again.
"""

import asyncio
import json
from abc import abstractmethod
from collections.abc import Callable
from typing import Protocol, cast

from picows import WSError, WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from loadtest.benchmark.wire import answer, packets, poll_after, poll_after_head, request
from loadtest.common import failures
from loadtest.common.failures import Blame
from loadtest.common.plan import Target
from loadtest.swarm.transports import READ_BUFFER, connect

PATIENCE = 30.0  # seconds for a handshake: a server that is slow here is measured, not refused


class Audience(Protocol):
    """Whom viewers report to. `marker` is what tells the present message from others."""

    marker: bytes

    def seated(self, viewer: "Socket | Poll") -> None: ...

    def heard(self) -> None: ...

    def lost(self, viewer: "Socket | Poll", why: Blame) -> None: ...


class Socket(WSListener):
    """A viewer on a WebSocket who listens from the handshake on."""

    def __init__(self, audience: Audience) -> None:
        self.audience = audience
        self.last = b""  # the marker of the last message that was counted

    async def open(self, target: Target, path: str) -> None:
        """Connect. What goes wrong is reported as lost."""
        try:
            await ws_connect(
                lambda: self,
                f"{target.url.replace('http', 'ws', 1)}{path}",
                extra_headers={"Origin": target.url},
                socket_factory=lambda _: connect(target, ""),
                read_buffer_init_size=READ_BUFFER,
                websocket_handshake_timeout=PATIENCE,
                max_redirects=0,
            )
        except (OSError, WSError) as error:
            self.audience.lost(self, failures.of_error(error))

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.audience.seated(self)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.CLOSE:
            transport.send_close()
            transport.disconnect()
            return
        payload = frame.get_payload_as_bytes()
        marker = self.audience.marker
        if marker not in payload:
            self.converse(transport, payload)
        elif self.last is not marker:
            self.last = marker
            self.audience.heard()

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self.audience.lost(self, failures.of_close(None))

    def converse(self, transport: WSTransport, payload: bytes) -> None:
        """Answer what is no message."""


class SocketIoSocket(Socket):
    """Socket.IO's: it joins the namespace first, and answers pings."""

    def on_ws_connected(self, transport: WSTransport) -> None:
        pass

    def converse(self, transport: WSTransport, payload: bytes) -> None:
        kind, _ = packets(payload)[0]
        if kind == b"40":
            self.audience.seated(self)
        elif kind in REPLIES:
            transport.send(WSMsgType.TEXT, REPLIES[kind])


class Poll(asyncio.Protocol):
    """A viewer who polls, on one connection: the next poll leaves with each answer."""

    transport: asyncio.Transport

    def __init__(self, audience: Audience) -> None:
        self.audience = audience
        self.last = b""
        self.rest = b""

    async def open(self, target: Target, path: str) -> None:
        """Connect. What goes wrong is reported as lost."""
        self.host = target.url.partition("//")[2]
        self.path = path
        try:
            sock = await connect(target, "")
            await asyncio.get_running_loop().create_connection(lambda: self, sock=sock)
        except OSError as error:
            self.audience.lost(self, failures.of_error(error))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is no subclass
        self.transport.write(request("GET", self.path, self.host))

    def data_received(self, data: bytes) -> None:
        data = self.rest + data
        try:
            while (found := answer(data)) is not None:
                status, head, body, data = found
                if status != 200:
                    self.audience.lost(self, failures.of_status(status))
                    return self.transport.abort()
                marker = self.audience.marker
                if marker in body and self.last is not marker:
                    self.last = marker
                    self.audience.heard()
                self.transport.write(self.after(head, body))
        except ValueError:
            self.audience.lost(self, failures.GARBAGE)
            return self.transport.abort()
        self.rest = data

    def connection_lost(self, exc: Exception | None) -> None:
        self.audience.lost(self, failures.of_close(None) if exc is None else failures.of_error(exc))

    @abstractmethod
    def after(self, head: bytes, body: bytes) -> bytes:
        """The next request. Raises ValueError if the answer makes no sense."""

    def sit(self) -> None:
        """The poll that leaves now is one that waits."""
        self.audience.seated(self)


class MapCenterPoll(Poll):
    """Ours: the position is in the body, and goes into the next address."""

    def after(self, head: bytes, body: bytes) -> bytes:
        self.sit()
        return poll_after(body, self.path, self.host)


class NchanPoll(Poll):
    """Nchan's: the position is in two headers, and goes back in two others."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.sit()  # newcomers wait for the next message

    def after(self, head: bytes, body: bytes) -> bytes:
        return poll_after_head(head, self.path, self.host)


class EnginePoll(Poll):
    """Engine.IO's: a session, in which Socket.IO's namespace is joined."""

    session = ""  # the path with its id
    waiting = b""  # the poll

    def after(self, head: bytes, body: bytes) -> bytes:
        if body == b"ok":  # to what was posted
            return self.waiting
        reply = b""
        for kind, data in packets(body):
            if kind == b"0":
                self.session = f"{self.path}&sid={json.loads(data)['sid']}"
                self.waiting = request("GET", self.session, self.host)
            elif kind == b"40":
                self.sit()
            reply = REPLIES.get(kind, reply)
        return request("POST", self.session, self.host, body=reply) if reply else self.waiting


REPLIES = {b"0": b"40", b"2": b"3"}
"""To Engine.IO's open: connect to the main namespace; to its ping: pong."""

SPEAK: dict[str, Callable[[Audience], Socket | Poll]] = {
    "plain": Socket,
    "socket.io": SocketIoSocket,
    "mapcenter": MapCenterPoll,
    "nchan": NchanPoll,
    "engine.io": EnginePoll,
}
