"""This machine's clock against the clock of Redis, which all machines of a run share.

Times are ns of CLOCK_MONOTONIC here, and of Redis' TIME on the way. How far the two are apart is
measured at the start and again at the end; the offset in use is the mean of the two.
"""

import time

from msgspec import Struct
from redis import Redis

from broadcaster.domain.decodable import decodable

PROBES = 40
NOTABLE_DRIFT = 1_000_000  # ns
NOTABLE_ROUND_TRIP = 5_000_000  # ns


@decodable
class ClockQuality(Struct, frozen=True):
    """How well times are translated, in ns. The error is at most half of each value."""

    drift: int = 0  # between the first reading and the last
    round_trip: int = 0  # of the slower reading

    def __add__(self, other: "ClockQuality") -> "ClockQuality":
        """Return the quality of a translation over two clocks, whose errors add up."""
        return ClockQuality(self.drift + other.drift, self.round_trip + other.round_trip)

    @property
    def error(self) -> int:
        return (self.drift + self.round_trip) // 2

    @property
    def notable(self) -> bool:
        """Whether delays should be given with their error."""
        return self.drift > NOTABLE_DRIFT or self.round_trip > NOTABLE_ROUND_TRIP


class Clock:
    """Translates times. Reads Redis' clock when made, and again when `read` is called."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._first = self._last = self._probe()

    def read(self) -> None:
        """Read Redis' clock again. Raises `RedisError`."""
        self._last = self._probe()

    @property
    def offset(self) -> int:
        """The ns to add to a time of this machine for Redis' time."""
        return (self._first[1] + self._last[1]) // 2

    @property
    def quality(self) -> ClockQuality:
        """How well `offset` is known."""
        (first_trip, first), (last_trip, last) = self._first, self._last
        return ClockQuality(abs(last - first), max(first_trip, last_trip))

    def _probe(self) -> tuple[int, int]:
        """Return the round trip and the offset of the quickest of PROBES probes."""
        probes = []
        for _ in range(PROBES):
            sent = time.monotonic_ns()
            seconds, µs = self._redis.time()
            answered = time.monotonic_ns()
            theirs = seconds * 1_000_000_000 + µs * 1_000
            probes.append((answered - sent, theirs - (sent + answered) // 2))
        return min(probes)
