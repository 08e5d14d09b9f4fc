"""The base class of peers: a process on its own core, a port, and a way to publish."""

import asyncio
import os
import shutil
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import ClassVar

from loadtest.common.http_api import Api, NoResponse
from loadtest.common.processes import ROOT
from loadtest.common.server_processes import ServerProcesses
from loadtest.common.target import Target
from viewers.ops.supervisor import end_with_parent

START_TIMEOUT = 30.0  # seconds for a server to answer
STOP_TIMEOUT = 10.0  # seconds for a server to end
PROGRAM_TIMEOUT = 120.0  # seconds for an installation or a compiler
NOT_INHERITED = ("REDIS_URL", "DEBUG", "HEARTBEAT", "STATE_DIRECTORY", "DATABASE_URL", "PORT")


class PeerUnavailable(Exception):
    """Something that the peer needs is not on this machine. The message names it."""


class PeerFailed(Exception):
    """The peer did not start, publish or accept viewers. The message has the details."""


@dataclass(frozen=True, slots=True)
class Placement:
    """The folders, port and core of a peer. With `core` None the scheduler chooses."""

    folder: Path  # its own, deleted afterwards
    installed: Path  # kept from run to run
    port: int
    core: int | None = None


class Peer(ABC):
    """A server under measurement. Used once: `start`, `publish` …, `stop`.

    `viewers` has by transport the protocol of its viewers (a key of benchmark.viewers.KINDS) and
    their path.
    """

    name: ClassVar[str]  # on the command line
    title: ClassVar[str]  # in the table
    viewers: ClassVar[dict[str, tuple[str, str]]]
    process: subprocess.Popen[bytes] | None = None

    def __init__(self, placement: Placement, transport: str) -> None:
        self.placement = placement
        self.transport = transport
        url = f"http://127.0.0.1:{placement.port}"
        self.target = Target(url, "127.0.0.1", "127.0.0.1", placement.port)
        self.api = Api(self.target)
        self.environment = {k: v for k, v in os.environ.items() if k not in NOT_INHERITED}

    @abstractmethod
    def command(self) -> list[str]:
        """Prepare everything, and return the server's command line. Raises `PeerUnavailable`."""

    async def publish(self, text: str) -> None:
        """Send `text` to every viewer."""
        await asyncio.to_thread(self.post, "/publish", {"text": text})

    def post(self, path: str, body: Mapping[str, object]) -> None:
        """POST JSON to the server. Raises `PeerFailed`."""
        try:
            response = self.api.request("POST", path, body)
        except NoResponse as error:
            raise PeerFailed(f"publishing failed: {error}") from error
        if response.status >= HTTPStatus.BAD_REQUEST:
            raise PeerFailed(f"publishing failed: {response.status}, {response.body[:200]!r}")

    async def start(self) -> ServerProcesses:
        """Start it and wait until it answers. Raises `PeerUnavailable` or `PeerFailed`."""
        command = await asyncio.to_thread(self.command)
        with open(self._log, "wb") as log:
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=log,
                preexec_fn=partial(self._prepare, os.getpid()),
            )
        deadline = time.monotonic() + START_TIMEOUT
        while True:
            try:
                await asyncio.to_thread(self.api.request, "GET", "/healthz")
                break
            except NoResponse as error:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise PeerFailed(f"does not start: {self._end_of_log() or error}") from None
                await asyncio.sleep(0.05)
        return ServerProcesses.find(self.placement.port)

    def stop(self) -> None:
        """Terminate it; kill it if it does not end in time."""
        if self.process is None:
            return
        end(self.process, STOP_TIMEOUT)

    @property
    def _log(self) -> Path:
        return self.placement.folder / "log"

    def _end_of_log(self) -> str:
        return self._log.read_text(errors="replace").strip()[-300:]

    def _prepare(self, parent: int) -> None:
        """In the new process: end with the benchmark, however that ends, and take a core."""
        end_with_parent(parent)
        if self.placement.core is not None:
            os.sched_setaffinity(0, {self.placement.core})


def end(process: subprocess.Popen[bytes], timeout: float) -> None:
    """Terminate a process; kill it if it does not end within `timeout` seconds."""
    process.terminate()
    try:
        process.wait(timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def find_program(name: str) -> str:
    """Return the path of a program. Raises `PeerUnavailable`."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin")
    if found is None:
        raise PeerUnavailable(f"{name} is not installed")
    return found


def run_program(
    *command: str, where: Path = ROOT, environment: Mapping[str, str] | None = None
) -> str:
    """Run a program and return its output. Raises `PeerUnavailable` if it fails."""
    try:
        done = subprocess.run(
            command,
            cwd=where,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PROGRAM_TIMEOUT,
        )
    except subprocess.TimeoutExpired as error:
        name = Path(command[0]).name
        raise PeerUnavailable(f"{name} took more than {PROGRAM_TIMEOUT:g} s") from error
    if done.returncode:
        name, output = Path(command[0]).name, done.stdout.strip()[-300:]
        raise PeerUnavailable(f"{name} failed: {output}")
    return done.stdout


def free_port() -> int:
    """Return a port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
