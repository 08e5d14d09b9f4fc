"""manage.py serve: the production server, uvicorn with settings for ten thousand viewers."""

import asyncio
import contextlib
import resource
import socket

import uvicorn
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

from broadcaster.submission import MAX_BODY
from viewers import protocol
from viewers.fastpath.http import ViewerHttpProtocol
from viewers.protocol import Close
from viewers.relay import room_for_viewers
from viewers.routing import relays

BACKLOG = 16384  # connections that may wait to be accepted; the kernel's somaxconn caps it
VANISHED = 30_000  # milliseconds without acknowledgement after which a viewer is gone
FAREWELL = 5  # seconds that viewers have to take their leave


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """uvicorn's, with a limit for viewers, who say nothing, below that for the desk's commands."""

    def handle_connect(self, event: Request) -> None:
        if not event.path.startswith("/admin/"):
            self.conn.max_message_size = protocol.MAX_MESSAGE
        super().handle_connect(event)


class Server(uvicorn.Server):
    """uvicorn, which says goodbye to viewers before it closes their connections."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        await relays.close(Close.DRAINING)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FAREWELL):
                while relays.viewers:
                    await asyncio.sleep(0.05)
        await super().shutdown(sockets)
        await relays.stop()


class Command(BaseCommand):
    help = "Serve pages, WebSockets and long polls with uvicorn."

    def add_arguments(self, parser):
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=settings.PORT)
        parser.add_argument(
            "--plain", action="store_true", help="plain ASGI, without the fast path: to compare"
        )

    def handle(self, *, host, port, plain, **options):
        raise_file_limit()
        try:
            listener = listen(host, port)
        except OSError as error:
            raise CommandError(f"cannot listen on {host}:{port}: {error.strerror}") from error
        config = uvicorn.Config(
            settings.ASGI_APPLICATION.replace(".application", ":application"),
            http="httptools" if plain else ViewerHttpProtocol,
            loop="uvloop",
            ws=WebSocketProtocol,
            ws_per_message_deflate=False,  # 64 KiB a connection, for frames of 200 bytes
            ws_max_size=2 * MAX_BODY,
            ws_ping_interval=None,  # heartbeats are writes: see VANISHED
            timeout_keep_alive=75,
            timeout_graceful_shutdown=FAREWELL,
            lifespan="off",
            access_log=False,
            log_level="warning",
            server_header=False,
        )
        self.stdout.write(f"Serving on http://{host}:{listener.getsockname()[1]}/")
        self.stdout.flush()
        Server(config).run(sockets=[listener])


def raise_file_limit() -> None:
    """As many open files as the system lets this process have: one for every viewer."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    relays.limit = room_for_viewers()


def listen(host: str, port: int) -> socket.socket:
    """The listening socket. Connections inherit its options."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, VANISHED)
    listener.bind((host, port))
    listener.listen(BACKLOG)
    return listener
