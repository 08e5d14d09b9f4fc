"""The console's socket: what happens to one broadcast, and commands from the desk.

Unlike viewers, staff are few, so this is a consumer as Channels has them: each is a member of
the broadcast's group. What it is told there is only a hint; it reads the log itself.
"""

import asyncio
import contextlib
import json
import logging
from collections import Counter
from importlib import import_module
from typing import Any

from channels.auth import get_user
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.db import DatabaseError

from broadcaster import history
from broadcaster.announce import desk_group, group_name
from broadcaster.models import Broadcast
from broadcaster.stream import Position
from broadcaster.submission import submit

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
        self.reports: dict[str, tuple[float, dict[str, Any]]] = {}  # by process
        self.looking: asyncio.Task[None] | None = None
        self.catching_up = asyncio.Lock()
        await self.accept()
        if await self.user_with("broadcaster.view_broadcast") is None:
            return await self.close(FORBIDDEN)
        try:
            for group in (group_name(self.broadcast_id), desk_group(self.broadcast_id)):
                await self.channel_layer.group_add(group, self.channel_name)
        except Exception:  # the log can be read without the layer, only less promptly
            logger.warning("console: the channel layer cannot be joined", exc_info=True)
        self.looking = asyncio.create_task(self.look())

    async def disconnect(self, code: int) -> None:
        if self.looking is not None:
            self.looking.cancel()
        with contextlib.suppress(Exception):  # the layer may be gone; it forgets us by itself
            for group in (group_name(self.broadcast_id), desk_group(self.broadcast_id)):
                await self.channel_layer.group_discard(group, self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """A command: {"command": "take", "id": ..., "change": {...}}; the answer has its id."""
        try:
            request = json.loads(text_data or "")
            command, number, change = request["command"], request["id"], request["change"]
        except (ValueError, KeyError, TypeError, RecursionError):
            return await self.tell(t="answer", id=None, status=400, error="is not a command")
        if command != "take":
            return await self.tell(t="answer", id=number, status=400, error="unknown command")
        user = await self.user_with("broadcaster.view_broadcast")
        if user is None:
            return await self.close(FORBIDDEN)
        status, answer = await self.submit(json.dumps(change), user)
        await self.tell(t="answer", id=number, status=int(status), **answer)

    async def broadcast_update(self, message: dict[str, Any]) -> None:
        """From the layer: something was published."""
        await self.catch_up()

    async def desk_viewers(self, message: dict[str, Any]) -> None:
        """From the layer: one process says how many viewers it holds."""
        now = asyncio.get_running_loop().time()
        self.reports[message["process"]] = now, message
        await self.tell_viewers(now)

    async def tell_viewers(self, now: float) -> None:
        """The sum over all processes that reported lately."""
        self.reports = {p: r for p, r in self.reports.items() if now - r[0] < SILENT}
        total = Counter(ws=0, poll=0)
        for _, report in self.reports.values():
            total.update(report["viewers"])
        receipts = [report["receipt"] for _, report in self.reports.values() if report["receipt"]]
        newest = max((receipt["seq"] for receipt in receipts), default=None)
        receipts = [receipt for receipt in receipts if receipt["seq"] == newest]
        await self.tell(
            t="viewers",
            processes=len(self.reports),
            **total,
            receipt=receipts
            and {
                "seq": newest,
                "reached": sum(receipt["reached"] for receipt in receipts),
                "ms": max(receipt["ms"] for receipt in receipts),
            },
        )

    async def look(self) -> None:
        """Now and every few seconds: what does the log say, who still reports, who is this?"""
        while True:
            try:
                if await self.user_with("broadcaster.view_broadcast") is None:
                    return await self.close(FORBIDDEN)
                await self.catch_up()
                await self.tell_viewers(asyncio.get_running_loop().time())
            except Broadcast.DoesNotExist:
                return await self.close(UNKNOWN)
            except DatabaseError:
                logger.warning("console: the log cannot be read", exc_info=True)
            await asyncio.sleep(LOOK)

    async def catch_up(self) -> None:
        """Send what the log has and this console lacks."""
        async with self.catching_up:
            position, frame = await self.read_news()
            if frame is not None:
                await self.tell(**frame)
            self.position = position  # last: what was not read and sent is read again

    @database_sync_to_async
    def read_news(self) -> tuple[Position, dict[str, Any] | None]:
        """The updates past this console's position, or the snapshot with the newest of the log.

        As in a viewer's frames, but every update says `by` whom.
        """
        broadcast = Broadcast.objects.get(pk=self.broadcast_id)
        known, position = self.position, broadcast.position
        if known == position:
            return position, None
        if known and known.epoch == broadcast.epoch and broadcast.seq - known.seq <= history.LOG:
            updates = history.log(broadcast, after=known.seq)
            frame = {"t": "updates", "epoch": known.epoch, "seq": broadcast.seq}
            return position, frame | {"updates": updates}
        snapshot = history.snapshot(broadcast).to_dict()
        return position, {"t": "snapshot", **snapshot, "log": history.log(broadcast)}

    async def user_with(self, permission: str):
        """The user as the session and the database have it now, not as it was at connect."""
        session = import_module(settings.SESSION_ENGINE).SessionStore(
            self.scope["session"].session_key
        )
        user = await get_user({"session": session})
        allowed = await database_sync_to_async(
            lambda: user.is_active and user.is_staff and user.has_perm(permission)
        )()
        return user if allowed else None

    @database_sync_to_async
    def submit(self, body: str, user):
        return submit(Broadcast.objects.get(pk=self.broadcast_id), body, user)

    async def tell(self, **frame: Any) -> None:
        await self.send(json.dumps(frame))
