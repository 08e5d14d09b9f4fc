"""The processes that a director directs: one publisher and the simulators, and what they report.

The publisher is a child process. A simulator is whatever `start_simulator` returns: a child process
or one on another machine; nothing here depends on which.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from typing import Any, Protocol, TypeVar

from msgspec import Struct
from msgspec.msgpack import Decoder
from msgspec.structs import replace

from loadtest.common.processes import ChildProcess
from loadtest.swarm.evidence import Evidence
from loadtest.swarm.messages import (
    PUBLISHER_MESSAGES,
    SIMULATOR_MESSAGES,
    Count,
    EvidenceReport,
    ProgressReport,
    PublisherMessage,
    PublishingStopped,
    Ready,
    Release,
    Schedule,
    SentUpdate,
    SimulatorError,
    SimulatorMessage,
    StartPublisher,
    StartSimulator,
    StopPublishing,
    TallyReport,
)
from loadtest.swarm.reach import PreflightFailed
from loadtest.swarm.run import LostSimulator, Run
from loadtest.swarm.tally import Tally

START_TIMEOUT = 60.0  # seconds that all processes may take to start
COUNT_TIMEOUT = 60.0  # seconds that a simulator may take to count

T = TypeVar("T", bound=Struct)


class SimulatorPeer(Protocol):
    """A running simulator, on this machine or another.

    `end` says how it ended, "" while it runs. `messages` ends when the simulator does; `send` has
    no effect after that.
    """

    @property
    def host(self) -> str: ...

    @property
    def running(self) -> bool: ...

    @property
    def end(self) -> str: ...

    def send(self, message: Struct) -> None: ...

    def messages(self, decoder: Decoder[T]) -> AsyncIterator[T]: ...

    async def stop(self) -> None: ...


StartSimulatorPeer = Callable[[int], Awaitable[SimulatorPeer]]
"""Starts the simulator of this number."""


async def start_local(number: int) -> ChildProcess:
    """Start a simulator as a child process."""
    return await ChildProcess.start("loadtest.swarm.simulator")


class Workers:
    """Starts and stops the processes, and enters their messages into the run."""

    def __init__(self, run: Run, start_simulator: StartSimulatorPeer) -> None:
        self._run = run
        self._start_simulator = start_simulator
        self._simulators: list[SimulatorPeer] = []
        self._publisher: ChildProcess | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._changed = asyncio.Event()
        self._ready = 0
        self.publishing_stopped = False
        self._tallies: dict[int, Tally] = {}
        self._evidence: dict[int, Evidence] = {}

    async def start_publisher(self, start: StartPublisher) -> None:
        """Start the publisher, which from now on guards the broadcast."""
        self._publisher = await ChildProcess.start("loadtest.swarm.publisher")
        self.spawn(self._follow(self._publisher, PUBLISHER_MESSAGES, self._publisher_sent))
        self._publisher.send(start)

    async def start(self) -> None:
        """Start the simulators. Raises `PreflightFailed` if a process is not ready in time."""
        run, plan = self._run, self._run.plan
        for number in range(plan.simulators):
            run.progress.append(ProgressReport())
            peer = await self._start_simulator(number)
            self._simulators.append(peer)
            self.spawn(self._follow_simulator(peer, number))
            peer.send(StartSimulator(plan, number, run.slug, run.heartbeat, run.contests))
        wanted = plan.simulators + 1
        await self.wait_until(
            lambda: self._ready >= wanted or bool(run.lost or run.swarm_errors), START_TIMEOUT
        )
        if run.lost:
            lost = run.lost[0]
            raise PreflightFailed(
                f"Simulator {lost.number} on {lost.host} could not start: {lost.reason}"
            )
        if self._ready < wanted:
            raise PreflightFailed(
                f"Only {self._ready} of the swarm's {wanted} processes started within "
                f"{START_TIMEOUT:g} s. Their errors are printed where they run."
            )
        run.hosts = [peer.host for peer in self._simulators]

    def enter_into(self, run: Run) -> None:
        """Enter what comes from now on into another run, which goes on with these simulators."""
        run.progress, run.hosts = list(self._run.progress), self._run.hosts
        self._run = run
        self._tallies = {}

    def send_to_simulators(self, message: Struct) -> None:
        """Send a message to every simulator."""
        for peer in self._simulators:
            peer.send(message)

    def publish(self, order: Schedule | StopPublishing | Release) -> None:
        """Send the publisher its schedule, stop it, or release it."""
        if self._publisher is not None:
            self._publisher.send(order)

    async def count(self, snapshot: bytes) -> None:
        """Collect the tallies of all simulators into the run."""
        run = self._run
        self.send_to_simulators(Count(run.intended, snapshot))
        if not await self.wait_until(self._has_all_tallies, COUNT_TIMEOUT):
            run.swarm_errors.append(f"a simulator sent no tally within {COUNT_TIMEOUT:g} s")
        for lost in run.lost:
            if lost.number in self._evidence:
                self._tallies[lost.number] = self._evidence[lost.number].count(run.intended)
        run.tallies = [self._tallies[number] for number in sorted(self._tallies)]

    async def stop(self) -> None:
        """Stop all tasks and processes."""
        for task in self._tasks:
            task.cancel()
        peers = [*self._simulators, *([self._publisher] if self._publisher else [])]
        await asyncio.gather(*(peer.stop() for peer in peers))

    async def wait_until(self, done: Callable[[], bool], seconds: float) -> bool:
        """Wait until `done()`, checked after each message; return False after `seconds`."""
        try:
            async with asyncio.timeout(seconds):
                while not done():
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            return False
        return True

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run `work` in the background until `stop`. If it fails, the run is invalid."""

        def check(task: asyncio.Task[None]) -> None:
            if not task.cancelled() and (error := task.exception()):
                self._run.swarm_errors.append(f"an error in the swarm: {error!r}")
                self._changed.set()

        self._tasks.append(asyncio.create_task(work))
        self._tasks[-1].add_done_callback(check)

    async def _follow(
        self, peer: SimulatorPeer, decoder: Decoder[T], handle: Callable[[T], None]
    ) -> None:
        async for message in peer.messages(decoder):
            handle(message)
            self._changed.set()

    async def _follow_simulator(self, peer: SimulatorPeer, number: int) -> None:
        await self._follow(
            peer, SIMULATOR_MESSAGES, lambda message: self._simulator_sent(number, message)
        )
        run = self._run
        at = time.monotonic() - run.began if run.began else 0.0
        viewers = run.plan.sizes[number]
        run.lost.append(LostSimulator(number, peer.host, viewers, at, len(run.sent), peer.end))
        run.progress[number] = replace(run.progress[number], ws=0, poll=0)
        self._changed.set()

    def _publisher_sent(self, message: PublisherMessage) -> None:
        match message:
            case Ready():
                self._ready += 1
            case SentUpdate() as sent:
                self._run.sent.append(sent)
            case PublishingStopped():
                self.publishing_stopped = True

    def _simulator_sent(self, number: int, message: SimulatorMessage) -> None:
        match message:
            case Ready():
                self._ready += 1
            case TallyReport(tally):
                self._tallies[number] = Tally.decode(tally)
            case EvidenceReport() as report:
                evidence = self._evidence.setdefault(number, Evidence())
                evidence.add(report, time.monotonic_ns())
            case SimulatorError(error):
                self._run.swarm_errors.append(f"an error in simulator {number}: {error}")
            case ProgressReport() as progress:
                self._run.progress[number] = progress
                for seq, received in progress.messages.items():
                    self._run.live.setdefault(seq, {})[number] = received

    def _has_all_tallies(self) -> bool:
        return all(
            number in self._tallies for number, peer in enumerate(self._simulators) if peer.running
        )
