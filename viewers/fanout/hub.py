"""The viewers of one broadcast who are connected to this process. Asyncio only.

Everyone in the hub has a position. When the replica moves on, all are woken, and each takes
what lies past its own position; the frame for one position is encoded once and shared. So a
viewer who joins, one who comes back and one whose socket was full are all the same case.
"""

import asyncio
import logging
import random
import time
from collections import Counter
from collections.abc import Callable
from itertools import chain, islice
from typing import Any, Protocol

from broadcaster.domain.delivery import KINDS
from broadcaster.domain.stream import Position, Replica, Snapshot, Update
from viewers.fanout.receipt import Receipt
from viewers.protocol import frames
from viewers.protocol.frames import Close, ServerFrame

logger = logging.getLogger(__name__)

BATCH = 250
"""Viewers woken between two turns of the event loop: others wait some 4 ms at most."""

TURNS = 10
"""Turns a second in which viewers are sent away."""

KEEP = 200
"""Updates held for those who come back; who lacks more gets a snapshot, which is smaller."""


class Frame:
    """One encoded frame: `body` and `text` hold the same, each made once.

    `websocket` and `answer` are places for what transports make of it, headers and all.
    """

    __slots__ = ("_text", "answer", "body", "frame", "websocket")

    def __init__(self, frame: ServerFrame) -> None:
        self.frame = frame
        self.body = frames.encode(frame)
        self._text: str | None = None
        self.websocket: bytes | None = None
        self.answer: Any = None

    @property
    def text(self) -> str:
        if self._text is None:
            self._text = self.body.decode()
        return self._text


class Subscriber(Protocol):
    """What the hub needs of a connection: "ws" or "poll", and two calls that return at once."""

    kind: str

    def wake(self) -> bool:
        """There is news in the hub. Returns whether it counts as reached by that now.

        A WebSocket does if it has all the news; otherwise it tells `Hub.caught_up` when it has. A
        poll does if this answers it.
        """

    def dismiss(self, code: Close) -> None:
        """Say goodbye with `code`, and leave."""


