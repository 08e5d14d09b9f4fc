"""Carries updates from the log to this process's hubs: one relay per broadcast.

The channel layer brings announcements at once but may lose any of them, so the relay also
looks at the head of the log every few seconds. Whatever is missing is read from the log.
"""

import asyncio
import logging
import resource
from collections.abc import Awaitable, Callable
from contextlib import suppress

from channels.db import database_sync_to_async
from channels.layers import get_channel_layer

from broadcaster.domain.stream import Snapshot, Update
from broadcaster.models import Broadcast
from broadcaster.publishing import history
from broadcaster.publishing.announce import group_name, warn
from viewers.fanout import viewer_reports
from viewers.fanout.hub import KEEP, Hub
from viewers.protocol import frames
from viewers.protocol.frames import Close

logger = logging.getLogger(__name__)

HEAD_CHECK = 3.0  # seconds; what an announcement that got lost costs at most
REJOIN = 3600.0  # seconds; layers forget members after group_expiry, a day by default
UNWATCHED = 300.0  # seconds without a viewer after which a relay ends
COUNT = 1.0  # seconds between two reports of viewers to the desk
DESK_GONE = 10.0  # seconds without a sign of a console after which nothing is reported
RESERVED_FILES = 100  # of the process's file limit: database, layer, static files, staff
CANCEL_AGAIN = 1.0  # seconds after which a task that has not ended is told again
JOIN = 1.0  # seconds that the first viewer waits for the channel layer at most
LAYER_RETRY = 1.0  # seconds between attempts while the channel layer cannot be reached


class Relay:
    """Keeps one hub in step with one broadcast. `start` subscribes first and reads second."""

    def __init__(
        self,
        broadcast: Broadcast,
        recent: list[Update],
        heartbeat: float,
        forget: Callable[["Relay"], object],
    ) -> None:
        self._forget = forget  # called when the relay ends by itself
        self.broadcast_id = broadcast.pk
        self.slug = broadcast.slug
        self.hub = Hub(history.snapshot(broadcast), recent, heartbeat)
        self._watched = asyncio.get_running_loop().time()  # when somebody was last here
        self._desk: float | None = None  # when a console last said that it is open
        self._head = self._watched  # when the hub's position was last known to be the log's
        self._moving = asyncio.Lock()  # the replica has one writer at a time
        self._tasks: list[asyncio.Task[None]] = []
        self._ending: asyncio.Task[None] | None = None
        self._lost = False  # the channel layer, and that was said

    async def start(self) -> None:
        """Listen to the layer, then catch up with what was published meanwhile."""
        joined = asyncio.Event()
        self._tasks = [
            asyncio.create_task(self._listen(joined)),
            asyncio.create_task(self._every(HEAD_CHECK, self._check)),
            asyncio.create_task(self._every(COUNT, self._count)),
        ]
        try:
            with suppress(TimeoutError):
                await asyncio.wait_for(joined.wait(), JOIN)
            joined.set()  # who joins later catches up once more
            await self.catch_up()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """End the tasks. The hub keeps its viewers, who must have been sent away before.

        Once may not do: on Python 3.11 `asyncio.wait_for`, with which redis-py writes, swallows a
        cancellation that comes as the write ends (python/cpython#86296).
        """
        pending = set(self._tasks)
        while pending:
            for task in pending:
                task.cancel()
            _, pending = await asyncio.wait(pending, timeout=CANCEL_AGAIN)

    async def catch_up(self) -> None:
        """Read what the log has and the replica lacks, and fan it out."""
        async with self._moving:
            position = self.hub.replica.position
            asked = asyncio.get_running_loop().time()
            head = await database_sync_to_async(history.head)(self.broadcast_id)
            if head == position:
                self._head = asked
                return
            missing = None
            if head.epoch == position.epoch:
                missing = await database_sync_to_async(history.updates_after)(
                    self.broadcast_id, position, KEEP
                )
            if missing is None:
                self.hub.reset(await self._snapshot())
            else:
                for update in missing:
                    self.hub.receive(position.epoch, update)
            self._head = asked
            await self.hub.fan_out()

    @property
    def age(self) -> float:
        """Seconds since the hub's position was known to be the head of the log."""
        return asyncio.get_running_loop().time() - self._head

    async def _receive(self, message: dict) -> None:
        """One announcement: the next update, an old one, or the sign of a gap. Or a console."""
        if message["type"] == "desk.open":
            self._desk = asyncio.get_running_loop().time()
            return await self._count()
        async with self._moving:
            update = Update.from_dict(message["update"])
            outcome = self.hub.receive(message["epoch"], update)
            if outcome == "applied":
                self._head = asyncio.get_running_loop().time()
                await self.hub.fan_out()
        if outcome == "applied":
            await self._count()
        if outcome == "gap":
            await self.catch_up()

    async def _listen(self, joined: asyncio.Event) -> None:
        """Be a member of the group for as long as the relay lives, whatever the layer does."""
        while True:
            try:
                await self._listen_once(joined)
            except Exception as error:
                if not self._lost:
                    warn(logger, f"{self.slug}: channel layer lost, trying again", error)
                self._lost = True
                joined.set()  # the head check alone keeps viewers right meanwhile
                await asyncio.sleep(LAYER_RETRY)

    async def _listen_once(self, joined: asyncio.Event) -> None:
        layer = get_channel_layer()
        group = group_name(self.broadcast_id)
        channel = await layer.new_channel()
        await layer.group_add(group, channel)
        if self._lost:
            logger.warning("%s: channel layer is back", self.slug)
            self._lost = False
        rejoining = asyncio.create_task(
            self._every(REJOIN, lambda: layer.group_add(group, channel))
        )
        try:
            if joined.is_set():  # not the first time: announcements may have passed unheard
                await self.catch_up()
            joined.set()
            while True:
                # Not with wait_for: some layers unsubscribe when receive() is cancelled.
                await self._receive(await layer.receive(channel))
        finally:
            rejoining.cancel()
            await layer.group_discard(group, channel)

    async def _check(self) -> None:
        now = asyncio.get_running_loop().time()
        if self.hub.viewers:
            self._watched = now
        elif now - self._watched > UNWATCHED:
            return self._end()
        try:
            await self.catch_up()
        except Broadcast.DoesNotExist:  # one without updates can be deleted in the admin
            self._forget(self)
            await self.hub.dismiss_all(Close.UNKNOWN, frames.DRAIN_RATE)
            self._end()

    def _end(self) -> None:
        """Be forgotten: whoever asks next starts another relay."""
        self._forget(self)
        self._ending = asyncio.create_task(self.stop())  # by another: this is one of its tasks

    async def _every(self, seconds: float, act: Callable[[], Awaitable[None]]) -> None:
        while True:
            await asyncio.sleep(seconds)
            try:
                await act()
            except Exception as error:
                warn(logger, f"{self.slug}: failed, again in {seconds} s", error)

    async def _snapshot(self) -> Snapshot:
        return await database_sync_to_async(
            lambda: history.snapshot(Broadcast.objects.get(pk=self.broadcast_id))
        )()

    async def _count(self) -> None:
        """Report to the desk, if anyone is there."""
        now = asyncio.get_running_loop().time()
        if self._desk is not None and now - self._desk < DESK_GONE and not self._lost:
            await viewer_reports.announce(self.broadcast_id, self.hub, self.age)


