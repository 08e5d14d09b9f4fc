"""The benchmark's results for each server: medians over its messages."""

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

PAYLOAD = 100  # bytes of a message; each server adds its own framing
BUSY = 0.9  # of its core: a load generator that uses more measures itself


@dataclass(frozen=True, slots=True)
class BenchmarkOptions:
    """Options, the same for all servers. `interval`: seconds between two messages."""

    viewers: int = 5000
    messages: int = 5
    interval: float = 1.0


@dataclass(frozen=True, slots=True)
class MessageResult:
    """One message: sorted delays since publishing in ms, and the server's CPU in seconds."""

    delays: Sequence[float]
    cpu: float
    generator: float  # share of its core that the generator used until the last delivery


@dataclass(frozen=True, slots=True)
class Medians:
    """Medians over messages; delays in ms, None if not all deliveries arrived."""

    delivered: float  # share of the deliveries that were expected
    cpu: float | None  # µs per delivery
    first: float | None
    p50: float | None
    p99: float | None
    last: float | None
    generator: float  # share of its core


@dataclass(slots=True)
class PeerResult:
    """The figures of one server. Delays are in ms, None if not all deliveries arrived."""

    name: str
    title: str
    transport: str
    viewers: int  # that connected
    delivered: float  # share of the deliveries that were expected
    cpu: float | None  # µs per delivery
    first: float | None
    p50: float | None
    p99: float | None
    last: float | None
    memory: float  # KiB per viewer
    connect: float  # µs of CPU per viewer
    generator: float  # share of its core
    lost: dict[str, int] = field(default_factory=dict)  # viewers, by failure

    @property
    def timely(self) -> bool:
        """Whether the delays are the server's: the generator had time to spare."""
        return self.generator <= BUSY


def medians(messages: Sequence[MessageResult], viewers: int) -> Medians:
    """Return the medians over messages, each of which was meant for `viewers`."""

    def median(values: Iterable[float | None]) -> float | None:
        found = statistics.median(math.inf if value is None else value for value in values)
        return None if math.isinf(found) else found

    def delay(q: float) -> float | None:
        return median(quantile(one.delays, q, viewers) for one in messages)

    deliveries = sum(len(one.delays) for one in messages)
    return Medians(
        delivered=deliveries / (viewers * len(messages)),
        cpu=median(one.cpu / len(one.delays) * 1e6 if one.delays else None for one in messages),
        first=delay(0),
        p50=delay(0.5),
        p99=delay(0.99),
        last=delay(1),
        generator=statistics.median(one.generator for one in messages),
    )


def quantile(delays: Sequence[float], q: float, expected: int) -> float | None:
    """Return the delay within which a share `q` of the `expected` was reached, None if not."""
    index = max(math.ceil(q * expected), 1) - 1
    return delays[index] if index < len(delays) else None
