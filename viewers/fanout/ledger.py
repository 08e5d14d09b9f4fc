"""The deliveries of updates in this process: how many viewers were reached, and when.

docs/fan-out.md says what "reached" means.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Set

from broadcaster.domain.delivery import TRANSPORTS, DeliveryReport
from viewers.fanout.subscriber import Subscriber

POLL_RETURN = 5.0  # seconds in which an answered poll comes back; later, its viewer has left


class UpdateDelivery:
    """The delivery of one update. Times given to it are seconds since 1970.

    `expected` counts by kind the connections that were here when the fan-out began. `returning`
    counts the polls beyond those that the update before had answered and that were about to come
    back. It may be negative in one process: a proxy sends polls to any process, so one answers the
    poll and another one counts its return. Only the sum over processes is meaningful.
    """

    __slots__ = ("at", "began", "expected", "returning", "times", "waiting")

    def __init__(self, at: int, began: float, expected: dict[str, int], returning: int) -> None:
        # The update's own time, in milliseconds since 1970. If that is in the future, because a
        # clock was set back: the time of its arrival here.
        self.at = min(at, int(began * 1000))
        self.began = began
        self.expected = expected
        self.returning = returning
        self.waiting = dict(expected)  # connections whose batch has not come yet, by kind
        self.times: dict[str, Counter[int]] = {kind: Counter() for kind in TRANSPORTS}

    def add(self, kind: str, count: int, now: float) -> None:
        """Count viewers to whom the update had been written by `now`."""
        self.times[kind][max(int(now * 1000) - self.at, 0)] += count

    def reached(self, kind: str) -> int:
        """Return how many viewers of one kind the update has reached."""
        return self.times[kind].total()

    def is_recent(self, now: float) -> bool:
        """Return whether polls that this update answered may still be about to come back."""
        return now - self.began < POLL_RETURN

    def missing_polls(self, now: float) -> int:
        """Return how many polls have not come for the update yet. May be negative: see above."""
        if not self.is_recent(now):
            return 0
        return self.expected["poll"] + self.returning - self.reached("poll")

    def report(self, behind: dict[str, int]) -> DeliveryReport:
        """Return the delivery as it is reported to the desk; `behind` is the ledger's."""
        times = {kind: shorten(counted.items()) for kind, counted in self.times.items()}
        return DeliveryReport(self.expected, self.returning, behind, times)


class DeliveryLedger:
    """The deliveries of one hub: the newest update's, and the times of all before it."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.newest: UpdateDelivery | None = None
        self._clock = clock
        self._earlier: dict[str, Counter[int]] = {kind: Counter() for kind in TRANSPORTS}
        self._behind: set[Subscriber] = set()  # those whose buffers the last fan-out found full
        self._polls = 0  # that began to wait since the last fan-out began

    def begin(self, at: int, connected: dict[str, int]) -> UpdateDelivery:
        """Begin the delivery of an update published `at`, in milliseconds since 1970."""
        returning = self.returning
        if self.newest is not None:
            for kind, times in self.newest.times.items():
                self._earlier[kind].update(times)
        self._behind.clear()
        self._polls = 0
        self.newest = UpdateDelivery(at, self._clock(), connected, returning)
        return self.newest

    def mark_behind(self, subscriber: Subscriber) -> None:
        """Note that the update could not be written to a subscriber."""
        self._behind.add(subscriber)

    def mark_caught_up(self, subscriber: Subscriber) -> None:
        """Count a subscriber that was behind and has everything now."""
        if subscriber in self._behind and self.newest is not None:
            self._behind.remove(subscriber)
            self.newest.add(subscriber.kind, 1, self._clock())

    def add_poll(self) -> None:
        """Note that a poll has come to wait."""
        self._polls += 1

    def count_poll(self) -> None:
        """Count a poll that the update answered when it came, outside of the fan-out."""
        if self.newest is not None and self.newest.is_recent(now := self._clock()):
            self.newest.add("poll", 1, now)

    @property
    def returning(self) -> int:
        """Polls that the newest update reached just now and that have not come back yet.

        May be negative: see `UpdateDelivery`.
        """
        if self.newest is None or not self.newest.is_recent(self._clock()):
            return 0
        return self.newest.reached("poll") - self._polls

    def behind(self, connected: Set[Subscriber]) -> dict[str, int]:
        """Return by kind how many viewers do not have the newest update.

        `connected` are the WebSockets that are here now: one that left is not behind any more.
        """
        if self.newest is None:
            return dict.fromkeys(TRANSPORTS, 0)
        return {
            "ws": self.newest.waiting["ws"] + len(self._behind & connected),
            "poll": self.newest.missing_polls(self._clock()),
        }

    def times(self, kind: str) -> Counter[int]:
        """Return the deliveries of all updates: how many took how many milliseconds."""
        times = Counter(self._earlier[kind])
        if self.newest is not None:
            times.update(self.newest.times[kind])
        return times


def shorten(times: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return (milliseconds, viewers) with times rounded up to two digits, so that few are left."""
    short: Counter[int] = Counter()
    for milliseconds, viewers in times:
        step = 10 ** max(len(str(milliseconds)) - 2, 0)
        short[-(-milliseconds // step) * step] += viewers
    return sorted(short.items())
