"""The director's child processes: one publisher and the simulators, and what they report."""

import asyncio
from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Any, TypeVar

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


class Workers:
    """Starts and stops the child processes, and enters their messages into the run."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._simulators: list[ChildProcess] = []
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
            child = await ChildProcess.start("loadtest.swarm.simulator")
            self._simulators.append(child)
            self.spawn(self._follow_simulator(child, number))
            child.send(StartSimulator(plan, number, run.slug, run.heartbeat))
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
        for child in self._simulators:
            child.send(message)

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
        children = [*self._simulators, *([self._publisher] if self._publisher else [])]
        await asyncio.gather(*(child.stop() for child in children))

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
        self, child: ChildProcess, decoder: Decoder[T], handle: Callable[[T], None]
    ) -> None:
        async for message in child.messages(decoder):
            handle(message)
            self._changed.set()

    async def _follow_simulator(self, child: ChildProcess, number: int) -> None:
        await self._follow(
            child, SIMULATOR_MESSAGES, lambda message: self._simulator_sent(number, message)
        )
        if self._run.phase not in ("counting", "done"):
            self._run.swarm_errors.append(f"simulator {number} ended during the run")
            self._changed.set()

    def _publisher_sent(self, message: PublisherMessage) -> None:
        match message:
            case Ready():
                self._ready += 1
            case SentUpdate() as sent:
                self._run.sent.append(sent)
                if sent.status != HTTPStatus.CREATED:
                    status = sent.status or "no response"
                    self._run.server_errors.append(
                        f"update {sent.number + 1} was not published: {status} {sent.error}"
                    )

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
        return len(self._tallies) == sum(child.running for child in self._simulators)
