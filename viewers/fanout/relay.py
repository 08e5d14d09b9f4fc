"""Carries updates from the log to this process's hub of one broadcast.

The channel layer brings announcements at once but may lose any of them, so the relay also reads
the head of the log every few seconds. Whatever is missing is read from the log.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from broadcaster.domain.stream import Position, Update
from broadcaster.layer.connection import ChannelLayer, LayerConnection
from broadcaster.layer.messages import (
    CONSOLE_OPEN,
    UPDATE,
    Message,
    desk_group,
    group_name,
    read_update,
    report_message,
)
from broadcaster.layer.outage import Outage
from broadcaster.layer.tasks import cancel_all, pause
from viewers.fanout.heartbeat import Heartbeat
from viewers.fanout.hub import KEEP, Hub
from viewers.fanout.log_reader import BroadcastDeleted, LogReader, LogUnavailable, OpenedLog
from viewers.fanout.viewer_reports import report
from viewers.protocol.frames import DRAIN_RATE, Close

logger = logging.getLogger(__name__)

HEAD_CHECK = 1.5  # seconds; an update whose announcement was lost is late by this, and by a second
# if its take waits behind one that finds out that Redis hangs. docs/reliability.md promises 3 s
UNWATCHED = 300.0  # seconds without a viewer after which a relay ends
REPORT = 1.0  # seconds between two reports of viewers to the desk
CONSOLE_GONE = 10.0  # seconds after the last message of a console at which reports stop
JOIN = 1.0  # seconds that the first viewer waits for the channel layer at most


class Relay:
    """Keeps one hub up to date with one broadcast.

    The replica has one writer at a time, which holds `_writing` while it applies and fans out.
    Neither the log nor the layer is awaited under that lock: a database that hangs delays no
    announcement, and a layer that hangs delays no head check. The tasks of both wake each other
    through events. `on_end` is called when the relay ends without `stop`.
    """

    def __init__(
        self,
        opened: OpenedLog,
        log: LogReader,
        layer: ChannelLayer,
        heartbeat: Heartbeat,
        on_end: Callable[["Relay"], object],
    ) -> None:
        self.slug = opened.slug
        self.hub = Hub(opened, heartbeat)
        self._broadcast_id = opened.broadcast_id
        self._log = log
        self._on_end = on_end
        self._now = asyncio.get_running_loop().time
        self._watched = self._now()  # when a viewer was last here
        self._head_known_at = self._now()  # when the hub's position was last the log's
        self._console: float | None = None  # when a console last announced that it is open
        self._writing = asyncio.Lock()
        self._read_now = asyncio.Event()  # something may be missing
        self._report_now = asyncio.Event()
        self._database = Outage(f"{self.slug}: database")
        self._layer = LayerConnection(
            layer, [group_name(self._broadcast_id)], self.slug, self._handle, self._read_now.set
        )
        self._tasks: list[asyncio.Task[None]] = []
        self._ending: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Join the group, then read what was published meanwhile. Raises as `catch_up` does."""
        self._tasks = [asyncio.create_task(self._layer.run())]
        try:
            await pause(JOIN, self._read_now)
            await self.catch_up()
        except BaseException:
            await self.stop()
            raise
        self._tasks += [
            asyncio.create_task(self._every(HEAD_CHECK, self._read_now, self._check)),
            asyncio.create_task(self._every(REPORT, self._report_now, self._report)),
        ]

    async def stop(self) -> None:
        """End the tasks. The hub keeps its viewers: disconnect them before.

        The last report has no viewers. Without it the desk would show the viewers as unknown.
        """
        await self._report()
        await cancel_all(self._tasks)

    @property
    def age(self) -> float:
        """Seconds since the hub's position was known to be the head of the log."""
        return self._now() - self._head_known_at

    async def catch_up(self) -> bool:
        """Fan out the updates that the replica lacks. Return whether there were any.

        If names or looks of its contests were corrected, viewers start again from a snapshot.
        One call at a time. Raises BroadcastDeleted and LogUnavailable.
        """
        replica, began = self.hub.replica, self._now()
        position, digests = replica.position, replica.digests
        missing = await self._log.after(self._broadcast_id, position, digests, KEEP)
        async with self._writing:
            changed = self._apply_missing(position, missing)
            self._head_known_at = max(self._head_known_at, began)
            if changed:
                await self.hub.fan_out()
        if replica.digests != digests:  # no head check waits until everyone was disconnected
            resync = self.hub.disconnect_all(Close.RESYNC, DRAIN_RATE)
            self._tasks.append(asyncio.create_task(resync))
        return changed

    def _apply_missing(self, position: Position, missing: list[Update] | OpenedLog) -> bool:
        """Apply updates read past `position`. Announcements may have brought some meanwhile."""
        if isinstance(missing, OpenedLog):
            there, here = missing.snapshot.position, self.hub.replica.position
            if there.epoch == here.epoch and there.seq < here.seq:
                return False
            moved = there != here
            if moved or missing.snapshot.contests != self.hub.replica.digests:
                self.hub.reset(missing)
            return moved
        outcomes = [self.hub.apply(position.epoch, update) for update in missing]
        return "applied" in outcomes

    async def _handle(self, message: Message) -> None:
        """Handle a message of the layer: an announced update, or a console that is open."""
        if message["type"] == CONSOLE_OPEN:
            self._console = self._now()
            self._report_now.set()
        elif message["type"] == UPDATE:
            epoch, update = read_update(message)
            async with self._writing:
                outcome = self.hub.apply(epoch, update)
                if outcome == "applied":
                    self._head_known_at = self._now()
                    await self.hub.fan_out()
            if outcome == "applied":
                self._report_now.set()
            elif outcome == "gap":
                self._read_now.set()

    async def _check(self) -> None:
        """Compare with the log. End if the broadcast was deleted, or had no viewer for long."""
        if self.hub.viewers:
            self._watched = self._now()
        elif self._now() - self._watched > UNWATCHED:
            return self._end()
        try:
            missed = await self.catch_up()
        except BroadcastDeleted:  # one without updates can be deleted in the admin
            self._on_end(self)
            await self.hub.disconnect_all(Close.UNKNOWN, DRAIN_RATE)
            return self._end()
        except LogUnavailable as error:
            return self._database.begin(error)
        self._database.end()
        if missed:
            self._layer.renew()

    async def _report(self) -> None:
        """Report to the desk, if a console is open."""
        if self._console is not None and self._now() - self._console < CONSOLE_GONE:
            message = report_message(report(self.hub, self.age))
            await self._layer.send(desk_group(self._broadcast_id), message)

    async def _every(
        self, seconds: float, early: asyncio.Event, act: Callable[[], Awaitable[None]]
    ) -> None:
        """Call `act` every so many seconds, or earlier if `early` is set."""
        while True:
            await pause(seconds, early)
            try:
                await act()
            except Exception:
                logger.exception("%s: failed, again in %s s", self.slug, seconds)

    def _end(self) -> None:
        """End the relay. The next viewer starts another one."""
        self._on_end(self)
        self._ending = asyncio.create_task(self.stop())  # not here: this runs in one of its tasks
