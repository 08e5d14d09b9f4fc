"""uvicorn with the protocols of viewers and the desk, and a drain before it ends."""

import asyncio
import logging
import resource
import signal
import socket
from collections.abc import Callable
from typing import Any

import uvicorn
from django.conf import settings
from django.urls import reverse
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request
from websockets.protocol import CLOSED, CLOSING

from broadcaster.desk import schedule
from viewers.ops.metrics import siblings
from viewers.protocol import frames
from viewers.protocol.frames import Close
from viewers.registry import relays, shared
from viewers.transports import limits
from viewers.transports.fast.frame_rate import LimitedServerProtocol
from viewers.transports.fast.http import ViewerHttpProtocol
from viewers.transports.fast.limited import LimitedHttpProtocol
from viewers.transports.fast.timers import NEVER, sweep
from viewers.transports.fast.websocket import FastWebSocketViewer
from viewers.transports.slow_viewers import limit_buffers

NOTICE = 3.0  # seconds in which /readyz answers 503 before new connections are refused: proxies ask
# every second or two


class FastHttpProtocol(ViewerHttpProtocol):
    """The fast path to this process's relays, and to the responses that it keeps."""

    __slots__ = ()
    relays = relays
    shared = shared


class NagleHttpProtocol(FastHttpProtocol):
    """The fast path with Nagle's algorithm, which uvloop turns off."""

    __slots__ = ()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        connection = transport.get_extra_info("socket")
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 0)
        super().connection_made(transport)


class PlainHttpProtocol(LimitedHttpProtocol):
    """The same limits without the fast path."""

    __slots__ = ()


class DeskWebSocketProtocol(WebSocketsSansIOProtocol):
    """uvicorn's WebSocket, for the desk, and for viewers on plain ASGI, with their limits."""

    limits: limits.ConnectionLimits
    due = NEVER  # the sweep has no work here

    def __init__(self, config: uvicorn.Config, *args: Any, **options: Any) -> None:
        super().__init__(config, *args, **options)
        self.conn: LimitedServerProtocol = LimitedServerProtocol(
            max_size=config.ws_max_size, logger=logging.getLogger("uvicorn.error")
        )

    def handle_connect(self, event: Request) -> None:
        if event.path.startswith("/admin/"):
            self.conn.max_frames = limits.MAX_DESK_FRAMES
        else:
            self.conn.max_message_size = frames.MAX_MESSAGE
            limit_buffers(self.transport)
        super().handle_connect(event)

    @property
    def idle_since(self) -> float:
        return limits.CLOSING if self.conn.state in (CLOSING, CLOSED) else NEVER

    def evict(self) -> None:
        self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.limits.evicted.discard(self)


class DrainingServer(uvicorn.Server):
    """uvicorn, which disconnects its viewers at `drain_rate` a second before it ends.

    SIGTERM gives proxies the time of `NOTICE` to send new viewers elsewhere. Viewers are not
    disconnected before that, or they would be sent here again. SIGINT refuses new connections at
    once: it comes from a terminal, or to a process that others on the port replace. SIGHUP is like
    SIGTERM, and sets `hung_up`; under `nohup` it is ignored.

    `ready` is called when the server accepts connections.
    """

    def __init__(
        self, config: uvicorn.Config, drain_rate: int, ready: Callable[[], object]
    ) -> None:
        super().__init__(config)
        self.drain_rate = drain_rate
        self.ready = ready
        self.hung_up = False
        files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        shared = limits.ConnectionLimits(files)
        for protocol in (LimitedHttpProtocol, FastWebSocketViewer, DeskWebSocketProtocol):
            protocol.limits = shared
        LimitedHttpProtocol.uploads = (
            reverse("admin:broadcaster_broadcast_import").encode(),
            reverse("admin:broadcaster_contestdocument_changelist").encode(),
        )

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        connections: Any = self.server_state.connections  # all of the classes here
        every = min(1.0, relays.heartbeat.seconds / 25)
        self.sweeping = asyncio.create_task(sweep(connections, every))
        if sockets:
            await siblings.join(sockets, settings.STATE_DIRECTORY)
        schedule.start_checking()  # now, not with the first viewer: a cue may be due
        if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
            asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self.hang_up)
        self.ready()

    def hang_up(self) -> None:
        """End as on SIGTERM."""
        self.hung_up = self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        relays.draining = True
        if signal.SIGINT not in self._captured_signals:
            await asyncio.sleep(NOTICE)
        for server in self.servers:
            server.close()
        await relays.close(Close.DRAINING, self.drain_rate)
        await super().shutdown(sockets)
        siblings.leave()
        await relays.stop()
