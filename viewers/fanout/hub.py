"""The viewers of one broadcast who are connected to this process.

Every connection has a position, not a queue. When the replica moves on, the hub notifies all of
them, and each sends what lies past its own position. The frame for one position is encoded once
and shared. So joining, coming back and catching up after a full buffer are one case.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator
from itertools import chain, islice

from broadcaster.domain.clock import shared_clock
from broadcaster.domain.delivery import TRANSPORTS
from broadcaster.domain.stream import Outcome, Position, Replica, Update
from viewers.fanout.encoded_frame import EncodedFrame
from viewers.fanout.heartbeat import Heartbeat
from viewers.fanout.ledger import DeliveryLedger
from viewers.fanout.log_reader import OpenedLog
from viewers.fanout.subscriber import Subscriber
from viewers.protocol import frames
from viewers.protocol.frames import Close

logger = logging.getLogger(__name__)

BATCH = 250
"""Viewers notified between two turns of the event loop: other work waits some 4 ms at most."""

TURNS = 10
"""Batches a second in which viewers are disconnected."""

KEEP = 200
"""Updates kept for viewers who come back. One who lacks more gets a snapshot: it is smaller."""

SNAPSHOT_AGE = 1.0  # seconds for which an encoded snapshot is reused: `now` in it must be true


class Hub:
    """A replica of one broadcast and the connections that follow it. Not thread-safe.

    `heartbeat` is the interval in seconds between frames on an idle connection; `clock` returns
    seconds since 1970.
    """

    def __init__(
        self,
        opened: OpenedLog,
        heartbeat: Heartbeat,
        clock: Callable[[], float] = shared_clock.seconds,
    ) -> None:
        self.replica = Replica(opened.snapshot, opened.contests, KEEP)
        self.replica.recent.extend(opened.recent)
        self.heartbeat = heartbeat
        self.ledger = DeliveryLedger(clock)
        self.subscribers: dict[str, set[Subscriber]] = {kind: set() for kind in TRANSPORTS}
        self._clock = clock
        self._moved()

    def _moved(self) -> None:
        """Clear what is cached for the previous position."""
        self.closing_code = Close.OVER if self.replica.state.phase == "ended" else None
        """The code to close every connection with, if the broadcast is over."""
        self._frames: dict[int, EncodedFrame] = {}  # by the seq that they lead on from
        self._snapshot: tuple[float, EncodedFrame] | None = None  # and when it was encoded
        self._heartbeat: EncodedFrame | None = None

    # The replica

    def apply(self, epoch: str, update: Update) -> Outcome:
        """Apply an update to the replica: see `Replica.apply`. Call `fan_out` afterwards."""
        outcome = self.replica.apply(epoch, update)
        if outcome == "applied":
            self._moved()
        return outcome

    def reset(self, opened: OpenedLog) -> None:
        """Start over from a snapshot. The caller fans out, and everyone gets that snapshot.

        Subscribers who are at its position get nothing.
        """
        self.replica.reset(opened.snapshot, opened.contests)
        self._moved()

    async def fan_out(self) -> None:
        """Notify every subscriber, in batches, so that joins and polls are served in between.

        Subscribers that join meanwhile are not notified: they start from the present replica.
        Nothing waits for slow viewers. One that raises is logged and counts as behind. The event
        loop writes at the end of its turn, so a batch counts as reached when the next turn begins.
        """
        delivery = self.ledger.begin(self.replica.at, self.counts)
        for kind, batch in self._batches():
            reached = self._notify(kind, batch)
            await asyncio.sleep(0)
            delivery.waiting[kind] -= len(batch)
            delivery.add(kind, reached, self._clock())

    def _batches(self) -> Iterator[tuple[str, tuple[Subscriber, ...]]]:
        """Yield all present subscribers in batches of one kind each, the kinds in turn."""
        everyone = [(kind, tuple(present)) for kind, present in self.subscribers.items()]
        for start in range(0, max(len(present) for _, present in everyone), BATCH):
            for kind, present in everyone:
                if batch := present[start : start + BATCH]:
                    yield kind, batch

    def _notify(self, kind: str, batch: tuple[Subscriber, ...]) -> int:
        """Notify a batch. Return how many of them this reached."""
        present, missed = self.subscribers[kind], 0
        for subscriber in batch:
            if subscriber in present:  # it may have left during the batches before
                try:
                    if subscriber.notify():
                        continue
                except Exception:  # one connection's error must not stop the others' update
                    logger.exception("a viewer could not be notified")
                self.ledger.mark_behind(subscriber)
            missed += 1
        return len(batch) - missed

    # The frames

    def frame_after(self, since: Position | None) -> EncodedFrame | None:
        """Return everything that `since` lacks, as updates or as a snapshot; None if nothing."""
        if since is None:
            return self.snapshot_frame()
        position = self.replica.position
        # This runs for every viewer and update, and comparing the parts of a position is faster.
        if since.epoch == position.epoch:
            if since.seq == position.seq:
                return None
            if (found := self._frames.get(since.seq)) is not None:
                return found
        updates = self.replica.updates_after(since)
        if updates is None:
            return self.snapshot_frame()
        if not updates:
            return None
        frame = self._frames[since.seq] = EncodedFrame(
            frames.updates(position, updates, self.replica.digests)
        )
        return frame

    def snapshot_frame(self) -> EncodedFrame:
        """Return the snapshot, encoded at most once a second."""
        now = self._clock()
        if self._snapshot is None or now - self._snapshot[0] >= SNAPSHOT_AGE:
            snapshot, seconds = self.replica.snapshot(), self.heartbeat.seconds
            frame = frames.snapshot(snapshot, seconds, int(now * 1000))
            self._snapshot = now, EncodedFrame(frame)
        return self._snapshot[1]

    def heartbeat_frame(self) -> EncodedFrame:
        """Return the heartbeat at this position."""
        if self._heartbeat is None:
            frame = frames.heartbeat(self.replica.position, self.replica.digests)
            self._heartbeat = EncodedFrame(frame)
        return self._heartbeat

    # The subscribers

    def add(self, subscriber: Subscriber) -> None:
        """Add a connection. Nothing may be awaited between reading its first frame and this."""
        self.subscribers[subscriber.kind].add(subscriber)
        if subscriber.kind == "poll":
            self.ledger.add_poll()

    def remove(self, subscriber: Subscriber) -> None:
        """Remove a connection. Raises KeyError if it is not here."""
        self.subscribers[subscriber.kind].remove(subscriber)

    def count_poll(self, since: Position | None) -> None:
        """Count a poll from `since` that was answered when it came, not by a fan-out."""
        if (
            since is not None and since != self.replica.position
        ):  # else it is a new viewer, or it got a bye
            self.ledger.count_poll()

    async def disconnect_all(self, code: Close, rate: int) -> None:
        """Disconnect all who are here now, `rate` a second, so that they do not return at once.

        Those who return meanwhile stay. Calls `disconnect` once for each, and does not wait for
        them to leave. An exception of one is logged.
        """
        everyone = iter(list(chain.from_iterable(self.subscribers.values())))
        present = (each for each in everyone if each in self.subscribers[each.kind])
        while batch := list(islice(present, max(rate // TURNS, 1))):
            for subscriber in batch:
                try:
                    subscriber.disconnect(code)
                except Exception:  # one connection's error must not keep the others here
                    logger.exception("a viewer could not be disconnected")
            await asyncio.sleep(1 / TURNS)

    @property
    def viewers(self) -> int:
        """The number of connections now."""
        return len(self.subscribers["ws"]) + len(self.subscribers["poll"])

    @property
    def counts(self) -> dict[str, int]:
        """The number of connections by kind now. Polls about to return are not among them."""
        return {kind: len(present) for kind, present in self.subscribers.items()}

    @property
    def behind(self) -> dict[str, int]:
        """The number of viewers by kind that do not have the newest update."""
        return self.ledger.behind(self.subscribers["ws"])
