"""What viewers saw, in numbers that merge: of one simulator, and of all of them together.

Times in are ns of CLOCK_MONOTONIC, the same for all processes of a machine; delays are
counted in HDR histograms of µs, and first, last and means are given in ms.
"""

from array import array
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any, cast

from hdrh.histogram import HdrHistogram

LONGEST = 600_000_000  # µs
DIGITS = 3


def histogram() -> Any:
    """An empty histogram of µs."""
    return HdrHistogram(1, LONGEST, DIGITS, b64_wrap=False)


def merged(histograms: Iterable[Any]) -> Any:
    """The sum of histograms."""
    total = histogram()
    for one in histograms:
        total.add(one)
    return total


def quantile(delays: Any, q: float, expected: int) -> float | None:
    """The delay in ms that a share `q` of the expected deliveries kept to.

    A delivery that is missing was infinitely late: None if it comes to that.
    """
    if expected == 0 or delays.total_count < q * expected:
        return None
    return (
        cast(float, delays.get_value_at_percentile(100 * q * expected / delays.total_count)) / 1e3
    )


def mean_relative_delay(receipts: list[int]) -> float | None:
    """The 2012 measure in ms: the first receipt starts the clock, the mean is over the others.

    0, 249, 348 and 906 ms make 501 ms. None for fewer than two receipts.
    """
    if len(receipts) < 2:
        return None
    first = min(receipts)
    return (sum(receipts) - first * len(receipts)) / (len(receipts) - 1) / 1e6


@dataclass
class MessageTally:
    """One update as it reached viewers. `relative` has a mean relative delay per simulator."""

    expected: int = 0
    first: float | None = None  # ms after the intended time, as is `last`
    last: float | None = None
    relative: list[float] = field(default_factory=list)  # ms
    delays: dict[str, Any] = field(default_factory=dict)  # transport -> histogram

    @classmethod
    def fold(
        cls, receipts: Mapping[str, "array[int]"], intended: int, expected: int
    ) -> "MessageTally":
        """From the receipts of one simulator, by transport."""
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
        """Averaged over simulators, as the blog does; ms."""
        return fmean(self.relative) if self.relative else None

    def add(self, other: "MessageTally") -> None:
        """Take in another simulator's."""
        self.expected += other.expected
        self.first = _either(min, self.first, other.first)
        self.last = _either(max, self.last, other.last)
        self.relative += other.relative
        for transport, delays in other.delays.items():
            self.delays.setdefault(transport, histogram()).add(delays)

    def quantile(self, q: float) -> float | None:
        """See `quantile`; over all transports."""
        return quantile(merged(self.delays.values()), q, self.expected)

    def to_wire(self) -> dict[str, Any]:
        delays = {transport: one.encode() for transport, one in self.delays.items()}
        return {**vars(self), "delays": delays}

    @classmethod
    def from_wire(cls, data: dict[str, Any]) -> "MessageTally":
        delays = {t: HdrHistogram.decode(one, b64_wrap=False) for t, one in data["delays"].items()}
        return cls(**data | {"delays": delays})


@dataclass
class Tally:
    """Everything one simulator has counted, or all of them."""

    requested: int = 0
    connected: int = 0  # viewers that ever got a frame
    watching: int = 0  # at the end
    converged: int = 0  # whose map at the end equals the server's snapshot
    failures: Counter[str] = field(default_factory=Counter)  # attempts without a frame, by blame
    losses: Counter[str] = field(default_factory=Counter)  # connections lost later, by blame
    events: Counter[str] = field(default_factory=Counter)  # seen, gap, behind, diverged, …
    unconnected: Counter[str] = field(default_factory=Counter)  # viewers, by their last blame
    messages: dict[int, MessageTally] = field(default_factory=dict)  # by seq
    connecting: Any = field(default_factory=histogram)  # µs from attempt to first frame
    lag: Any = field(default_factory=histogram)  # µs that timers were late, during the rounds
    heart: tuple[float, float] = (0.0, 0.0)  # sum of unit vectors, one per viewer's phase

    def add(self, other: "Tally") -> None:
        """Take in another simulator's."""
        for name in ("requested", "connected", "watching", "converged"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("failures", "losses", "events", "unconnected"):
            getattr(self, name).update(getattr(other, name))
        for seq, message in other.messages.items():
            self.messages.setdefault(seq, MessageTally()).add(message)
        self.connecting.add(other.connecting)
        self.lag.add(other.lag)
        self.heart = (self.heart[0] + other.heart[0], self.heart[1] + other.heart[1])

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
        """0 where viewers' hearts are spread over the interval, 1 where they beat as one."""
        x, y = self.heart
        return float((x * x + y * y) ** 0.5 / self.connected) if self.connected else 0.0

    def to_wire(self) -> dict[str, Any]:
        """For msgpack; `from_wire` reads it back."""
        return {
            **vars(self),
            "messages": {seq: message.to_wire() for seq, message in self.messages.items()},
            "connecting": self.connecting.encode(),
            "lag": self.lag.encode(),
        }

    @classmethod
    def from_wire(cls, data: dict[str, Any]) -> "Tally":
        """The inverse of `to_wire`."""
        return cls(
            **data
            | {
                name: Counter(data[name])
                for name in ("failures", "losses", "events", "unconnected")
            }
            | {
                "messages": {s: MessageTally.from_wire(m) for s, m in data["messages"].items()},
                "connecting": HdrHistogram.decode(data["connecting"], b64_wrap=False),
                "lag": HdrHistogram.decode(data["lag"], b64_wrap=False),
                "heart": tuple(data["heart"]),
            }
        )


def _either(choose: Any, one: float | None, other: float | None) -> float | None:
    present = [value for value in (one, other) if value is not None]
    return choose(present) if present else None
