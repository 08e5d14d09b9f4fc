"""The servers of an experiment: one or several `manage.py serve`, each run with fresh ones.

They have a scratch database, and a Redis and a HAProxy of their own where the experiment needs
them. With two cores or more, they share one and leave the others to the swarm.
"""

import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from loadtest.common.machine import separate_cores
from loadtest.common.processes import ROOT
from loadtest.peers.base import (
    NOT_INHERITED,
    PeerFailed,
    end,
    find_program,
    free_port,
    run_program,
)
from viewers.ops.supervisor import end_with_parent

START_TIMEOUT = 30.0  # seconds for a server to answer
STOP_TIMEOUT = 30.0  # seconds for a server to disconnect its viewers

HAPROXY = """
defaults
    mode http
    timeout connect 2s
    timeout client 90s
    timeout server 90s
    timeout tunnel 90s
frontend public
    bind 127.0.0.1:{port} backlog 16384
    default_backend hosts
backend hosts
    balance source
    hash-type consistent
{servers}
"""


@dataclass(frozen=True, slots=True)
class Servers:
    """What serves in one variant of an experiment.

    `hosts` above 1 stand behind HAProxy, which sends every address to a host of its own and shares
    no state with it. `files` limits the open files of each process; None leaves the limit.
    """

    processes: int = 1
    hosts: int = 1
    redis: bool = False
    arguments: tuple[str, ...] = ()  # of manage.py serve
    environment: tuple[tuple[str, str], ...] = ()
    files: int | None = None


@dataclass(frozen=True, slots=True)
class RunningServers:
    """Servers that answer: where viewers connect, and the environment of commands beside them."""

    url: str
    hosts: tuple[str, ...]  # the URL of each `serve`
    environment: dict[str, str]


@contextmanager
def running(servers: Servers, folder: Path) -> Iterator[RunningServers]:
    """Start servers with `folder` for their data, and end them afterwards.

    Raises `PeerUnavailable` if a program is not installed, `PeerFailed` if one does not start.
    """
    environment = {k: v for k, v in os.environ.items() if k not in NOT_INHERITED}
    environment |= {
        "STATE_DIRECTORY": str(folder),
        "DATABASE_URL": f"sqlite:///{folder}/experiment.sqlite3",
        **dict(servers.environment),
    }
    with ExitStack() as stack:
        if servers.redis:
            environment["REDIS_URL"] = stack.enter_context(_redis(folder))
        manage = (sys.executable, "manage.py")
        run_program(*manage, "migrate", "--verbosity", "0", environment=environment)
        ports = [free_port() for _ in range(servers.hosts)]
        for port in ports:
            command = [*manage, "serve", "--port", str(port), *servers.arguments]
            if servers.processes > 1:
                command += ["--processes", str(servers.processes)]
            log = folder / f"serve-{port}.log"
            stack.enter_context(_process(command, log, environment, servers.files))
        hosts = tuple(f"http://127.0.0.1:{port}" for port in ports)
        for port, url in zip(ports, hosts, strict=True):
            _wait_until_ready(url, folder / f"serve-{port}.log")
        url = hosts[0]
        if servers.hosts > 1:
            url = stack.enter_context(_haproxy(ports, folder, environment))
        yield RunningServers(url, hosts, environment)


@contextmanager
def _redis(folder: Path) -> Iterator[str]:
    port = free_port()
    command = [find_program("redis-server"), "--port", str(port), "--save", ""]
    command += ["--dir", str(folder)]
    with _process(command, folder / "redis.log", dict(os.environ)):
        yield f"redis://127.0.0.1:{port}/0"


@contextmanager
def _haproxy(ports: list[int], folder: Path, environment: dict[str, str]) -> Iterator[str]:
    port, path = free_port(), folder / "haproxy.cfg"
    lines = [f"    server host{n} 127.0.0.1:{each}" for n, each in enumerate(ports)]
    path.write_text(HAPROXY.format(port=port, servers="\n".join(lines)))
    command = [find_program("haproxy"), "-f", str(path), "-db"]
    with _process(command, folder / "haproxy.log", environment):
        url = f"http://127.0.0.1:{port}"
        _wait_until_ready(url, folder / "haproxy.log")
        yield url


@contextmanager
def _process(
    command: list[str], log: Path, environment: dict[str, str], files: int | None = None
) -> Iterator[None]:
    """Run a program on the servers' core until the block ends, or this process does."""
    core, parent = separate_cores(), os.getpid()

    def prepare() -> None:
        end_with_parent(parent)
        if core is not None:
            os.sched_setaffinity(0, {core[0]})
        if files is not None:
            resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))

    with log.open("wb") as out:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=out, stderr=out, preexec_fn=prepare
        )
    try:
        yield
    finally:
        end(process, STOP_TIMEOUT)


def _wait_until_ready(url: str, log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT
    while True:
        try:
            with urlopen(f"{url}/readyz", timeout=1):
                return
        except OSError as error:
            if time.monotonic() > deadline:
                last = log.read_text(errors="replace").strip()[-300:]
                raise PeerFailed(f"a server does not start: {last or error}") from None
            time.sleep(0.1)
