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
from itertools import islice
from typing import Any, Protocol

from broadcaster.stream import Position, Replica, Snapshot, Update
from viewers import protocol
from viewers.protocol import Close

logger = logging.getLogger(__name__)

BATCH = 250
"""Viewers woken between two turns of the event loop: others wait some 4 ms at most."""

TURNS = 10
"""Turns a second in which viewers are sent away."""

KEEP = 200
"""Updates held for those who come back; who lacks more gets a snapshot, which is smaller."""


class Frame:
    """One encoded frame: `text` and `body` hold the same, each made once.

    `websocket` and `answer` are places for what transports make of it, headers and all.
    """

    __slots__ = ("_body", "answer", "t", "text", "websocket")

    def __init__(self, frame: dict[str, Any]) -> None:
        self.t: str = frame["t"]
        self.text = protocol.encode(frame)
        self._body: bytes | None = None
        self.websocket: bytes | None = None
        self.answer: Any = None

    @property
    def body(self) -> bytes:
        if self._body is None:
            self._body = self.text.encode()
        return self._body


class Subscriber(Protocol):
    """What the hub needs of a connection: "ws" or "poll", and two calls that return at once."""

    kind: str

    def wake(self) -> None:
        """There is news in the hub."""

    def dismiss(self, code: Close) -> None:
        """Say goodbye with `code`, and leave."""


class Hub:
    """A replica and everyone who follows it here."""

    def __init__(self, snapshot: Snapshot, recent: list[Update], heartbeat: float) -> None:
        self.replica = Replica(snapshot, KEEP)
        self.replica.recent.extend(recent)
        self.heartbeat = heartbeat
        self.subscribers: set[Subscriber] = set()
        self.counts: Counter[str] = Counter()  # viewers by kind, now
        self._peaks: Counter[str] = Counter()  # the most of each since the last report
        self.receipt: dict[str, int] | None = None  # of the last fan-out: how many, how late
        self._frames: dict[int, Frame] = {}  # by the seq they lead on from
        self._snapshot: tuple[float, Frame] | None = None  # and when it was encoded
        self._heartbeat: Frame | None = None

    def receive(self, epoch: str, update: Update) -> str:
        """Give the replica an update; see `Replica.receive`. The caller fans out."""
        outcome = self.replica.receive(epoch, update)
        if outcome == "applied":
            self._forget_frames()
        return outcome

    def reset(self, snapshot: Snapshot) -> None:
        """Start over from a snapshot, which is what everyone gets next."""
        self.replica.reset(snapshot)
        self._forget_frames()

    async def fan_out(self) -> None:
        """Wake everyone, in batches, so that joins and polls are served in between."""
        reached = len(self.subscribers)
        for count, subscriber in enumerate(tuple(self.subscribers), start=1):
            if subscriber in self.subscribers:  # it may have left during the batches before
                try:
                    subscriber.wake()
                except Exception:  # one connection's trouble must not stop the others' update
                    logger.exception("a viewer could not be woken")
            if count % BATCH == 0:
                await asyncio.sleep(0)
        took = int(time.time() * 1000) - self.replica.at
        self.receipt = {"seq": self.replica.position.seq, "reached": reached, "ms": took}

    async def dismiss_all(self, code: Close, a_second: int) -> None:
        """Send everyone away, so many a second, so that they do not all come back at once."""
        while leaving := list(islice(self.subscribers, max(a_second // TURNS, 1))):
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
        frame = self._frames[since.seq] = Frame(protocol.updates(position, updates))
        return frame

    def snapshot_frame(self) -> Frame:
        """The snapshot, encoded at most once a second: `now` in it must be true."""
        now = time.time()
        if self._snapshot is None or now - self._snapshot[0] >= 1:
            frame = protocol.snapshot(self.replica.snapshot(), self.heartbeat, int(now * 1000))
            self._snapshot = now, Frame(frame)
        return self._snapshot[1]

    def heartbeat_frame(self) -> Frame:
        """The heartbeat at this position."""
        if self._heartbeat is None:
            self._heartbeat = Frame(protocol.heartbeat(self.replica.position))
        return self._heartbeat

    def add(self, subscriber: Subscriber) -> None:
        kind = subscriber.kind
        self.subscribers.add(subscriber)
        self.counts[kind] = count = self.counts[kind] + 1
        if count > self._peaks[kind]:
            self._peaks[kind] = count

    def remove(self, subscriber: Subscriber) -> None:
        self.subscribers.remove(subscriber)
        self.counts[subscriber.kind] -= 1

    def take_counts(self) -> dict[str, int]:
        """Viewers by kind: the most at one time since this was last asked.

        Polls leave with every answer and are back at once, so a count of this very moment
        would show an empty house just after each update.
        """
        peaks, self._peaks = self._peaks, Counter(self.counts)
        return dict(peaks)

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

    def wake(self) -> None:
        if self._news is not None and not self._news.done():
            self._news.set_result(True)

    async def next(self) -> Frame | None:
        """The next frame, a heartbeat if there is none in time, None at the farewell.

        Nothing is awaited between the look at the hub and the wait, so no update slips by.
        """
        while (frame := self.hub.frame_after(self.position)) is None:
            if self.farewell is not None:
                return None
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
    return heartbeat * random.uniform(1 - protocol.HEARTBEAT_SPREAD, 1 + protocol.HEARTBEAT_SPREAD)
