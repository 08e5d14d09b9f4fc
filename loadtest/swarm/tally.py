"""Counts and delays as viewers saw them: of one simulator, or of all of them together.

Receipts are ns of CLOCK_MONOTONIC, the same for all processes of a machine. Delays are counted in
histograms of µs; first, last and means are given in ms.
"""

from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import fmean
from typing import Any

import msgspec
from hdrh.histogram import HdrHistogram
from msgspec import field

from broadcaster.domain.decodable import decodable
from loadtest.swarm.histograms import LONGEST, from_bytes, histogram, merged, quantiles, to_bytes
from loadtest.swarm.messages import Visit


def mean_relative_delay(receipts: list[int]) -> float | None:
    """Return the measure of 2012 in ms: the mean delay after the first receipt, over the others.

    0, 249, 348 and 906 ms make 501 ms. None for fewer than two receipts.
    """
    if len(receipts) < 2:
        return None
    first = min(receipts)
    return (sum(receipts) - first * len(receipts)) / (len(receipts) - 1) / 1e6


class MessageTally(msgspec.Struct):
    """The deliveries of one update. `relative` has one mean relative delay per simulator."""

    expected: int = 0
    first: float | None = None  # ms after the intended time, as is `last`
    last: float | None = None
    relative: list[float] = field(default_factory=list)  # ms
    delays: dict[str, HdrHistogram] = field(default_factory=dict)  # by transport

    @classmethod
    def fold(
        cls, receipts: Mapping[str, "array[int]"], intended: int, expected: int
    ) -> "MessageTally":
        """Count the receipts of one simulator, given by transport."""
        every = [at for times in receipts.values() for at in times]
        tally = cls(expected)
        if every:
            tally.first = (min(every) - intended) / 1e6
            tally.last = (max(every) - intended) / 1e6
        relative = mean_relative_delay(every)
        if relative is not None:
            tally.relative.append(relative)
        for transport, times in receipts.items():
            delays = tally.delays[transport] = histogram()
            for µs, count in Counter((at - intended) // 1000 for at in times).items():
                delays.record_value(min(max(µs, 1), LONGEST), count)
        return tally

    @property
    def received(self) -> int:
        return sum(delays.total_count for delays in self.delays.values())

    @property
    def missing(self) -> int:
        return max(self.expected - self.received, 0)

    @property
    def mean_relative_delay(self) -> float | None:
        """The mean over simulators in ms, as in 2012."""
        return fmean(self.relative) if self.relative else None

    def add(self, other: "MessageTally") -> None:
        """Add the tally of another simulator."""
        self.expected += other.expected
        self.first = _of_known(min, self.first, other.first)
        self.last = _of_known(max, self.last, other.last)
        self.relative += other.relative
        for transport, delays in other.delays.items():
            self.delays.setdefault(transport, histogram()).add(delays)

    def quantile(self, q: float) -> float | None:
        """Return `quantile` over all transports."""
        return self.quantiles([q])[0]

    def quantiles(self, shares: Sequence[float]) -> list[float | None]:
        """Return `quantiles` over all transports."""
        return quantiles(merged(self.delays.values()), shares, self.expected)


class RestartTally(msgspec.Struct):
    """The way back of viewers that a restarting server disconnected.

    Counts of viewers closed with 4200 (draining); times are seconds since the ramp began.
    """

    viewers: int = 0  # that were closed at least once
    twice: int = 0  # that were closed more than once
    away: int = 0  # that are not back yet
    first: float | None = None  # when the first one was closed
    last: float | None = None  # when the last one came back
    absences: HdrHistogram = field(default_factory=histogram)  # µs from the close to a frame

    @property
    def seconds(self) -> float | None:
        """The time from the first close until everyone was back; None if somebody is not."""
        if self.away or self.first is None or self.last is None:
            return None
        return self.last - self.first

    def closed(self, at: float, times: int) -> None:
        """Count a viewer that was closed for the `times`th time."""
        self.viewers += times == 1
        self.twice += times == 2
        self.away += 1
        self.first = at if self.first is None else min(self.first, at)

    def returned(self, at: float, absence: float) -> None:
        """Count a viewer that is back after `absence` seconds."""
        self.away -= 1
        self.last = at if self.last is None else max(self.last, at)
        self.absences.record_value(min(max(int(absence * 1e6), 1), LONGEST))

    def add(self, other: "RestartTally") -> None:
        """Add the tally of another simulator."""
        self.viewers += other.viewers
        self.twice += other.twice
        self.away += other.away
        self.first = _of_known(min, self.first, other.first)
        self.last = _of_known(max, self.last, other.last)
        self.absences.add(other.absences)


class AudienceTally(msgspec.Struct):
    """How viewers came, left and came back, and how many bytes they received."""

    arriving: HdrHistogram = field(default_factory=histogram)  # µs from the planned arrival to the
    # first frame, with the page and failed attempts
    loading: HdrHistogram = field(default_factory=histogram)  # µs from the page to its last file
    pages: int = 0
    page_requests: int = 0
    page_bytes: int = 0
    page_failures: Counter[str] = field(default_factory=Counter)  # by reason
    departures: int = 0
    sleeps: int = 0
    away: int = 0  # viewers that have left or sleep, at the end
    fell_back: int = 0
    slow: int = 0  # WebSockets that were never read
    slow_closed: int = 0  # of them, by the server
    returning: HdrHistogram = field(default_factory=histogram)  # µs from the storm's start
    pool_waits: HdrHistogram = field(default_factory=histogram)  # µs
    pool_queued: int = 0  # polls that wait for a connection, at the end
    payload: Counter[str] = field(default_factory=Counter)  # bytes of updates, by transport
    wire: Counter[str] = field(default_factory=Counter)  # all bytes in the rounds, by transport

    def add(self, other: "AudienceTally") -> None:
        """Add the tally of another simulator."""
        self.arriving.add(other.arriving)
        self.loading.add(other.loading)
        self.pages += other.pages
        self.page_requests += other.page_requests
        self.page_bytes += other.page_bytes
        self.page_failures.update(other.page_failures)
        self.departures += other.departures
        self.sleeps += other.sleeps
        self.away += other.away
        self.fell_back += other.fell_back
        self.slow += other.slow
        self.slow_closed += other.slow_closed
        self.returning.add(other.returning)
        self.pool_waits.add(other.pool_waits)
        self.pool_queued += other.pool_queued
        self.payload.update(other.payload)
        self.wire.update(other.wire)


@decodable
class Tally(msgspec.Struct):
    """Everything that one simulator has counted, or all of them together."""

    requested: int = 0
    connected: int = 0  # viewers that ever received a frame
    watching: int = 0  # at the end
    lost: int = 0  # connected viewers whose simulator was lost: their map at the end is unknown
    converged: int = 0  # viewers, not away, whose map at the end equals the server's snapshot
    failures: Counter[str] = field(default_factory=Counter)  # attempts without a frame, by reason
    losses: Counter[str] = field(default_factory=Counter)  # connections lost later, by reason
    events: Counter[str] = field(default_factory=Counter)  # seen, gap, behind, diverged, …
    unconnected: Counter[str] = field(default_factory=Counter)  # viewers, by their last failure
    messages: dict[int, MessageTally] = field(default_factory=dict)  # by seq
    connecting: HdrHistogram = field(default_factory=histogram)  # µs from attempt to first frame
    lag: HdrHistogram = field(default_factory=histogram)  # µs that timers were late in the rounds
    phases: tuple[float, float] = (0.0, 0.0)  # the sum of unit vectors, one per viewer's heartbeat
    restart: RestartTally = field(default_factory=RestartTally)
    audience: AudienceTally = field(default_factory=AudienceTally)

    def add(self, other: "Tally") -> None:
        """Add the tally of another simulator."""
        self.requested += other.requested
        self.connected += other.connected
        self.watching += other.watching
        self.lost += other.lost
        self.converged += other.converged
        self.failures.update(other.failures)
        self.losses.update(other.losses)
        self.events.update(other.events)
        self.unconnected.update(other.unconnected)
        for seq, message in other.messages.items():
            self.messages.setdefault(seq, MessageTally()).add(message)
        self.connecting.add(other.connecting)
        self.lag.add(other.lag)
        self.phases = (self.phases[0] + other.phases[0], self.phases[1] + other.phases[1])
        self.restart.add(other.restart)
        self.audience.add(other.audience)

    @property
    def expected(self) -> int:
        return sum(message.expected for message in self.messages.values())

    @property
    def received(self) -> int:
        return sum(message.received for message in self.messages.values())

    @property
    def missing(self) -> int:
        return sum(message.missing for message in self.messages.values())

    @property
    def synchrony(self) -> float:
        """0 if the viewers' heartbeats are spread over the interval, 1 if they coincide."""
        x, y = self.phases
        return float((x * x + y * y) ** 0.5 / self.connected) if self.connected else 0.0

    def encode(self) -> bytes:
        """Return the tally as bytes; `decode` is the inverse."""
        return msgspec.msgpack.encode(self, enc_hook=to_bytes)

    @classmethod
    def decode(cls, data: bytes) -> "Tally":
        """Return the tally that `encode` made bytes of."""
        return msgspec.msgpack.decode(data, type=cls, dec_hook=_from_message)


def expected_at(seq: int, visits: Iterable[Visit]) -> int:
    """Return how many viewers should receive an update.

    It is those whose visit began before it and did not end before it.
    """
    return sum(
        visit.viewers
        for visit in visits
        if visit.first < seq and (visit.last is None or seq <= visit.last)
    )


def total(tallies: Iterable[Tally]) -> Tally:
    """Return the sum of tallies."""
    found = Tally()
    for tally in tallies:
        found.add(tally)
    return found


def _from_message(kind: type, value: Any) -> object:
    """Build the types that msgspec has no decoder for: its `dec_hook`."""
    return from_bytes(value) if kind is HdrHistogram else Counter(value)


def _of_known(
    choose: Callable[[list[float]], float], one: float | None, other: float | None
) -> float | None:
    """Apply `choose` to those of the two values that are known; None if neither is."""
    known = [value for value in (one, other) if value is not None]
    return choose(known) if known else None
