"""What the server uses, as the operating system or its /metrics count it, and its viewers.

The process that listens on the port may be a proxy, whose figures are not the server's. So the
listener's are taken only if it is the one that answers /metrics; behind a proxy, `--metrics` names
the addresses of the servers themselves. Otherwise the figures are unknown.
"""

import asyncio
import contextlib
import time
from dataclasses import dataclass, field
from http import HTTPStatus

import psutil

from loadtest.common.http_api import Api, NoResponse
from loadtest.common.server_processes import ServerProcesses, Usage
from loadtest.common.target import Target
from loadtest.swarm.exposition import Exposition, parse_exposition
from loadtest.swarm.reach import PreflightFailed, is_local, resolve
from viewers.fanout.relay_registry import RESERVED_FILES

SCRAPE_TIMEOUT = 5.0  # seconds; a server answers within two, if its database does not
SCRAPE_INTERVAL = 5.0  # seconds: a scrape asks the server's database, too
SAME_START = 0.1  # seconds: /proc has the start in ticks of 10 ms


@dataclass(frozen=True, slots=True)
class Reading:
    """The usage by process or server at one moment, `at` being time.monotonic()."""

    at: float = 0.0
    usage: dict[str, Usage] = field(default_factory=dict)

    @property
    def cpu(self) -> float:
        """CPU seconds so far, of processes that have ended, too."""
        return sum(one.cpu for one in self.usage.values())

    def cores_since(self, before: "Reading") -> dict[str, float]:
        """Return the mean number of cores that each has used since an earlier reading."""
        seconds = self.at - before.at
        return {
            name: (usage.cpu - before.usage[name].cpu) / seconds
            for name, usage in self.usage.items()
            if name in before.usage and seconds > 0
        }


class ServerMeter:
    """Reads nothing: the server's figures are unknown. `unknown` says why."""

    interval = 0.0  # seconds that are at least between two readings, to be exact and cheap

    def __init__(self, unknown: str = "") -> None:
        self.unknown = unknown
        self.ended: list[str] = []  # processes that have ended since the meter was made
        self.silent: set[str] = set()  # servers whose /metrics did not answer every time

    async def read(self) -> Reading:
        """Return the present usage."""
        return Reading(time.monotonic())

    async def viewers(self, slug: str) -> dict[str, int] | None:
        """Return the viewers of a broadcast by transport, as the server counts them, if known."""
        return None

    def room(self) -> int | None:
        """Return how many more viewers the server can take, if that is known."""
        return None


class ProcessMeter(ServerMeter):
    """Reads the processes that listen on the server's port on this machine."""

    def __init__(self, target: Target, processes: ServerProcesses) -> None:
        super().__init__()
        self._target = target
        self._processes = processes
        self._last = self._usage()
        self._count = len(self._last)

    async def read(self) -> Reading:
        found = self._usage()
        lost = [name for name in self._last if name not in found and name not in self.ended]
        self.ended += lost
        if len(found) < self._count:  # look for those that take their place
            self._processes = await asyncio.to_thread(ServerProcesses.find, self._target.port)
            found = self._usage()
        # What an ended process has used still belongs to the sum.
        self._last = {name: Usage(self._last[name].cpu, 0, 0) for name in self.ended} | found
        return Reading(time.monotonic(), self._last)

    async def viewers(self, slug: str) -> dict[str, int] | None:
        exposed = await asyncio.to_thread(scrape, self._target)
        return exposed.viewers(slug) if exposed else None

    def room(self) -> int | None:
        free = self._processes.free_files().values()
        return sum(max(files - RESERVED_FILES, 0) for files in free) if free else None

    def _usage(self) -> dict[str, Usage]:
        return {f"process {pid}": usage for pid, usage in self._processes.usage().items()}


class MetricsMeter(ServerMeter):
    """Reads the /metrics of one or several servers, and adds them up."""

    interval = SCRAPE_INTERVAL

    def __init__(self, servers: list[Target]) -> None:
        """Raises `PreflightFailed` if a server has no metrics."""
        super().__init__()
        self._servers = servers
        self._last: dict[str, Usage] = {}
        self._earlier: dict[str, float] = {}  # CPU seconds of processes before a restart
        self._room = 0
        for server in servers:
            exposed = scrape(server)
            if exposed is None:
                raise PreflightFailed(
                    f"{server.url}/metrics has no metrics of a Map Center. --metrics takes the "
                    "address of a server itself, not that of the proxy before it."
                )
            self._last[server.authority] = exposed.usage
            self._room += exposed.room

    async def read(self) -> Reading:
        for server, exposed in zip(self._servers, await self._scrape_all(), strict=True):
            name = server.authority
            if exposed is None:
                self.silent.add(name)
                continue
            usage, earlier = exposed.usage, self._earlier.get(name, 0.0)
            if earlier + usage.cpu < self._last[name].cpu:  # it was restarted, and counts anew
                earlier = self._earlier[name] = self._last[name].cpu
            self._last[name] = Usage(earlier + usage.cpu, usage.memory, usage.files)
        return Reading(time.monotonic(), dict(self._last))

    async def viewers(self, slug: str) -> dict[str, int] | None:
        found: dict[str, int] = {}
        for exposed in await self._scrape_all():
            if exposed is None:
                return None
            for transport, count in exposed.viewers(slug).items():
                found[transport] = found.get(transport, 0) + count
        return found

    def room(self) -> int | None:
        return self._room

    async def _scrape_all(self) -> list[Exposition | None]:
        return await asyncio.gather(
            *(asyncio.to_thread(scrape, server) for server in self._servers)
        )


def choose_meter(target: Target, urls: list[str]) -> ServerMeter:
    """Return the meter for a server. Raises ValueError and `PreflightFailed` as `resolve` does."""
    if urls:
        return MetricsMeter([resolve(url.removesuffix("/metrics")) for url in urls])
    if not is_local(target):
        return ServerMeter("it is on another machine: give --metrics URL")
    processes = ServerProcesses.find(target.port)
    exposed = scrape(target)
    if exposed is not None and is_server(processes, exposed.started):
        return ProcessMeter(target, processes)
    names = sorted({process.name() for process in processes.processes}) or ["another user's"]
    return ServerMeter(
        f"{', '.join(names)} listens on port {target.port} and is not the server itself: "
        "give --metrics URL for each server behind it"
    )


def is_server(processes: ServerProcesses, started: float) -> bool:
    """Return whether one of the processes is the server that `started` at a time (Unix)."""
    for process in processes.processes:
        with contextlib.suppress(psutil.Error):
            same = abs(process.create_time() - started) < SAME_START
            if same and process.name().startswith("python"):
                return True
    return False


def scrape(server: Target) -> Exposition | None:
    """Return the metrics of a server; None if it has none, or does not answer. Blocks."""
    try:
        response = Api(server, timeout=SCRAPE_TIMEOUT).metrics()
    except NoResponse:
        return None
    return parse_exposition(response.body) if response.status == HTTPStatus.OK else None
