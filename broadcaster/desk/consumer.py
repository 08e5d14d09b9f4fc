"""The console's socket: sends what happens to one broadcast, and takes the desk's commands.

Unlike viewers, staff are few, so this is an ordinary Channels consumer: each is a member of the
broadcast's group. A message of the layer is only a hint; the consumer reads the log itself.
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

from broadcaster.desk import state
from broadcaster.desk.commands import handle_command
from broadcaster.desk.permissions import check_access
from broadcaster.desk.requests import Reply
from broadcaster.desk.shared_reads import SharedReads
from broadcaster.domain import delivery
from broadcaster.domain.announcement import desk_group, group_name
from broadcaster.domain.rejection import Forbidden
from broadcaster.domain.stream import Position
from broadcaster.models import Broadcast, Via
from broadcaster.publishing import announce
from broadcaster.publishing.actor import Actor
from broadcaster.publishing.announce import warn

INTERVAL = 3.0  # seconds between checks of the log, for announcements that got lost
SILENT = 3.5  # seconds after which a process that reported viewers no longer counts
REJOIN = 30.0  # seconds between renewals of the membership in the groups
FORBIDDEN = 4003  # close code: this user may not use the desk
UNKNOWN = 4044  # close code: this broadcast does not exist, or no longer

logger = logging.getLogger(__name__)

_reads = SharedReads()


class DeskConsumer(AsyncWebsocketConsumer):
    """One open console."""

    async def connect(self) -> None:
        self.broadcast_id: int = self.scope["url_route"]["kwargs"]["pk"]
        self.position: Position | None = None
        self.rundown: dict[str, Any] | None = None  # the last one sent
        self.reports: dict[str, tuple[float, dict[str, Any]]] = {}  # by process, with its time
        self.joined: float | None = None  # when the groups were joined last
        self.echoed: float | None = None  # when a message of our own last came through the layer
        self.lost = False  # the layer is unavailable, and this was logged
        self.checking: asyncio.Task[None] | None = None
        self.catching_up = asyncio.Lock()
        await self.accept()
        if not await self.is_admitted():
            return await self.close(FORBIDDEN)
        self.checking = asyncio.create_task(self.check_regularly())

    async def disconnect(self, code: int) -> None:
        if self.checking is not None:
            self.checking.cancel()
        with contextlib.suppress(Exception):  # without the layer the membership expires
            async with asyncio.timeout(announce.DESK_TIMEOUT):
                for group in self.groups_of_broadcast():
                    await self.channel_layer.group_discard(group, self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Carry out a command {"command", "id", …arguments} and reply with its id.

        What the command did is sent before the reply, so a console never shows "done" before it
        shows the result.
        """
        number, (status, reply) = await self.handle(text_data or "", await self.user())
        if status != HTTPStatus.FORBIDDEN:
            with contextlib.suppress(DatabaseError, Broadcast.DoesNotExist):  # the check reports it
                await self.catch_up()
        await self.send_frame(t="answer", id=number, status=int(status), **reply)
        if status == HTTPStatus.FORBIDDEN and not await self.is_admitted():
            await self.close(FORBIDDEN)

    # Messages of the layer

    async def broadcast_update(self, message: dict[str, Any]) -> None:
        """An update was published."""
        await self.catch_up()

    async def desk_rundown(self, message: dict[str, Any]) -> None:
        """The rundown was changed."""
        await self.catch_up()

    async def desk_viewers(self, message: dict[str, Any]) -> None:
        """A process reports how many viewers it holds."""
        now = asyncio.get_running_loop().time()
        self.reports[message["process"]] = now, message
        await self.send_viewers(now)

    async def desk_open(self, message: dict[str, Any]) -> None:
        """A console notifies the processes that it is open. Our own proves our membership."""
        if message.get("console") == self.channel_name:
            now = asyncio.get_running_loop().time()
            was_known, self.echoed = self.is_member(now), now
            if not was_known:
                await self.send_viewers(now)

    # The groups

    def groups_of_broadcast(self) -> tuple[str, str]:
        return group_name(self.broadcast_id), desk_group(self.broadcast_id)

    async def use_layer(self, now: float) -> None:
        """Join the groups if the membership is not proven, and announce that a console is open.

        A Redis that restarted has forgotten its groups and reports no error, so membership is
        renewed when our last announcement did not come back, and regularly.
        """
        due = self.joined is None or now - self.joined >= REJOIN
        try:
            async with asyncio.timeout(announce.DESK_TIMEOUT):
                if due or not self.is_member(now):
                    for group in self.groups_of_broadcast():
                        await self.channel_layer.group_add(group, self.channel_name)
                    self.joined = now
                await announce.announce_console(self.broadcast_id, self.channel_name)
            if self.lost:
                logger.warning("console: the channel layer is back")
            self.lost = False
        except Exception as error:  # the log can be read without the layer, only less promptly
            if not self.lost:
                warn(logger, "console: the channel layer is unavailable", error)
            self.lost = True

    def is_member(self, now: float) -> bool:
        """Return whether messages of the layer reach this console, as far as is known."""
        return self.echoed is not None and now - self.echoed < INTERVAL + announce.DESK_TIMEOUT

    # What the console is sent

    async def send_viewers(self, now: float) -> None:
        """Send the sum over all processes that reported lately, and whether that is all of them.

        A console that the layer does not reach knows nothing about viewers: `known` is false.
        """
        self.reports = {p: r for p, r in self.reports.items() if now - r[0] < SILENT}
        reports = [{**r, "age": r["age"] + now - then} for then, r in self.reports.values()]
        frame = delivery.viewers(reports, self.position)
        await self.send_frame(**frame, known=self.is_member(now))

    async def check_regularly(self) -> None:
        """Every few seconds check the user, the log, the membership, and who still reports."""
        while True:
            try:
                if not await self.is_admitted():
                    return await self.close(FORBIDDEN)
                now = asyncio.get_running_loop().time()
                await self.use_layer(now)
                await self.catch_up()
                await self.send_viewers(asyncio.get_running_loop().time())
            except Broadcast.DoesNotExist:
                return await self.close(UNKNOWN)
            except DatabaseError:
                logger.warning("console: the log cannot be read", exc_info=True)
            await asyncio.sleep(INTERVAL)

    async def catch_up(self) -> None:
        """Send what the log has and this console lacks, and the rundown if it differs."""
        async with self.catching_up:
            known = self.position
            position, frame, rundown = await _reads.get((self.broadcast_id, known), self.read)
            if frame is not None:
                await self.send_frame(**frame)
            if rundown != self.rundown:
                await self.send_frame(t="rundown", **state.stamped(rundown))
            self.position, self.rundown = position, rundown  # last: unsent news is read again

    @database_sync_to_async
    def read(self) -> tuple[Position, dict[str, Any] | None, dict[str, Any]]:
        """Return the end of the log, the frame that leads there, and the rundown."""
        broadcast = Broadcast.objects.get(pk=self.broadcast_id)
        return (
            broadcast.position,
            state.news(broadcast, self.position),
            state.rundown(broadcast),
        )

    async def send_frame(self, **frame: Any) -> None:
        await self.send(json.dumps(frame))

    # The user

    async def user(self):
        """Return the user as the session and the database have it now, not at the connection."""
        session = import_module(settings.SESSION_ENGINE).SessionStore(
            self.scope["session"].session_key
        )
        return await get_user({"session": session})

    async def is_admitted(self) -> bool:
        """Return whether this user may use the desk now."""
        try:
            await database_sync_to_async(check_access)(await self.user())
        except Forbidden:
            return False
        return True

    @database_sync_to_async
    def handle(self, text: str, user) -> tuple[Any, Reply]:
        """Carry out a command."""
        address = self.scope["client"][0] if self.scope.get("client") else None
        return handle_command(self.broadcast_id, lambda: text, Actor(user, Via.SOCKET, address))
