"""How late timers are: the delay that a busy event loop adds to whatever it measures."""

import asyncio
import time
from array import array
from collections import Counter

from hdrh.histogram import HdrHistogram

TICK = 0.01  # seconds between two measurements


class LagMeter:
    """Measures the lag of the running event loop from its creation on."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._start = self._due = time.monotonic()
        self._lags: array[float] = array("d")  # seconds, one for each TICK
        self._worst = 0.0
        self._tick()

    def worst(self) -> float:
        """Return the worst lag in seconds since the last call."""
        worst, self._worst = self._worst, 0.0
        return worst

    def fold(self, lag: HdrHistogram, since: int) -> None:
        """Record the lags since `since` (ns) in a histogram of µs."""
        first = max(int((since / 1e9 - self._start) / TICK), 0)
        for µs, count in Counter(int(late * 1e6) for late in self._lags[first:]).items():
            lag.record_value(max(µs, 1), count)

    def _tick(self) -> None:
        # Every tick that falls into a stall is recorded, or long stalls would look rare.
        now = time.monotonic()
        while self._due <= now:
            self._lags.append(now - self._due)
            self._worst = max(self._worst, now - self._due)
            self._due += TICK
        self._loop.call_later(self._due - now, self._tick)
