"""What all peers share: a process on a core of its own, a port, and a way to publish."""

import asyncio
import os
import shutil
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import ClassVar

from loadtest.common.http_api import Api, Unanswered
from loadtest.common.pipes import ROOT
from loadtest.common.plan import Target
from loadtest.common.server import Server

START = 30.0  # seconds that a server has to answer
STOP = 10.0  # seconds that it has to end
INSTALL = 120.0  # seconds for what has to be installed or compiled
UNLIKE = ("REDIS_URL", "DEBUG", "HEARTBEAT", "STATE_DIRECTORY", "DATABASE_URL", "PORT")


class Missing(Exception):
    """What the peer needs is not on this machine. Says what."""


class Broken(Exception):
    """The peer did not do what it should. Says what."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a peer runs. `core` None leaves it to the scheduler."""

    folder: Path  # its own, gone afterwards
    installed: Path  # kept from run to run
    port: int
    core: int | None = None


class Peer(ABC):
    """A server under measurement. Used once: `start`, `publish` …, `stop`.

    `viewers` says, by transport, how its viewers speak (a name in benchmark.viewers.SPEAK) and
    to which path.
    """

    name: ClassVar[str]  # on the command line
    title: ClassVar[str]  # in the table
    viewers: ClassVar[dict[str, tuple[str, str]]]
    process: subprocess.Popen[bytes] | None = None

    def __init__(self, place: Place, transport: str) -> None:
        self.place = place
        self.transport = transport
        self.target = Target(f"http://127.0.0.1:{place.port}", "127.0.0.1", "127.0.0.1", place.port)
        self.api = Api(self.target)
        self.environment = {k: v for k, v in os.environ.items() if k not in UNLIKE}

    @abstractmethod
    def command(self) -> list[str]:
        """Make everything ready; the server's command line. Raises `Missing`."""

    async def publish(self, text: str) -> None:
        """Send `text` to every viewer."""
        await asyncio.to_thread(self.post, "/publish", {"text": text})

    def post(self, path: str, body: dict[str, object]) -> None:
        """POST to the server. Raises `Broken`."""
        try:
            answer = self.api.request("POST", path, body)
        except Unanswered as error:
            raise Broken(f"publishing: {error}") from error
        if answer.status >= HTTPStatus.BAD_REQUEST:
            raise Broken(f"publishing: {answer.status}, {answer.body[:200]!r}")

    async def start(self) -> Server:
        """Start it and wait until it answers. Raises `Missing` or `Broken`."""
        command = await asyncio.to_thread(self.command)
        with open(self.place.folder / "log", "wb") as log:
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=log,
                preexec_fn=self._pin,
            )
        deadline = time.monotonic() + START
        while True:
            try:
                await asyncio.to_thread(self.api.request, "GET", "/healthz")
                break
            except Unanswered as error:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise Broken(f"does not start: {self.last_words() or error}") from None
                await asyncio.sleep(0.05)
        return Server.find(self.place.port)

    def stop(self) -> None:
        """End it, with patience for a while."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(STOP)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def last_words(self) -> str:
        """The end of what it printed."""
        return (self.place.folder / "log").read_text(errors="replace").strip()[-300:]

    def _pin(self) -> None:
        if self.place.core is not None:
            os.sched_setaffinity(0, {self.place.core})


def program(name: str) -> str:
    """Where a program is. Raises `Missing`."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin")
    if found is None:
        raise Missing(f"{name} is not installed")
    return found


def run(*command: str, where: Path = ROOT, environment: dict[str, str] | None = None) -> str:
    """Run a program to its end; what it printed. Raises `Missing` if it fails."""
    try:
        done = subprocess.run(
            command,
            cwd=where,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=INSTALL,
        )
    except subprocess.TimeoutExpired as error:
        raise Missing(f"{Path(command[0]).name} took more than {INSTALL:g} s") from error
    if done.returncode:
        raise Missing(f"{Path(command[0]).name} failed: {done.stdout.strip()[-300:]}")
    return done.stdout


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
