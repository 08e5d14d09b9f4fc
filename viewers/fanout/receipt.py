"""What became of one update in this process: who was here, who has it and since when. Pure."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from broadcaster.domain.delivery import KINDS

AWAY = 5.0  # seconds in which a poll that was answered comes back, or else its viewer has left


class Receipt:
    """Filled by the hub, a batch of viewers at a time. Clocks are seconds since 1970.

    `of` counts those who were connected when the fan-out began, by kind; `away` is how many more
    the update before had reached who were about to poll again. It is below 0 where others came
    in their place, as they do behind a proxy, so only the sum over processes means something.
    """

    __slots__ = ("at", "away", "began", "of", "times", "waiting")

    def __init__(self, at: int, began: float, of: dict[str, int], away: int) -> None:
        self.at = at  # the update's own time, milliseconds since 1970
        self.began = began
        self.of = of
        self.away = away
        self.waiting = dict(of)  # for their batch
        self.times: dict[str, Counter[int]] = {kind: Counter() for kind in KINDS}

    def reach(self, kind: str, count: int, now: float) -> None:
        """So many viewers had the update written to them by `now`."""
        self.times[kind][max(int(now * 1000) - self.at, 0)] += count

    def reached(self, kind: str) -> int:
        return self.times[kind].total()

    def is_recent(self, now: float) -> bool:
        """Whether polls that this update answered may still be on their way back."""
        return now - self.began < AWAY

    def missing(self, now: float) -> int:
        """Polls that have not come for the update yet. Below 0: see `away`."""
        return self.of["poll"] + self.away - self.reached("poll") if self.is_recent(now) else 0

    def to_dict(self) -> dict[str, Any]:
        """As broadcaster/delivery.py takes it, but for who is behind."""
        times = {kind: in_short(times.items()) for kind, times in self.times.items()}
        return {"of": self.of, "away": self.away, "times": times}


def in_short(times: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """(milliseconds, viewers) with times rounded up to two digits, so that few are left."""
    short: Counter[int] = Counter()
    for milliseconds, viewers in times:
        step = 10 ** max(len(str(milliseconds)) - 2, 0)
        short[-(-milliseconds // step) * step] += viewers
    return sorted(short.items())