class Relays:
    """The relays of one process, started when their first viewer comes."""

    def __init__(self, heartbeat: float = frames.HEARTBEAT, limit: int | None = None) -> None:
        self.heartbeat = heartbeat
        self.limit = limit or room_for_viewers()
        self.closing: Close | None = None
        self._relays: dict[str, asyncio.Task[Relay | None]] = {}
        self._hubs: dict[str, Hub] = {}  # of those that have started

    async def hub(self, slug: str) -> Hub | None:
        """The hub of a broadcast, loaded once however many ask; None if there is none."""
        task = self._relays.get(slug)
        if task is None:
            task = self._relays[slug] = asyncio.create_task(self._start(slug))
            task.add_done_callback(lambda done: self._keep(slug, done))
        relay = await asyncio.shield(task)
        return relay.hub if relay else None

    def ready(self, slug: str) -> Hub | None:
        """The hub of a broadcast, if it is loaded already."""
        return self._hubs.get(slug)

    @property
    def running(self) -> list[Relay]:
        """The relays that have started."""
        tasks = [task for task in self._relays.values() if task.done()]
        return [relay for task in tasks if (relay := task.result()) is not None]

    @property
    def viewers(self) -> int:
        """Connections in all hubs, now."""
        return sum([hub.viewers for hub in self._hubs.values()])

    @property
    def refusal(self) -> Close | None:
        """The code for whoever comes now, if this process is leaving or has no files left."""
        if self.closing is not None:
            return self.closing
        return Close.FULL if self.viewers >= self.limit else None

    async def close(self, code: Close, a_second: int) -> None:
        """Turn away whoever comes from now on, and send all viewers away, so many a second."""
        self.closing = code
        for relay in self.running:
            await relay.hub.dismiss_all(code, a_second)

    async def stop(self) -> None:
        """End all relays."""
        await asyncio.gather(*(relay.stop() for relay in self.running))
        self._relays.clear()
        self._hubs.clear()

    async def _start(self, slug: str) -> Relay | None:
        found = await database_sync_to_async(history.open_log)(slug, KEEP)
        if found is None:
            return None
        broadcast, recent = found
        relay = Relay(broadcast, recent, self.heartbeat, self._forget)
        await relay.start()
        return relay

    def _forget(self, relay: Relay) -> None:
        if self._hubs.get(relay.slug) is relay.hub:  # and not its successor's already
            del self._hubs[relay.slug], self._relays[relay.slug]

    def _keep(self, slug: str, done: asyncio.Task[Relay | None]) -> None:
        """Forget a start that failed or found no broadcast: the next viewer tries again."""
        if done.cancelled() or done.exception() is not None or done.result() is None:
            self._relays.pop(slug, None)
            return
        relay = done.result()
        assert relay is not None
        self._hubs[slug] = relay.hub


def room_for_viewers() -> int:
    """How many connections the file limit of this process allows, less a reserve."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(soft - RESERVED_FILES, 1)