class Hub:
    """A replica and everyone who follows it here."""

    def __init__(
        self,
        snapshot: Snapshot,
        recent: list[Update],
        heartbeat: float,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.replica = Replica(snapshot, KEEP)
        self.replica.recent.extend(recent)
        self.heartbeat = heartbeat
        self.clock = clock
        self.subscribers: dict[str, set[Subscriber]] = {kind: set() for kind in KINDS}
        self.receipt: Receipt | None = None  # of the last fan-out
        self.past: dict[str, Counter[int]] = {kind: Counter() for kind in KINDS}  # of all before
        self._behind: set[Subscriber] = set()  # whom the last fan-out found busy
        self._polls = 0  # that came to wait since the last fan-out began
        self._frames: dict[int, Frame] = {}  # by the seq they lead on from
        self._snapshot: tuple[float, Frame] | None = None  # and when it was encoded
        self._heartbeat: Frame | None = None

    def receive(self, epoch: str, update: Update) -> str:
        """Give the replica an update; see `Replica.receive`. The caller fans out."""
        outcome = self.replica.apply(epoch, update)
        if outcome == "applied":
            self._forget_frames()
        return outcome

    def reset(self, snapshot: Snapshot) -> None:
        """Start over from a snapshot, which is what everyone gets next."""
        self.replica.reset(snapshot)
        self._forget_frames()

    async def fan_out(self) -> None:
        """Wake everyone, in batches, so that joins and polls are served in between.

        The loop writes at the end of its turn, so a batch has its time when the next turn begins.
        """
        receipt = self._new_receipt()
        for kind, batch in self._batches():
            reached = self._wake(kind, batch)
            await asyncio.sleep(0)
            receipt.waiting[kind] -= len(batch)
            receipt.reach(kind, reached, self.clock())

    def _batches(self) -> list[tuple[str, tuple[Subscriber, ...]]]:
        """Everyone, of one kind in each batch, the kinds in turn."""
        everyone = [(kind, tuple(present)) for kind, present in self.subscribers.items()]
        starts = range(0, max(len(present) for _, present in everyone), BATCH)
        return [
            (kind, present[start : start + BATCH])
            for start in starts
            for kind, present in everyone
            if start < len(present)
        ]

    def _wake(self, kind: str, batch: tuple[Subscriber, ...]) -> int:
        """Wake a batch; returns how many this reached."""
        present, missed = self.subscribers[kind], 0
        for subscriber in batch:
            if subscriber in present:  # it may have left during the batches before
                try:
                    if subscriber.wake():
                        continue
                except Exception:  # one connection's trouble must not stop the others' update
                    logger.exception("a viewer could not be woken")
                self._behind.add(subscriber)
            missed += 1
        return len(batch) - missed

    def _new_receipt(self) -> Receipt:
        """Put the last receipt away and begin another."""
        now, away = self.clock(), self.away
        if self.receipt is not None:
            for kind, times in self.receipt.times.items():
                self.past[kind].update(times)
        self._behind.clear()
        self._polls = 0
        self.receipt = Receipt(self.replica.at, now, self.counts, away)
        return self.receipt

    def caught_up(self, subscriber: Subscriber) -> None:
        """A subscriber that was busy at the last fan-out has everything now."""
        if subscriber in self._behind and self.receipt is not None:
            self._behind.remove(subscriber)
            self.receipt.reach(subscriber.kind, 1, self.clock())

    def reach_poll(self, since: Position | None) -> None:
        """A poll from `since` was answered outside of a fan-out: it was between two polls then."""
        if since is None or since == self.replica.position or self.receipt is None:
            return  # a newcomer, or nothing but a farewell
        if self.receipt.is_recent(now := self.clock()):
            self.receipt.reach("poll", 1, now)

    async def dismiss_all(self, code: Close, a_second: int) -> None:
        """Send everyone away, so many a second, so that they do not all come back at once."""
        while leaving := list(islice(self._everyone(), max(a_second // TURNS, 1))):
            for subscriber in leaving:
                subscriber.dismiss(code)
            await asyncio.sleep(1 / TURNS)

    @property
    def farewell(self) -> Close | None:
        """The code to close with, if nobody should stay because the broadcast is over."""
        return Close.OVER if self.replica.state.phase == "ended" else None

    def frame_after(self, since: Position | None) -> Frame | None:
        """All that `since` lacks, as updates or as a snapshot; None if it lacks nothing."""
        if since is None:
            return self.snapshot_frame()
        position = self.replica.position
        if since.epoch == position.epoch:  # by parts: everyone comes by here, with every update
            if since.seq == position.seq:
                return None
            if (found := self._frames.get(since.seq)) is not None:
                return found
        updates = self.replica.updates_after(since)
        if updates is None:
            return self.snapshot_frame()
        if not updates:
            return None
        frame = self._frames[since.seq] = Frame(frames.updates(position, updates))
        return frame

    def snapshot_frame(self) -> Frame:
        """The snapshot, encoded at most once a second: `now` in it must be true."""
        now = self.clock()
        if self._snapshot is None or now - self._snapshot[0] >= 1:
            frame = frames.snapshot(self.replica.snapshot(), self.heartbeat, int(now * 1000))
            self._snapshot = now, Frame(frame)
        return self._snapshot[1]

    def heartbeat_frame(self) -> Frame:
        """The heartbeat at this position."""
        if self._heartbeat is None:
            self._heartbeat = Frame(frames.heartbeat(self.replica.position))
        return self._heartbeat

    def add(self, subscriber: Subscriber) -> None:
        kind = subscriber.kind
        self.subscribers[kind].add(subscriber)
        if kind == "poll":
            self._polls += 1

    def remove(self, subscriber: Subscriber) -> None:
        self.subscribers[subscriber.kind].remove(subscriber)

    @property
    def viewers(self) -> int:
        """Connections, now."""
        return len(self.subscribers["ws"]) + len(self.subscribers["poll"])

    @property
    def counts(self) -> dict[str, int]:
        """Connections by kind, now. Polls between an answer and the next request are `away`."""
        return {kind: len(present) for kind, present in self.subscribers.items()}

    @property
    def away(self) -> int:
        """Polls that the last update reached and that have not come back, if that was just now.

        Below 0 if more came than left; see `Receipt`.
        """
        if self.receipt is None or not self.receipt.is_recent(self.clock()):
            return 0
        return self.receipt.reached("poll") - self._polls

    @property
    def behind(self) -> dict[str, int]:
        """Viewers who were here at the last update and do not have it yet, by kind."""
        if self.receipt is None:
            return dict.fromkeys(KINDS, 0)
        busy = len(self._behind & self.subscribers["ws"])
        return {
            "ws": self.receipt.waiting["ws"] + busy,
            "poll": self.receipt.missing(self.clock()),
        }

    def _everyone(self) -> chain[Subscriber]:
        return chain.from_iterable(self.subscribers.values())

    def _forget_frames(self) -> None:
        self._frames.clear()
        self._snapshot = None
        self._heartbeat = None


class Seat:
    """One connection's place in the hub, on any ASGI server.

    `async with` takes and leaves it; `next` gives the frames in order, as they come.
    """

    def __init__(self, hub: Hub, kind: str, since: Position | None) -> None:
        self.hub = hub
        self.kind = kind
        self.position = since
        self.dismissed: Close | None = None
        self._news: asyncio.Future[bool] | None = None

    async def __aenter__(self) -> "Seat":
        self.hub.add(self)
        return self

    async def __aexit__(self, *exc: object) -> None:
        self.hub.remove(self)

    def first(self) -> Frame:
        """What a newcomer gets at once: all it lacks, or a heartbeat if it lacks nothing."""
        frame = self.hub.frame_after(self.position)
        if frame is None:
            return self.hub.heartbeat_frame()
        self.position = self.hub.replica.position
        return frame

    def dismiss(self, code: Close) -> None:
        self.dismissed = code
        self.wake()

    @property
    def farewell(self) -> Close | None:
        """The code to leave with, if it is time to."""
        return self.dismissed or self.hub.farewell

    def wake(self) -> bool:
        if self._news is None or self._news.done():
            return False
        self._news.set_result(True)
        return True

    async def next(self) -> Frame | None:
        """The next frame, a heartbeat if there is none in time, None at the farewell.

        Nothing is awaited between the look at the hub and the wait, so no update slips by.
        """
        while (frame := self.hub.frame_after(self.position)) is None:
            if self.farewell is not None:
                return None
            self.hub.caught_up(self)
            in_time = await self.news()
            if not in_time and self.hub.frame_after(self.position) is None:
                return self.hub.heartbeat_frame()  # but never one that overtakes its update
        self.position = self.hub.replica.position
        return frame

    async def news(self) -> bool:
        """Wait to be woken: True, or False if it is time for a heartbeat."""
        loop = asyncio.get_running_loop()
        self._news = loop.create_future()
        timer = loop.call_later(spread(self.hub.heartbeat), self._expire)
        try:
            return await self._news
        finally:
            timer.cancel()
            self._news = None

    def _expire(self) -> None:
        if self._news is not None and not self._news.done():
            self._news.set_result(False)


def spread(heartbeat: float) -> float:
    """One interval, off by up to 20 %, so that ten thousand hearts do not beat as one."""
    return heartbeat * random.uniform(1 - frames.HEARTBEAT_SPREAD, 1 + frames.HEARTBEAT_SPREAD)
