"""The processes that a director directs: one publisher and the simulators, and what they report.

The publisher is a child process. A simulator is whatever `start_simulator` returns: a child process
or one on another machine; nothing here depends on which.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from typing import Any, Protocol, TypeVar

from msgspec import Struct
from msgspec.msgpack import Decoder

from loadtest.common.processes import ChildProcess
from loadtest.swarm.messages import (
    PUBLISHER_MESSAGES,
    SIMULATOR_MESSAGES,
    Count,
    ProgressReport,
    PublisherMessage,
    Ready,
    SentUpdate,
    SimulatorError,
    SimulatorMessage,
    StartPublisher,
    StartSimulator,
    TallyReport,
)
from loadtest.swarm.run import Run
from loadtest.swarm.tally import Tally

START_TIMEOUT = 60.0  # seconds that all processes may take to start
COUNT_TIMEOUT = 60.0  # seconds that a simulator may take to count

T = TypeVar("T")


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
        self._tallies: dict[int, Tally] = {}

    async def start(self) -> None:
        """Start all processes. Raises RuntimeError if they are not ready in time."""
        run, plan = self._run, self._run.plan
        self._publisher = await ChildProcess.start("loadtest.swarm.publisher")
        self.spawn(self._follow(self._publisher, PUBLISHER_MESSAGES, self._publisher_sent))
        for number in range(plan.simulators):
            run.progress.append(ProgressReport())
            peer = await self._start_simulator(number)
            self._simulators.append(peer)
            self.spawn(self._follow_simulator(peer, number))
            peer.send(StartSimulator(plan, number, run.slug, run.heartbeat))
        wanted = plan.simulators + 1
        await self.wait_until(
            lambda: self._ready >= wanted or bool(run.swarm_errors), START_TIMEOUT
        )
        if self._ready < wanted:
            raise RuntimeError(
                f"Only {self._ready} of the swarm's {wanted} processes started within "
                f"{START_TIMEOUT:g} s. Their errors are printed above, if there were any."
            )

    def send_to_simulators(self, message: Struct) -> None:
        """Send a message to every simulator."""
        for peer in self._simulators:
            peer.send(message)

    def publish(self, start: StartPublisher) -> None:
        """Let the publisher follow a schedule."""
        assert self._publisher is not None
        self._publisher.send(start)

    async def count(self, snapshot: bytes) -> None:
        """Collect the tallies of all simulators into the run."""
        run = self._run
        self.send_to_simulators(Count(run.intended, snapshot))
        if not await self.wait_until(self._has_all_tallies, COUNT_TIMEOUT):
            run.swarm_errors.append(f"a simulator sent no tally within {COUNT_TIMEOUT:g} s")
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
        if self._run.phase not in ("counting", "done"):
            self._run.swarm_errors.append(f"simulator {number} ended during the run: {peer.end}")
            self._changed.set()

    def _publisher_sent(self, message: PublisherMessage) -> None:
        match message:
            case Ready():
                self._ready += 1
            case SentUpdate() as sent:
                self._run.sent.append(sent)

    def _simulator_sent(self, number: int, message: SimulatorMessage) -> None:
        match message:
            case Ready():
                self._ready += 1
            case TallyReport(tally):
                self._tallies[number] = Tally.decode(tally)
            case SimulatorError(error):
                self._run.swarm_errors.append(f"an error in simulator {number}: {error}")
            case ProgressReport() as progress:
                self._run.progress[number] = progress
                for seq, received in progress.messages.items():
                    self._run.live.setdefault(seq, {})[number] = received

    def _has_all_tallies(self) -> bool:
        return len(self._tallies) == sum(peer.running for peer in self._simulators)
