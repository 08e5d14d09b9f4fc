"""Counts what the viewers of one simulator report, and what it reports to the director."""

import math
import time
from collections import Counter

from broadcaster.domain.mapstate import Contests
from broadcaster.domain.stream import Snapshot
from loadtest.common.failures import Failure
from loadtest.swarm.client_pool import ClientPool
from loadtest.swarm.histograms import record
from loadtest.swarm.lag_meter import LagMeter
from loadtest.swarm.messages import (
    EvidenceReport,
    ProgressReport,
    StartSimulator,
    UpdateProgress,
    Visit,
)
from loadtest.swarm.tally import MessageTally, Tally, expected_at
from loadtest.swarm.viewer import SimulatedViewer
from loadtest.swarm.watcher import Deliveries, Watcher
from viewers.protocol import frames

POOL_TAKEN = Failure("client", "waiting for a connection of the client pool")


class CountedViewers:
    """The viewers of one simulator, and what they share."""

    def __init__(self, start: StartSimulator) -> None:
        plan, number = start.plan, start.number
        self.target = plan.target
        self.path = f"{plan.target.prefix}/broadcasts/{start.slug}"
        self.contests: Contests = start.contests
        self.reopen = plan.poll_reopen
        self.page = plan.page
        self.heartbeat = start.heartbeat
        self.tally = Tally(requested=plan.sizes[number])
        self.present: Counter[str] = Counter()
        self.deliveries = {"ws": Deliveries(), "poll": Deliveries()}
        self.unconnected: dict[Watcher, Failure] = {}  # viewers that never connected
        self.pool: ClientPool | None = None
        if plan.client_pool:
            self.pool = ClientPool(plan.target, plan.client_pool, self.pool_waited)
        self.lag = LagMeter()
        self.viewers = [SimulatedViewer(self, spec) for spec in plan.viewers(number)]
        self.size = 0  # so many viewers take part, the first ones
        self.began = 0.0  # time.monotonic() when the ramp began
        self.storm = 0.0  # and when the storm did
        self.cut_off: set[Watcher] = set()  # by the storm, and not yet back
        self._ended: Counter[tuple[int, int]] = Counter()  # visits, by first and last seq
        self._reported: dict[int, int] = {}  # receipts by seq
        self._in_evidence: dict[tuple[str, int], int] = {}  # by transport and seq

    def start(self, began: float, size: int) -> None:
        """Start counting anew, from `began` (seconds) on, with the first `size` viewers.

        Those that are here already count as connected.
        """
        self.began, self.size = began, size
        for viewer in self.viewers[size:]:
            viewer.arrived = False
            self.unconnected.pop(viewer, None)
        self.tally = Tally(requested=size, connected=sum(each.arrived for each in self.viewers))

    # What viewers report

    def watching(self, viewer: Watcher, now: float) -> None:
        """Count a viewer that received its first frame, or its first after a loss."""
        if viewer in self.cut_off:
            self.cut_off.remove(viewer)
            record(self.tally.audience.returning, now - self.storm)
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

    def lost(self, viewer: Watcher, why: Failure) -> None:
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

    def drained(self, viewer: Watcher, now: float) -> None:
        """Count a viewer that a restarting server has closed."""
        self.tally.restart.closed(now - self.began, viewer.drains)

    def returned(self, viewer: Watcher, now: float) -> None:
        """Count a viewer that is back after a restart."""
        assert viewer.drained is not None
        self.tally.restart.returned(now - self.began, now - viewer.drained)

    def noted(self, event: str) -> None:
        """Count an event that should not happen in a good run, or the farewell."""
        self.tally.events[event] += 1

    # What the director gets

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
            away=sum(viewer.away for viewer in self.viewers[: self.size]),
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
            here = [viewer for viewer in self.viewers[: self.size] if not viewer.away]
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
        audience.away = sum(viewer.away for viewer in self.viewers[: self.size])
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


def _agrees(viewer: SimulatedViewer, snapshot: Snapshot) -> bool:
    """Return whether a viewer's map equals the server's."""
    replica = viewer.session.replica
    return (
        replica is not None
        and replica.position == snapshot.position
        and replica.state == snapshot.state
    )
