"""The console's socket: what happens to one broadcast, and commands from the desk.

Unlike viewers, staff are few, so this is a consumer as Channels has them: each is a member of
the broadcast's group. What it is told there is only a hint; it reads the log itself.
"""

import asyncio
import contextlib
import json
import logging
from http import HTTPStatus
from importlib import import_module
from typing import Any

from channels.auth import get_user
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.db import DatabaseError
from django.utils import timezone

from broadcaster.desk import rundown
from broadcaster.desk.audit import Actor
from broadcaster.desk.commands import hear
from broadcaster.desk.permissions import admit
from broadcaster.desk.requests import Answer
from broadcaster.domain import delivery
from broadcaster.domain.rejection import Forbidden
from broadcaster.domain.stream import Position
from broadcaster.models import Broadcast
from broadcaster.publishing import announce, history
from broadcaster.publishing.announce import desk_group, group_name, warn

LOOK = 3.0  # seconds between looks at the log, for announcements that got lost
SILENT = 3.5  # seconds after which a process that reported viewers no longer counts
FORBIDDEN = 4003  # close code: this user may not be here
UNKNOWN = 4044  # close code: this broadcast does not exist, or no longer

logger = logging.getLogger(__name__)


class DeskConsumer(AsyncWebsocketConsumer):
    """One open console."""

    async def connect(self) -> None:
        self.broadcast_id: int = self.scope["url_route"]["kwargs"]["pk"]
        self.position: Position | None = None
        self.rundown: dict[str, Any] | None = None  # as it was last sent
        self.reports: dict[str, tuple[float, dict[str, Any]]] = {}  # by process
        self.looking: asyncio.Task[None] | None = None
        self.catching_up = asyncio.Lock()
        await self.accept()
        if not await self.is_admitted():
            return await self.close(FORBIDDEN)
        try:
            async with asyncio.timeout(announce.DESK_TIMEOUT):
                for group in (group_name(self.broadcast_id), desk_group(self.broadcast_id)):
                    await self.channel_layer.group_add(group, self.channel_name)
        except Exception as error:  # the log can be read without the layer, only less promptly
            warn(logger, "console: the channel layer cannot be joined", error)
        self.looking = asyncio.create_task(self.look())

    async def disconnect(self, code: int) -> None:
        if self.looking is not None:
            self.looking.cancel()
        with contextlib.suppress(Exception):  # the layer may be gone; it forgets us by itself
            async with asyncio.timeout(announce.DESK_TIMEOUT):
                for group in (group_name(self.broadcast_id), desk_group(self.broadcast_id)):
                    await self.channel_layer.group_discard(group, self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """A command {"command", "id", …arguments}; the answer has its id. See desk.py.

        What it did is told before it: whoever hears that something is done sees it, too.
        """
        number, (status, answer) = await self.hear(text_data or "", await self.user())
        if status != HTTPStatus.FORBIDDEN:
            with contextlib.suppress(DatabaseError, Broadcast.DoesNotExist):  # look() tells of it
                await self.catch_up()
        await self.tell(t="answer", id=number, status=int(status), **answer)
        if status == HTTPStatus.FORBIDDEN and not await self.is_admitted():
            await self.close(FORBIDDEN)

    async def broadcast_update(self, message: dict[str, Any]) -> None:
        """From the layer: something was published."""
        await self.catch_up()

    async def desk_rundown(self, message: dict[str, Any]) -> None:
        """From the layer: somebody worked on the rundown."""
        await self.catch_up()

    async def desk_viewers(self, message: dict[str, Any]) -> None:
        """From the layer: one process says how many viewers it holds."""
        now = asyncio.get_running_loop().time()
        self.reports[message["process"]] = now, message
        await self.tell_viewers(now)

    async def desk_open(self, message: dict[str, Any]) -> None:
        """From the layer: a console tells the processes that it is there."""

    async def tell_viewers(self, now: float) -> None:
        """The sum over all processes that reported lately."""
        self.reports = {p: r for p, r in self.reports.items() if now - r[0] < SILENT}
        reports = [{**r, "age": r["age"] + now - then} for then, r in self.reports.values()]
        await self.tell(**delivery.viewers(reports, self.position))

    async def ask_viewers(self) -> None:
        """Tell the processes that a console is open, so that they report."""
        with contextlib.suppress(Exception):  # without the layer no report would come either
            await announce.say_open(self.broadcast_id)

    async def look(self) -> None:
        """Now and every few seconds: what does the log say, who still reports, who is this?"""
        while True:
            try:
                if not await self.is_admitted():
                    return await self.close(FORBIDDEN)
                await self.catch_up()
                await self.ask_viewers()
                await self.tell_viewers(asyncio.get_running_loop().time())
            except Broadcast.DoesNotExist:
                return await self.close(UNKNOWN)
            except DatabaseError:
                logger.warning("console: the log cannot be read", exc_info=True)
            await asyncio.sleep(LOOK)

    async def catch_up(self) -> None:
        """Send what the log has and this console lacks, and the rundown if it differs."""
        async with self.catching_up:
            position, frame, told = await self.read_news()
            if frame is not None:
                await self.tell(**frame)
            if told != self.rundown:
                await self.tell(t="rundown", now=history.milliseconds(timezone.now()), **told)
            self.position, self.rundown = position, told  # last: what was not sent is read again

    @database_sync_to_async
    def read_news(self) -> tuple[Position, dict[str, Any] | None, dict[str, Any]]:
        """Where the log ends, what this console lacks of it, and the rundown."""
        broadcast = Broadcast.objects.get(pk=self.broadcast_id)
        return broadcast.position, self.news(broadcast), rundown.told(broadcast)

    def news(self, broadcast: Broadcast) -> dict[str, Any] | None:
        """The updates past this console's position, or the snapshot with the newest of the log.

        As in a viewer's frames, but every update says `by` whom: see `history.log`.
        """
        known = self.position
        if known == broadcast.position:
            return None
        if known and known.epoch == broadcast.epoch and broadcast.seq - known.seq <= history.LOG:
            updates = history.log(broadcast, after=known.seq)
            frame = {"t": "updates", "epoch": known.epoch, "seq": broadcast.seq}
            return frame | {"updates": updates}
        snapshot = history.snapshot(broadcast).to_dict()
        return {"t": "snapshot", **snapshot, "log": history.log(broadcast)}

    async def user(self):
        """The user as the session and the database have it now, not as it was at connect."""
        session = import_module(settings.SESSION_ENGINE).SessionStore(
            self.scope["session"].session_key
        )
        return await get_user({"session": session})

    async def is_admitted(self) -> bool:
        """Whether this user may be here, now."""
        try:
            await database_sync_to_async(admit)(await self.user())
        except Forbidden:
            return False
        return True

    @database_sync_to_async
    def hear(self, text: str, user) -> tuple[Any, Answer]:
        address = self.scope["client"][0] if self.scope.get("client") else None
        return hear(self.broadcast_id, lambda: text, Actor(user, "socket", address))

    async def tell(self, **frame: Any) -> None:
        await self.send(json.dumps(frame))
