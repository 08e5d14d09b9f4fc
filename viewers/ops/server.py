"""uvicorn, with what viewers need of it: small messages, and a goodbye before the end."""

import asyncio
import socket

import uvicorn
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

from broadcaster.desk import schedule
from viewers.protocol import frames
from viewers.protocol.frames import Close
from viewers.registry import relays
from viewers.transports.fast.http import ViewerHttpProtocol
from viewers.transports.fast.sweep import NEVER, sweep

NOTICE = 3.0  # seconds in which /readyz says 503 before new connections are refused


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """uvicorn's, with a limit for viewers, who say nothing, below that for the desk's commands."""

    due = NEVER  # it keeps its own time

    def handle_connect(self, event: Request) -> None:
        if not event.path.startswith("/admin/"):
            self.conn.max_message_size = frames.MAX_MESSAGE
        super().handle_connect(event)


class Server(uvicorn.Server):
    """uvicorn, which says goodbye to viewers before it closes their connections."""

    def __init__(self, config: uvicorn.Config, drain_rate: int) -> None:
        super().__init__(config)
        self.drain_rate = drain_rate

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.config.http_protocol_class is ViewerHttpProtocol:
            everyone = self.server_state.connections
            self.sweeping = asyncio.create_task(sweep(everyone, min(1.0, relays.heartbeat / 25)))
        schedule.start_checking()  # before anybody comes: what is due may be due now

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        draining = asyncio.create_task(relays.close(Close.DRAINING, self.drain_rate))
        await asyncio.wait({draining}, timeout=NOTICE)
        for server in self.servers:
            server.close()
        await draining
        await super().shutdown(sockets)
        await relays.stop()
