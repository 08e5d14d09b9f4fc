"""The clock that all hosts of a site share: the database's, as this process last read it.

The host's own clock may be wrong, and may jump. So times that hosts compare come from here: when an
update was published, whether a cue is due, how long a delivery took.
"""

import time
from datetime import UTC, datetime

MAX_TIME = 4_102_444_800_000
"""Milliseconds since 1970: the year 2100, after which nothing can be planned. In other time zones
the last years that Python knows are beyond them, and what a database stores cannot be read."""


def is_plannable(at: datetime) -> bool:
    """Return whether a time is between 1970 and 2100."""
    return 0 <= at.timestamp() <= MAX_TIME / 1000


class SharedClock:
    """The time of the last reading, advanced by the monotonic clock.

    Before the first reading it is the host's clock. `offset` says by how many seconds the host's
    clock was ahead at the last reading; negative if it was behind.
    """

    def __init__(self) -> None:
        self.offset = 0.0
        self._reading: tuple[float, float] | None = None  # the time, and the monotonic clock then

    def set(self, seconds: float) -> None:
        """Set the present time, in seconds since 1970."""
        self._reading = seconds, time.monotonic()
        self.offset = time.time() - seconds

    def seconds(self) -> float:
        """Return the time in seconds since 1970."""
        if self._reading is None:
            return time.time()
        seconds, then = self._reading
        return seconds + time.monotonic() - then

    def now(self) -> datetime:
        """Return the time."""
        return datetime.fromtimestamp(self.seconds(), UTC)


shared_clock = SharedClock()
"""The clock of this process."""
