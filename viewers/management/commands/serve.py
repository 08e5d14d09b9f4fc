"""manage.py serve: the production server, uvicorn with settings for ten thousand viewers."""

import asyncio
import gc
import resource
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import django.db
import uvicorn
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DEFAULT_DB_ALIAS, connections

from broadcaster.desk.requests import MAX_BODY
from broadcaster.publishing.copies import UnusableDatabase, check_database
from viewers.fanout.relay_registry import room_for_viewers
from viewers.ops import systemd
from viewers.ops.server import (
    DeskWebSocketProtocol,
    DrainingServer,
    FastHttpProtocol,
    NagleHttpProtocol,
    PlainHttpProtocol,
)
from viewers.ops.start_checks import log_problems
from viewers.ops.supervisor import Supervisor, report_alive, reserve
from viewers.protocol import frames
from viewers.registry import relays
from viewers.transports.fast.limited import LimitedHttpProtocol

BACKLOG = 16384  # connections that may wait to be accepted, up to the kernel's somaxconn
HUNG_UP = 129  # exit status after SIGHUP, as a shell gives it: systemd starts the server again
USER_TIMEOUT = 30_000  # milliseconds without acknowledgement after which a viewer is gone
SWITCH_INTERVAL = 0.0005  # seconds after which a thread that makes a page lets the event loop run;
# with Python's 0.005 the event loop is ten times as late beside four of them
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
        compare = parser.add_mutually_exclusive_group()
        compare.add_argument(
            "--plain",
            action="store_true",
            help="serve viewers over plain ASGI, to compare with the fast path",
        )
        compare.add_argument(
            "--untuned",
            action="store_true",
            help="leave Nagle's algorithm and Python's garbage collection on, to compare",
        )
        add(
            "--share-port",
            action="store_true",
            help="let other processes listen on the port; --processes starts its own with this",
        )

    def handle(self, *, host, port, processes, drain_rate, plain, untuned, share_port, **options):
        if min(processes, drain_rate) < 1:
            raise CommandError("--processes and --drain-rate must be at least 1", returncode=2)
        if not 0 <= port < 2**16:
            raise CommandError("--port must be 0 (any free one) to 65535", returncode=2)
        host = host.strip("[]")  # of an IPv6 address, as in a URL
        if processes > 1 and not settings.REDIS_URL:
            raise CommandError("--processes above 1 needs REDIS_URL: updates travel through Redis")
        if not share_port:  # the supervisor has checked it for the processes that it starts
            try:
                check_database()
            except UnusableDatabase as error:
                raise CommandError(str(error)) from error
            log_problems()
        try:
            listener = listen(host, port, share_port) if processes == 1 else reserve(host, port)
        except OSError as error:
            where = netloc(host, port)
            raise CommandError(f"cannot listen on {where}: {error.strerror}") from error
        if processes == 1:
            self.serve(listener, drain_rate, plain, untuned, share_port)
        else:
            self.supervise(listener, processes, drain_rate, plain, untuned)

    def serve(
        self,
        listener: socket.socket,
        drain_rate: int,
        plain: bool,
        untuned: bool,
        supervised: bool,
    ) -> None:
        """Serve in this process until a signal stops it."""
        raise_file_limit()
        http: type[LimitedHttpProtocol] = FastHttpProtocol
        if plain:
            http = PlainHttpProtocol
        elif untuned:
            http = NagleHttpProtocol
        config = uvicorn.Config(
            settings.ASGI_APPLICATION.replace(".application", ":application"),
            http=http,
            loop="uvloop",
            ws=DeskWebSocketProtocol,
            ws_per_message_deflate=False,  # 64 KiB a connection, for frames of 200 bytes
            ws_max_size=2 * MAX_BODY,
            ws_ping_interval=None,  # heartbeats are writes: see USER_TIMEOUT
            timeout_keep_alive=75,
            backlog=BACKLOG,  # uvicorn calls listen() again
            timeout_graceful_shutdown=LAST_CLOSE,
            lifespan="off",
            access_log=False,
            log_config=None,  # the settings' LOGGING
            log_level="warning",
            server_header=False,
        )
        # Objects loaded until now are kept for good. Viewers make hardly any garbage, and
        # collections that walk through Django's modules would cost more than the viewers do.
        if not untuned:
            gc.collect()
            gc.freeze()
            gc.set_threshold(50_000, 20, 100)
            sys.setswitchinterval(SWITCH_INTERVAL)

        def ready() -> None:
            self.print_address(listener)
            if supervised:
                report_alive(asyncio.get_running_loop())

        server = DrainingServer(config, drain_rate, ready)
        with write_ahead_log(), suppress(KeyboardInterrupt):  # which uvicorn raises at the end
            server.run(sockets=[listener])
        if server.hung_up:
            raise CommandError("ended by SIGHUP, after draining", returncode=HUNG_UP)

    def supervise(
        self, holder: socket.socket, processes: int, drain_rate: int, plain: bool, untuned: bool
    ) -> None:
        """Keep several processes running on one port."""
        host, port = holder.getsockname()[:2]
        rate = -(-drain_rate // processes)  # they drain together
        command = [sys.executable, sys.argv[0], "serve", "--skip-checks", "--share-port"]
        command += ["--host", host, "--port", str(port), "--drain-rate", str(rate)]
        command += ["--plain"] if plain else []
        command += ["--untuned"] if untuned else []
        asyncio.run(Supervisor(command, processes, lambda: self.print_address(holder)).run())

    def print_address(self, listener: socket.socket) -> None:
        """Report on stdout, which the supervisor reads, and to systemd that the server accepts."""
        host, port = listener.getsockname()[:2]
        self.stdout.write(f"Serving on http://{netloc(host, port)}/")
        self.stdout.flush()
        systemd.ready()


def netloc(host: str, port: int) -> str:
    """Return host and port as in a URL, with an IPv6 address in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


@contextmanager
def write_ahead_log() -> Iterator[None]:
    """Keep SQLite's write-ahead log, by keeping a connection open.

    SQLite deletes the log with the last connection, which would be at the end of every request,
    and makes it anew with the next.
    """
    held = connections.create_connection(DEFAULT_DB_ALIAS)
    if held.vendor == "sqlite":
        with suppress(django.db.Error), held.cursor() as cursor:  # log_problems has reported it
            # SQLite opens the file with the first query.
            cursor.execute("SELECT 1 FROM sqlite_schema")
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
    """Return the socket to listen on. Connections inherit its options. Raises OSError.

    One that shares its port listens only when the server runs: until then others get connections.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if share:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, USER_TIMEOUT)
    listener.bind((host, port))
    if not share:  # raises if the port is taken
        listener.listen(BACKLOG)
    return listener
