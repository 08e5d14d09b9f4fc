"""manage.py serve: the production server, uvicorn with settings for ten thousand viewers."""

import asyncio
import gc
import resource
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DEFAULT_DB_ALIAS, connections

from broadcaster.desk.requests import MAX_BODY
from broadcaster.publishing.copies import UnusableDatabase, check_database
from viewers.fanout.relay_registry import room_for_viewers
from viewers.ops.server import DeskWebSocketProtocol, DrainingServer, FastHttpProtocol
from viewers.ops.supervisor import Supervisor, reserve
from viewers.protocol import frames
from viewers.registry import relays

BACKLOG = 16384  # connections that may wait to be accepted, up to the kernel's somaxconn
USER_TIMEOUT = 30_000  # milliseconds without acknowledgement after which a viewer is gone
LAST_CLOSE = 5  # seconds that connections have to end after the last bye frame


class Command(BaseCommand):
    help = "Serve pages, WebSockets and long polls with uvicorn. SIGTERM drains, then ends."

    def add_arguments(self, parser):
        add = parser.add_argument
        add("--host", default="127.0.0.1")
        add("--port", type=int, default=settings.PORT)
        add(
            "--processes",
            type=int,
            default=1,
            help="processes that share the port; more than one needs Redis (%(default)s)",
        )
        add(
            "--drain-rate",
            type=int,
            default=frames.DRAIN_RATE,
            metavar="N",
            help="viewers disconnected per second on SIGTERM (%(default)s)",
        )
        add(
            "--plain",
            action="store_true",
            help="serve viewers over plain ASGI, to compare with the fast path",
        )
        add(
            "--share-port",
            action="store_true",
            help="let other processes listen on the port; --processes starts its own with this",
        )

    def handle(self, *, host, port, processes, drain_rate, plain, share_port, **options):
        if min(processes, drain_rate) < 1:
            raise CommandError("--processes and --drain-rate must be at least 1", returncode=2)
        if not share_port:  # the supervisor has checked it for the processes that it starts
            try:
                check_database()
            except UnusableDatabase as error:
                raise CommandError(str(error)) from error
        try:
            if processes == 1:
                self.serve(listen(host, port, share_port), drain_rate, plain)
            else:
                self.supervise(reserve(host, port), processes, drain_rate, plain)
        except OSError as error:
            raise CommandError(f"cannot listen on {host}:{port}: {error.strerror}") from error

    def serve(self, listener: socket.socket, drain_rate: int, plain: bool) -> None:
        """Serve in this process until a signal stops it."""
        raise_file_limit()
        config = uvicorn.Config(
            settings.ASGI_APPLICATION.replace(".application", ":application"),
            http="httptools" if plain else FastHttpProtocol,
            loop="uvloop",
            ws=DeskWebSocketProtocol,
            ws_per_message_deflate=False,  # 64 KiB a connection, for frames of 200 bytes
            ws_max_size=2 * MAX_BODY,
            ws_ping_interval=None,  # heartbeats are writes: see USER_TIMEOUT
            timeout_keep_alive=75,
            timeout_graceful_shutdown=LAST_CLOSE,
            lifespan="off",
            access_log=False,
            log_level="warning",
            server_header=False,
        )
        # What is loaded now stays. Viewers make hardly any garbage, and collections that walk
        # through Django's modules each time would cost more than the viewers do.
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 20, 100)
        self.print_address(listener)
        with write_ahead_log():
            DrainingServer(config, drain_rate).run(sockets=[listener])

    def supervise(
        self, holder: socket.socket, processes: int, drain_rate: int, plain: bool
    ) -> None:
        """Keep several processes running on one port."""
        if not settings.REDIS_URL:
            raise CommandError("--processes above 1 needs REDIS_URL: updates travel through Redis")
        host, port = holder.getsockname()[:2]
        command = [sys.executable, sys.argv[0], "serve", "--share-port", "--host", host]
        command += ["--port", str(port), "--drain-rate", str(drain_rate)]
        command += ["--plain"] if plain else []
        self.print_address(holder)
        asyncio.run(Supervisor(command, processes).run())

    def print_address(self, listener: socket.socket) -> None:
        host, port = listener.getsockname()[:2]
        self.stdout.write(f"Serving on http://{host}:{port}/")
        self.stdout.flush()


@contextmanager
def write_ahead_log() -> Iterator[None]:
    """Keep SQLite's write-ahead log, by keeping a connection open.

    SQLite deletes the log with the last connection, which would be at the end of every request,
    and makes it anew with the next.
    """
    held = connections.create_connection(DEFAULT_DB_ALIAS)
    if held.vendor == "sqlite":
        with held.cursor() as cursor:
            cursor.execute("SELECT 1 FROM sqlite_schema")  # before this it is not open
    try:
        yield
    finally:
        held.close()


def raise_file_limit() -> None:
    """Raise the limit of open files as far as the system allows: every viewer is one."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    relays.limit = room_for_viewers()


def listen(host: str, port: int, share: bool) -> socket.socket:
    """Return the listening socket. Connections inherit its options. Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if share:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, USER_TIMEOUT)
    listener.bind((host, port))
    listener.listen(BACKLOG)
    return listener
