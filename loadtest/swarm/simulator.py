"""One simulator: a process that runs its share of the viewers.

`python -m loadtest.swarm.simulator` starts one. It receives orders on stdin and reports on stdout
(see messages.py). It does not load Django, so a machine can run twenty of them.
"""

import asyncio
import gc
import itertools
import time
from typing import Any

import uvloop

from loadtest.common.machine import raise_file_limit
from loadtest.common.processes import ParentPipe
from loadtest.swarm.absences import absences
from loadtest.swarm.counted_viewers import CountedViewers
from loadtest.swarm.messages import (
    ORDERS,
    Count,
    Ramp,
    Ready,
    Resize,
    Settle,
    SimulatorError,
    StartRounds,
    StartSimulator,
    Storm,
    TallyReport,
)

REPORT = 0.5  # seconds between two reports, and between two checks of the viewers' deadlines
CLOSES = 1.0  # seconds in which a viewer who reads again comes to the server's close
EVIDENCE = 6  # reports between two that have the evidence so far: 3 s


class Simulator:
    """Lets its viewers come, leave and come back, and gives up their silent connections."""

    def __init__(self, start: StartSimulator) -> None:
        self.number = start.number
        self.counted = CountedViewers(start)
        self.viewers = self.counted.viewers
        self.absences = absences(start.plan, start.number)

    async def ramp(self, start: int, seconds: float) -> None:
        """Let the viewers come one after another, from `start` (ns) on and over `seconds`."""
        self.counted.start(start / 1e9, len(self.viewers))
        for viewer in self.viewers:
            due = start / 1e9 + viewer.spec.arrival * seconds
            await _sleep_until(due)
            viewer.arrive(due)

    async def resize(self, start: int, seconds: float, size: int) -> None:
        """Let viewers come over `seconds` from `start` (ns) on, or leave, until there are `size`.

        What is counted starts anew.
        """
        before = self.counted.size
        for viewer in self.viewers[size:before]:
            viewer.leave()
        self.counted.start(start / 1e9, size)
        for turn, viewer in enumerate(self.viewers[before:size]):
            due = start / 1e9 + seconds * turn / (size - before)
            await _sleep_until(due)
            if viewer.away:
                viewer.come_back()
            else:
                viewer.arrive(due)

    async def storm(self, at: int) -> None:
        """Cut off all viewers at once, at `at` (ns)."""
        self.counted.storm = at / 1e9
        await _sleep_until(self.counted.storm)
        present = [viewer for viewer in self.viewers if viewer.watching]
        self.counted.cut_off.update(present)
        for viewer in present:
            viewer.reconnect()

    async def rounds(self, at: int) -> None:
        """Let viewers leave, sleep and come back; the first update is sent at `at` (ns)."""
        for deliveries in self.counted.deliveries.values():
            deliveries.payload = deliveries.wire = 0
        loop = asyncio.get_running_loop()
        for absence in self.absences:
            await _sleep_until(at / 1e9 + absence.start)
            viewer = self.viewers[absence.viewer]
            if not viewer.watching:
                continue
            if absence.vanishes:
                self.counted.tally.audience.sleeps += 1
                viewer.fall_asleep()
            else:
                self.counted.tally.audience.departures += 1
                viewer.leave()
            back = viewer.wake if absence.vanishes else viewer.come_back
            loop.call_at(loop.time() + absence.end - absence.start, back)

    async def monitor(self, pipe: ParentPipe) -> None:
        """Give up silent connections, and report, every REPORT seconds."""
        for number in itertools.count(1):
            await asyncio.sleep(REPORT)
            now = time.monotonic()
            for viewer in self.viewers:
                viewer.check(now)
            pipe.send(self.counted.progress())
            if number % EVIDENCE == 0:
                pipe.send(self.counted.evidence())

    async def find_closed(self) -> None:
        """Find out which of the viewers that never read the server has closed.

        The close waits behind what they have not read, so they read for a moment.
        """
        slow = [viewer for viewer in self.viewers if viewer.is_slow]
        for viewer in slow:
            viewer.read(on=True)
        end = time.monotonic() + CLOSES
        while any(viewer.is_open for viewer in slow) and time.monotonic() < end:
            await asyncio.sleep(0.02)
        for viewer in slow:
            viewer.read(on=False)

    def settle(self) -> None:
        """Prevent garbage collection pauses: existing objects stay, and updates make no cycles."""
        gc.collect()
        gc.freeze()
        gc.disable()


async def _sleep_until(due: float) -> None:
    """Wait until `due`, in seconds of time.monotonic()."""
    wait = due - time.monotonic()
    if wait > 0.001:
        await asyncio.sleep(wait)


async def simulate(start: StartSimulator, pipe: ParentPipe) -> None:
    """Follow the director's orders until it closes the pipe."""
    loop = asyncio.get_running_loop()

    def report_error(_: object, context: dict[str, Any]) -> None:
        loop.set_exception_handler(None)  # one error is enough to invalidate the run
        loop.default_exception_handler(context)
        pipe.send(SimulatorError(str(context.get("exception") or context["message"])))

    loop.set_exception_handler(report_error)
    simulator = Simulator(start)
    pipe.send(Ready())
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(simulator.monitor(pipe))]
        async for order in pipe.messages(ORDERS):
            match order:
                case Ramp(at, seconds):
                    tasks.append(group.create_task(simulator.ramp(at, seconds)))
                case Resize(at, seconds, sizes):
                    size = sizes[simulator.number]
                    tasks.append(group.create_task(simulator.resize(at, seconds, size)))
                case Settle():
                    simulator.settle()
                case Storm(at):
                    tasks.append(group.create_task(simulator.storm(at)))
                case StartRounds(at):
                    tasks.append(group.create_task(simulator.rounds(at)))
                case Count(intended, snapshot):
                    await simulator.find_closed()
                    tally = simulator.counted.count(intended, snapshot)
                    pipe.send(TallyReport(tally.encode()))
        for task in tasks:
            task.cancel()


def main() -> None:
    """Run a simulator until its parent closes the pipe."""
    raise_file_limit()
    pipe = ParentPipe()
    start = next(pipe.read(ORDERS))
    assert isinstance(start, StartSimulator)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(simulate(start, pipe))


if __name__ == "__main__":
    main()
