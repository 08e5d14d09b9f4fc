"""One simulator: a process that runs its share of the viewers.

`python -m loadtest.swarm.simulator` starts one. It receives orders on stdin and reports on stdout
(see messages.py). It does not load Django, so a machine can run twenty of them.
"""

import asyncio
import gc
import itertools
import math
import time
from array import array
from collections import Counter, defaultdict
from typing import Any

import uvloop

from broadcaster.domain.stream import Snapshot
from loadtest.common.failures import Failure
from loadtest.common.machine import raise_file_limit
from loadtest.common.plan import Plan
from loadtest.common.processes import ParentPipe
from loadtest.swarm.lag_meter import LagMeter
from loadtest.swarm.messages import (
    ORDERS,
    Count,
    EvidenceReport,
    ProgressReport,
    Ramp,
    Ready,
    Settle,
    SimulatorError,
    StartSimulator,
    TallyReport,
    UpdateProgress,
)
from loadtest.swarm.tally import MessageTally, Tally, expected_at
from loadtest.swarm.viewer import VIEWERS, SimulatedViewer
from viewers.protocol import frames

REPORT = 0.5  # seconds between two reports, and between two checks of the viewers' deadlines
EVIDENCE = 6  # reports between two that have the evidence so far: 3 s


class Simulator:
    """The viewers of one process, and what they share."""

    def __init__(self, plan: Plan, number: int, slug: str, heartbeat: float) -> None:
        self.target = plan.target
        self.path = f"{plan.target.prefix}/broadcasts/{slug}"
        self.reopen = plan.poll_reopen
        self.heartbeat = heartbeat
        self.tally = Tally(requested=plan.sizes[number])
        self.present: Counter[str] = Counter()  # viewers that are watching now, by transport
        self.unconnected: dict[SimulatedViewer, Failure] = {}  # that never connected
        self._receipts: dict[str, dict[int, array[int]]] = {
            transport: defaultdict(lambda: array("q")) for transport in VIEWERS
        }
        self._reported: dict[int, int] = {}
        self.began = 0.0  # time.monotonic() when the ramp began
        self._in_evidence: dict[tuple[str, int], int] = {}
        self.lag = LagMeter()
        self.viewers = [VIEWERS[spec.transport](self, spec) for spec in plan.viewers(number)]

    def receipts(self, transport: str) -> dict[int, "array[int]"]:
        """Return the receipts of all viewers on one transport, which these fill."""
        return self._receipts[transport]

    def watching(self, viewer: SimulatedViewer, now: float) -> None:
        """Count a viewer that received its first frame, or its first after a loss."""
        self.present[viewer.spec.transport] += 1
        if not viewer.arrived:
            viewer.arrived = True
            self.unconnected.pop(viewer, None)
            self.tally.connected += 1
            if viewer.began is not None:
                self.tally.connecting.record_value(max(int((now - viewer.began) * 1e6), 1))
            phase = math.tau * now / self.heartbeat
            x, y = self.tally.phases
            self.tally.phases = x + math.cos(phase), y + math.sin(phase)

    def lost(self, viewer: SimulatedViewer, why: Failure) -> None:
        """Count a viewer whose connection failed or was lost."""
        if viewer.watching:
            self.present[viewer.spec.transport] -= 1
            self.tally.losses[str(why)] += 1
        else:
            self.tally.failures[str(why)] += 1
            if not viewer.arrived:
                self.unconnected[viewer] = why

    def drained(self, viewer: SimulatedViewer) -> None:
        """Count a viewer that a restarting server has closed."""
        self.present[viewer.spec.transport] -= 1
        if viewer.away is not None:
            self.tally.restart.closed(viewer.away - self.began, viewer.drains)

    def returned(self, viewer: SimulatedViewer) -> None:
        """Count a viewer that is back after a restart."""
        if viewer.away is not None:
            now = time.monotonic()
            self.tally.restart.returned(now - self.began, now - viewer.away)
            viewer.away = None

    def noted(self, event: str) -> None:
        """Count an event that should not happen in a good run, or the farewell."""
        self.tally.events[event] += 1

    async def ramp(self, start: int, seconds: float) -> None:
        """Start the viewers one after another, from `start` (ns) on and over `seconds`."""
        self.began = start / 1e9
        for viewer in self.viewers:
            due = start / 1e9 + viewer.spec.arrival * seconds
            wait = due - time.monotonic()
            if wait > 0.001:
                await asyncio.sleep(wait)
            viewer.begin()

    async def monitor(self, pipe: ParentPipe) -> None:
        """Give up silent connections, and report, every REPORT seconds."""
        for number in itertools.count(1):
            await asyncio.sleep(REPORT)
            now = time.monotonic()
            for viewer in self.viewers:
                viewer.check(now)
            pipe.send(self.progress())
            if number % EVIDENCE == 0:
                pipe.send(self.evidence())

    def progress(self) -> ProgressReport:
        """Return the counts, and the progress of each update that has new deliveries."""
        messages = {}
        for seq in {seq for by_seq in self._receipts.values() for seq in by_seq}:
            times = [by_seq[seq] for by_seq in self._receipts.values() if seq in by_seq]
            count = sum(map(len, times))
            if self._reported.get(seq) != count:
                self._reported[seq] = count
                every = sorted(at for one in times for at in one)
                marks = (every[int(q * (count - 1))] for q in (0, 0.5, 0.95, 1))
                messages[seq] = UpdateProgress(count, *marks)
        return ProgressReport(
            at=time.monotonic_ns(),
            ws=self.present["ws"],
            poll=self.present["poll"],
            connected=self.tally.connected,
            failures=self.tally.failures,
            losses=self.tally.losses,
            farewells=self.tally.events["farewell"],
            messages=messages,
            cpu=time.process_time(),
            lag=self.lag.worst(),
        )

    def evidence(self) -> EvidenceReport:
        """Return the counts, and the receipts of each update that has new ones."""
        receipts: dict[str, dict[int, bytes]] = {}
        for transport, by_seq in self._receipts.items():
            for seq, times in by_seq.items():
                if self._in_evidence.get((transport, seq)) != len(times):
                    self._in_evidence[transport, seq] = len(times)
                    receipts.setdefault(transport, {})[seq] = times.tobytes()
        return EvidenceReport(self.tally.encode(), self._joined(), receipts)

    def settle(self) -> None:
        """Prevent garbage collection pauses: existing objects stay, and updates make no cycles."""
        gc.collect()
        gc.freeze()
        gc.disable()

    def count(self, intended: dict[int, int], snapshot: bytes) -> Tally:
        """Return the tally: `intended` has send times (ns) by seq, `snapshot` the server's map."""
        tally = self.tally
        joined = self._joined()
        for seq, at in intended.items():
            expected = expected_at(seq, joined)
            receipts = {
                transport: by_seq[seq]
                for transport, by_seq in self._receipts.items()
                if seq in by_seq
            }
            tally.messages[seq] = MessageTally.fold(receipts, at, expected)
        tally.watching = self.present.total()
        tally.unconnected = Counter(str(why) for why in self.unconnected.values())
        if snapshot:
            found = frames.decode_snapshot(snapshot).snapshot
            tally.converged = sum(_agrees(viewer, found) for viewer in self.viewers)
        if intended:
            self.lag.fold(tally.lag, min(intended.values()))
        return tally

    def _joined(self) -> Counter[int]:
        """Return the number of viewers by the seq of the first snapshot that they received."""
        return Counter(viewer.joined for viewer in self.viewers if viewer.joined is not None)


def _agrees(viewer: SimulatedViewer, snapshot: Snapshot) -> bool:
    """Return whether a viewer's map equals the server's."""
    replica = viewer.session.replica
    return (
        replica is not None
        and replica.position == snapshot.position
        and replica.state == snapshot.state
    )


async def simulate(start: StartSimulator, pipe: ParentPipe) -> None:
    """Follow the director's orders until it closes the pipe."""
    loop = asyncio.get_running_loop()

    def report_error(_: object, context: dict[str, Any]) -> None:
        loop.set_exception_handler(None)  # one error is enough to invalidate the run
        loop.default_exception_handler(context)
        pipe.send(SimulatorError(str(context.get("exception") or context["message"])))

    loop.set_exception_handler(report_error)
    simulator = Simulator(start.plan, start.number, start.slug, start.heartbeat)
    pipe.send(Ready())
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(simulator.monitor(pipe))]
        async for order in pipe.messages(ORDERS):
            match order:
                case Ramp(at, seconds):
                    tasks.append(group.create_task(simulator.ramp(at, seconds)))
                case Settle():
                    simulator.settle()
                case Count(intended, snapshot):
                    tally = simulator.count(intended, snapshot)
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
