"""One simulator: a process that runs its share of the viewers.

`python -m loadtest.swarm.simulator` starts one. It receives orders on stdin and reports on stdout
(see messages.py). It does not load Django, so a machine can run twenty of them.
"""

import asyncio
import gc
import itertools
import math
import time
from collections import Counter
from typing import Any

import uvloop

from broadcaster.domain.stream import Snapshot
from loadtest.common.failures import Failure
from loadtest.common.machine import raise_file_limit
from loadtest.common.plan import Plan
from loadtest.common.processes import ParentPipe
from loadtest.swarm.absences import absences
from loadtest.swarm.client_pool import ClientPool
from loadtest.swarm.follower import Deliveries, Follower
from loadtest.swarm.histograms import record
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
    StartRounds,
    StartSimulator,
    Storm,
    TallyReport,
    UpdateProgress,
    Visit,
)
from loadtest.swarm.tally import MessageTally, Tally, expected_at
from loadtest.swarm.viewer import SimulatedViewer
from viewers.protocol import frames

POOL_TAKEN = Failure("client", "waiting for a connection of the client pool")
REPORT = 0.5  # seconds between two reports, and between two checks of the viewers' deadlines
EVIDENCE = 6  # reports between two that have the evidence so far: 3 s


class Simulator:
    """The viewers of one process, and what they share."""

    def __init__(self, plan: Plan, number: int, slug: str, heartbeat: float) -> None:
        self.target = plan.target
        self.path = f"{plan.target.prefix}/broadcasts/{slug}"
        self.reopen = plan.poll_reopen
        self.page = plan.page
        self.heartbeat = heartbeat
        self.tally = Tally(requested=plan.sizes[number])
        self.present: Counter[str] = Counter()
        self.deliveries = {"ws": Deliveries(), "poll": Deliveries()}
        self.unconnected: dict[Follower, Failure] = {}  # viewers that never connected
        self.absences = absences(plan, number)
        self.pool: ClientPool | None = None
        if plan.client_pool:
            self.pool = ClientPool(plan.target, plan.client_pool, self.pool_waited)
        self.began = 0.0  # time.monotonic() when the ramp began
        self._in_evidence: dict[tuple[str, int], int] = {}
        self.lag = LagMeter()
        self.viewers = [SimulatedViewer(self, spec) for spec in plan.viewers(number)]
        self._ended: Counter[tuple[int, int]] = Counter()  # visits, by first and last seq
        self._reported: dict[int, int] = {}
        self._cut_off: set[Follower] = set()  # by the storm, and not yet back
        self._storm = 0.0  # seconds, when it began

    # What viewers report

    def watching(self, viewer: Follower, now: float) -> None:
        """Count a viewer that received its first frame, or its first after a loss."""
        if viewer in self._cut_off:
            self._cut_off.remove(viewer)
            record(self.tally.audience.returning, now - self._storm)
        assert isinstance(viewer, SimulatedViewer)
        if not viewer.arrived:
            viewer.arrived = True
            self.unconnected.pop(viewer, None)
            self.tally.connected += 1
            record(self.tally.connecting, now - viewer.began)
            record(self.tally.audience.arriving, now - viewer.due)
            phase = math.tau * now / self.heartbeat
            x, y = self.tally.phases
            self.tally.phases = x + math.cos(phase), y + math.sin(phase)

    def lost(self, viewer: Follower, why: Failure) -> None:
        """Count a viewer whose connection failed or was lost."""
        assert isinstance(viewer, SimulatedViewer)
        (self.tally.losses if viewer.watching else self.tally.failures)[str(why)] += 1
        if not viewer.arrived:
            self.unconnected[viewer] = why

    def left(self, viewer: SimulatedViewer) -> None:
        """Count the end of a visit: no more updates are expected from this viewer."""
        if viewer.joined is not None and viewer.seq is not None:
            self._ended[viewer.joined, viewer.seq] += 1

    def page_loaded(self, seconds: float) -> None:
        """Count a page that was loaded with all its files."""
        self.tally.audience.pages += 1
        record(self.tally.audience.loading, seconds)

    def page_failed(self, viewer: SimulatedViewer, why: Failure) -> None:
        """Count a page that was not loaded."""
        self.tally.audience.page_failures[str(why)] += 1
        if not viewer.arrived:
            self.unconnected[viewer] = why

    def pool_waited(self, seconds: float) -> None:
        """Count how long a poll waited for a connection of the pool."""
        record(self.tally.audience.pool_waits, seconds)

    def drained(self, viewer: Follower, now: float) -> None:
        """Count a viewer that a restarting server has closed."""
        self.tally.restart.closed(now - self.began, viewer.drains)

    def returned(self, viewer: Follower, now: float) -> None:
        """Count a viewer that is back after a restart."""
        assert viewer.drained is not None
        self.tally.restart.returned(now - self.began, now - viewer.drained)

    def noted(self, event: str) -> None:
        """Count an event that should not happen in a good run, or the farewell."""
        self.tally.events[event] += 1

    # What happens when

    async def ramp(self, start: int, seconds: float) -> None:
        """Let the viewers come one after another, from `start` (ns) on and over `seconds`."""
        self.began = start / 1e9
        for viewer in self.viewers:
            due = start / 1e9 + viewer.spec.arrival * seconds
            await _sleep_until(due)
            viewer.arrive(due)

    async def storm(self, at: int) -> None:
        """Cut off all viewers at once, at `at` (ns)."""
        self._storm = at / 1e9
        await _sleep_until(self._storm)
        self._cut_off = {viewer for viewer in self.viewers if viewer.watching}
        for viewer in list(self._cut_off):
            viewer.reconnect()

    async def rounds(self, at: int) -> None:
        """Let viewers leave, sleep and come back; the first update is sent at `at` (ns)."""
        for deliveries in self.deliveries.values():
            deliveries.payload = deliveries.wire = 0
        loop = asyncio.get_running_loop()
        for absence in self.absences:
            await _sleep_until(at / 1e9 + absence.start)
            viewer = self.viewers[absence.viewer]
            if not viewer.watching:
                continue
            if absence.vanishes:
                self.tally.audience.sleeps += 1
                viewer.fall_asleep()
            else:
                self.tally.audience.departures += 1
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
            pipe.send(self.progress())
            if number % EVIDENCE == 0:
                pipe.send(self.evidence())

    def progress(self) -> ProgressReport:
        """Return the counts, and the progress of each update that has new deliveries."""
        messages = {}
        audience = self.tally.audience
        received = [deliveries.receipts for deliveries in self.deliveries.values()]
        for seq in {seq for by_seq in received for seq in by_seq}:
            times = [by_seq[seq] for by_seq in received if seq in by_seq]
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
            away=sum(viewer.away for viewer in self.viewers),
            pages=audience.pages,
            page_failures=audience.page_failures.total(),
            returned=audience.returning.total_count,
            messages=messages,
            cpu=time.process_time(),
            lag=self.lag.worst(),
        )

    def evidence(self) -> EvidenceReport:
        """Return the counts, and the receipts of each update that has new ones."""
        receipts: dict[str, dict[int, bytes]] = {}
        for transport, deliveries in self.deliveries.items():
            for seq, times in deliveries.receipts.items():
                if self._in_evidence.get((transport, seq)) != len(times):
                    self._in_evidence[transport, seq] = len(times)
                    receipts.setdefault(transport, {})[seq] = times.tobytes()
        return EvidenceReport(self.tally.encode(), self.visits(), receipts)

    def settle(self) -> None:
        """Prevent garbage collection pauses: existing objects stay, and updates make no cycles."""
        gc.collect()
        gc.freeze()
        gc.disable()

    def count(self, intended: dict[int, int], snapshot: bytes) -> Tally:
        """Return the tally: `intended` has send times (ns) by seq, `snapshot` the server's map."""
        tally = self.tally
        visits = self.visits()
        for seq, at in intended.items():
            receipts = {
                transport: deliveries.receipts[seq]
                for transport, deliveries in self.deliveries.items()
                if seq in deliveries.receipts
            }
            tally.messages[seq] = MessageTally.fold(receipts, at, expected_at(seq, visits))
        tally.watching = self.present.total()
        tally.unconnected = Counter(str(why) for why in self.unconnected.values())
        self._count_audience(tally)
        if snapshot:
            found = frames.decode_snapshot(snapshot).snapshot
            here = [viewer for viewer in self.viewers if not viewer.away]
            tally.converged = sum(_agrees(viewer, found) for viewer in here)
        if intended:
            self.lag.fold(tally.lag, min(intended.values()))
        return tally

    def visits(self) -> list[Visit]:
        """Return all visits so far."""
        going_on = Counter(
            viewer.joined
            for viewer in self.viewers
            if viewer.joined is not None and viewer.arrived and not viewer.away
        )
        return [
            *(Visit(first, last, count) for (first, last), count in self._ended.items()),
            *(Visit(first, None, count) for first, count in going_on.items()),
        ]

    def _count_audience(self, tally: Tally) -> None:
        """Enter what can be counted only at the end."""
        audience = tally.audience
        audience.away = sum(viewer.away for viewer in self.viewers)
        audience.fell_back = tally.events.pop("fell back", 0)
        slow = [viewer for viewer in self.viewers if viewer.is_slow]
        audience.slow = len(slow)
        audience.slow_closed = len(slow) - sum(viewer.is_open for viewer in slow)
        browsers = [viewer.browser for viewer in self.viewers if viewer.browser is not None]
        audience.page_requests = sum(browser.requests for browser in browsers)
        audience.page_bytes = sum(browser.size for browser in browsers)
        for transport, deliveries in self.deliveries.items():
            audience.payload[transport] = deliveries.payload
            audience.wire[transport] = deliveries.wire
        for viewer in self.viewers:
            if viewer.queued and not viewer.arrived and viewer not in self.unconnected:
                tally.unconnected[str(POOL_TAKEN)] += 1
            audience.pool_queued += viewer.queued


async def _sleep_until(due: float) -> None:
    """Wait until `due`, in seconds of time.monotonic()."""
    wait = due - time.monotonic()
    if wait > 0.001:
        await asyncio.sleep(wait)


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
                case Storm(at):
                    tasks.append(group.create_task(simulator.storm(at)))
                case StartRounds(at):
                    tasks.append(group.create_task(simulator.rounds(at)))
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
