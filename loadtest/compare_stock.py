"""Our server beside the stock stack, under the same viewers. `python -m loadtest.compare_stock`.

Each server runs alone, on a core of its own where there are two; the viewers are the
swarm's WebSockets. One message is under way at a time, so nothing piles up in either.
"""

import argparse
import asyncio
import json
import os
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from array import array
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any

import psutil
import uvloop
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as ws_connect

from loadtest.api import Api, Unanswered
from loadtest.blame import Blame
from loadtest.pipes import ROOT
from loadtest.plan import Target
from loadtest.transports import WebSocket

CLAIM = 15  # ours costs at most a fifteenth of the stock stack's CPU per delivery
SLUG = "comparison"
START = 30.0  # seconds that a server has to answer
REST = 2.0  # seconds between connecting and the first message
FILLING = "x" * 60  # makes a message of about 100 bytes


@dataclass(frozen=True, slots=True)
class Result:
    """What one server took. Delays are ms, medians over the messages."""

    name: str
    viewers: int
    delivered: float  # share
    cpu: float  # µs per delivery
    first: float
    p50: float
    last: float
    memory: float  # KiB per viewer


class Contender(ABC):
    """A server to measure: how to start it, where viewers connect, how to send one message."""

    name: str
    path: str

    def __init__(self, folder: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.target = Target(f"http://127.0.0.1:{self.port}", "127.0.0.1", "127.0.0.1", self.port)
        self.environment = {
            **{name: value for name, value in os.environ.items() if name != "REDIS_URL"},
            "STATE_DIRECTORY": folder,
            "DATABASE_URL": f"sqlite:///{folder}/db.sqlite3",
            "PORT": str(self.port),
        }

    @abstractmethod
    def command(self) -> list[str]:
        """The server's command line, without the interpreter."""

    @abstractmethod
    async def prepare(self) -> None:
        """Once it answers, before viewers come."""

    @abstractmethod
    async def send(self, text: str) -> None:
        """Send `text` to every viewer."""

    async def start(self, core: int | None) -> psutil.Process:
        """Start it and wait until it answers."""
        process = subprocess.Popen(
            [sys.executable, *self.command()],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.DEVNULL,
        )
        if core is not None:
            os.sched_setaffinity(process.pid, {core})
        deadline = time.monotonic() + START
        while True:
            try:
                await asyncio.to_thread(Api(self.target).request, "GET", "/healthz")
                return psutil.Process(process.pid)
            except Unanswered:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit(f"{self.name} does not start") from None
                await asyncio.sleep(0.1)


class Ours(Contender):
    """`manage.py serve`; a message is an update through the publishing API."""

    name = "Map Center, manage.py serve"
    path = f"/broadcasts/{SLUG}/ws"

    def command(self) -> list[str]:
        return ["manage.py", "serve", "--port", str(self.port)]

    async def prepare(self) -> None:
        self._manage("demo")  # makes the user
        self.api = Api(self.target, self._manage("apitoken", "editor").strip())
        self.api.create(SLUG)
        self.api.publish(SLUG, {"kind": "start"})

    async def send(self, text: str) -> None:
        await asyncio.to_thread(self.api.publish, SLUG, {"story": {"headline": text}})

    async def start(self, core: int | None) -> psutil.Process:
        self._manage("migrate", "--verbosity", "0")
        return await super().start(core)

    def _manage(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        return done.stdout


class Stock(Contender):
    """The Channels tutorial on Daphne; a message is what one more viewer says."""

    name = "Channels tutorial, Daphne"
    path = "/ws/chat/lobby/"
    speaker: ClientConnection

    def command(self) -> list[str]:
        return ["-m", "daphne", "-p", str(self.port), "loadtest.stock.asgi:application"]

    async def prepare(self) -> None:
        url = f"ws://127.0.0.1:{self.port}{self.path}"
        self.speaker = await ws_connect(
            url,
            origin=self.target.url,  # type: ignore[arg-type]
            ping_interval=None,  # a server that is busy for 20 s is no reason to leave
        )

    async def send(self, text: str) -> None:
        await self.speaker.send(json.dumps({"message": text}))


class Audience:
    """Viewers that count one message at a time."""

    def __init__(self, target: Target, path: str) -> None:
        self.target = target
        self.path = path
        self.open = 0
        self.lost: list[Blame] = []
        self.marker = b"\0"
        self.receipts = array("q")
        self._sockets: list[WebSocket] = []
        self._complete = asyncio.Event()

    async def gather(self, viewers: int, rate: float) -> None:
        """Open `viewers` WebSockets, `rate` a second, never more than 100 at a time."""
        began = time.monotonic()
        while len(self._sockets) < viewers:
            due = (time.monotonic() - began) * rate
            waiting = len(self._sockets) - self.open - len(self.lost)
            if len(self._sockets) < due and waiting < 100:
                self._sockets.append(WebSocket(self, self.target, self.path, ""))
            else:
                await asyncio.sleep(0.005)
        while self.open + len(self.lost) < viewers:
            await asyncio.sleep(0.05)

    async def hear(self, marker: str, send: Awaitable[None], limit: float) -> "array[int]":
        """The times, in ns since sending, at which viewers got the frame with `marker`."""
        self.marker = marker.encode()
        self.receipts = array("q")
        self._complete.clear()
        began = time.monotonic_ns()
        await send
        try:
            async with asyncio.timeout(limit):
                await self._complete.wait()
        except TimeoutError:
            pass
        return array("q", [at - began for at in self.receipts])

    def leave(self) -> None:
        for one in self._sockets:
            one.close()

    def opened(self) -> None:
        self.open += 1

    def frame(self, data: bytes) -> None:
        if self.marker in data:
            self.receipts.append(time.monotonic_ns())
            if len(self.receipts) == self.open:
                self._complete.set()

    def closed(self, why: Blame, code: int | None = None) -> None:
        self.lost.append(why)


async def measure(contender: Contender, options: argparse.Namespace, core: int | None) -> Result:
    """Start a server, seat the viewers, send the messages, stop it."""
    server = await contender.start(core)
    try:
        await contender.prepare()
        empty = server.memory_info().rss
        audience = Audience(contender.target, contender.path)
        await audience.gather(options.viewers, options.rate)
        if audience.lost:
            print(f"{contender.name}: {len(audience.lost)} lost, first {audience.lost[0]}")
        await asyncio.sleep(REST)
        seated = server.memory_info().rss
        before = sum(server.cpu_times()[:2])
        heard = []
        for number in range(options.messages):
            text = f"message-{number} {FILLING}"
            heard.append(
                await audience.hear(f"message-{number} ", contender.send(text), options.limit)
            )
        cpu = sum(server.cpu_times()[:2]) - before
        audience.leave()
    finally:
        server.terminate()
        await asyncio.to_thread(server.wait)
    received = sum(map(len, heard))

    def median(pick: Any) -> float:
        return float(statistics.median(pick(times) / 1e6 for times in heard if times))

    return Result(
        contender.name,
        audience.open,
        received / (options.viewers * options.messages),
        cpu / received * 1e6,
        median(min),
        median(statistics.median),
        median(max),
        (seated - empty) / options.viewers / 1024,
    )


def table(results: list[Result]) -> str:
    """The results side by side."""
    lines = [
        f"{'':30}{'viewers':>9}{'CPU per':>12}{'first':>11}{'p50':>11}{'last':>11}"
        f"{'memory per':>13}{'delivered':>11}",
        f"{'':30}{'':9}{'delivery':>12}{'viewer':>11}{'':11}{'viewer':>11}{'viewer':>13}",
    ]
    for one in results:
        lines.append(
            f"{one.name:30}{one.viewers:>9,}{one.cpu:>9,.1f} µs{one.first:>8,.0f} ms"
            f"{one.p50:>8,.0f} ms{one.last:>8,.0f} ms{one.memory:>9,.1f} KiB{one.delivered:>11.2%}"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--viewers", type=int, default=5000)
    parser.add_argument("--messages", type=int, default=5)
    parser.add_argument("--rate", type=float, default=250, help="new viewers a second (250)")
    parser.add_argument("--limit", type=float, default=120, help="seconds for one message (120)")
    options = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # the servers inherit it
    core = None
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) > 1:
        core = cores[0]
        os.sched_setaffinity(0, {cores[1]})
    results = []
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        for kind in (Ours, Stock):
            with tempfile.TemporaryDirectory(prefix="mapcenter-") as folder:
                results.append(runner.run(measure(kind(folder), options, core)))
    ours, stock = results
    ratio = stock.cpu / ours.cpu
    print(table(results))
    print(
        f"\nA delivery costs the stock stack {ratio:,.1f} times the CPU. Claim: {CLAIM} times or "
        f"more at 5,000 viewers. Server and viewers on one host, "
        + ("a core each." if core is not None else "sharing its only core.")
    )
    sys.exit(ratio < CLAIM)


if __name__ == "__main__":
    main()
