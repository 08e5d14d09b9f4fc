"""The console's socket: sends the updates of one broadcast, and receives the desk's commands.

A message of the layer is only a hint; the consumer reads the log itself.
"""

import asyncio
import contextlib
import json
import logging
import uuid
from functools import partial
from http import HTTPStatus
from importlib import import_module
from typing import Any

import django.db
from channels.consumer import get_handler_name
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.layers import get_channel_layer
from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest

from broadcaster.desk import state
from broadcaster.desk.commands import command_id_of, handle_command
from broadcaster.desk.database_thread import in_database_thread, in_handshake_thread
from broadcaster.desk.permissions import CONFIRM, check_access
from broadcaster.desk.presence import NOBODY, Person, Presence
from broadcaster.desk.requests import Reply, not_known, unavailable
from broadcaster.desk.shared_reads import SharedReads
from broadcaster.domain.change import to_json
from broadcaster.domain.delivery import ProcessReport, viewers
from broadcaster.domain.rejection import Forbidden
from broadcaster.domain.stream import Position
from broadcaster.layer.connection import LayerConnection
from broadcaster.layer.messages import (
    CONSOLE_OPEN,
    REPORT,
    Message,
    desk_group,
    group_name,
    read_report,
)
from broadcaster.layer.outage import Outage
from broadcaster.layer.tasks import cancel_all, pause
from broadcaster.models import Broadcast, Via
from broadcaster.publishing.actor import Actor

INTERVAL = 3.0  # seconds between checks of the log, in case an announcement was lost
SILENT = 3.5  # seconds without a report after which the viewers of a process are unknown
FORGOTTEN = 60.0  # seconds after which a silent process is no longer shown: by then its viewers
# have missed a heartbeat (HEARTBEAT), and have come back to another process
ECHO = 4.0  # seconds within which a console receives its own announcement if the layer works
PATIENCE = 2.7  # seconds for the database to answer; people wait for 3 s at most
STALE = 10.0  # seconds without a look at the log after which a console must connect anew: it may
# reach another server, which can read the database, and meanwhile it says that it is not connected
FORBIDDEN = 4003  # close code: this user may not use the desk
TRY_AGAIN = 1013  # close code: the database cannot be read now
UNKNOWN = 4044  # close code: this broadcast does not exist, or no longer

logger = logging.getLogger(__name__)

_reads = SharedReads()
_database = Outage("database, for consoles,")


class DeskConsumer(AsyncWebsocketConsumer):
    """One open console.

    It has its own connection to the layer. Channels' would close the socket with the first error of
    the layer, and would not renew a membership that Redis has lost.
    """

    channel_layer_alias = "none"  # not configured, so Channels makes no channel
    tasks: tuple[asyncio.Task[None], ...] = ()
    is_closed = False  # from here
    person = NOBODY  # the user who was last admitted

    async def __call__(self, *connection: Any) -> None:
        """Serve one connection. Its tasks end with it, also if a handler raises."""
        try:
            await super().__call__(*connection)
        finally:
            await cancel_all(self.tasks)

    async def dispatch(self, message: dict[str, Any]) -> None:
        # AsyncConsumer closes old database connections first, in the thread for the database. If
        # that hangs, no time limit here would begin. Calls of the database close their own.
        await getattr(self, get_handler_name(message))(message)

    async def connect(self) -> None:
        self.broadcast_id: int = self.scope["url_route"]["kwargs"]["pk"]
        self.console = uuid.uuid4().hex  # names this console in the layer's messages
        self.position: Position | None = None
        self.rundown: dict[str, Any] | None = None  # the last one sent
        self.reports: dict[str, tuple[float, ProcessReport]] = {}  # by process, with its time
        self.presence = Presence()
        self.people: dict[str, Any] | None = None  # the frame of people that was sent last
        self.echoed: float | None = None  # when our own announcement last came back
        self.reached_since = 0.0  # when it did for the first time since it last did not
        self.check_now = asyncio.Event()
        self.catching_up = asyncio.Lock()
        self.now = asyncio.get_running_loop().time
        await self.accept()
        try:
            async with asyncio.timeout(PATIENCE):
                if not await in_handshake_thread(self.may_use_desk):
                    return await self.close(FORBIDDEN)
        except (TimeoutError, django.db.Error) as error:
            _database.begin(error)
            return await self.close(TRY_AGAIN)
        self.layer = LayerConnection(
            get_channel_layer(),
            [group_name(self.broadcast_id), desk_group(self.broadcast_id)],
            f"console of broadcast {self.broadcast_id}",
            self.handle_message,
            self.check_now.set,
        )
        work = (self.layer.run(), self.announce_regularly(), self.check_regularly())
        self.tasks = tuple(asyncio.create_task(each) for each in work)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Carry out a command {"command", "id", …arguments} and reply with its id.

        What the command did is sent before the reply, so a console never shows "done" before it
        shows the result.
        """
        text, deadline = text_data or "", self.now() + PATIENCE
        try:
            async with asyncio.timeout_at(deadline):
                command_id, (status, reply) = await in_database_thread(self.handle, text)
        except TimeoutError:
            command_id, (status, reply) = command_id_of(text), not_known()
        except django.db.Error as error:  # of reading the user; `handle` answers its own
            command_id, (status, reply) = command_id_of(text), unavailable(error)
        if status not in (HTTPStatus.FORBIDDEN, HTTPStatus.SERVICE_UNAVAILABLE):
            try:
                async with asyncio.timeout_at(deadline):
                    await self.catch_up()
            except (TimeoutError, django.db.Error, Broadcast.DoesNotExist):
                self.check_now.set()  # that check logs the failure
        await self.send_frame({"t": "answer", "id": command_id, "status": int(status), **reply})
        if status == HTTPStatus.FORBIDDEN and not await self.is_admitted():
            await self.close(FORBIDDEN)

    # The layer

    async def handle_message(self, message: Message) -> None:
        """Handle a message of the layer."""
        if message["type"] == REPORT:
            report = read_report(message)
            self.reports[report.process] = self.now(), report
            await self.send_viewers()
        elif message["type"] == CONSOLE_OPEN:
            user = Person(str(message.get("user", "")), bool(message.get("may_confirm")))
            self.presence.note(str(message["console"]), user, self.now())
            await self.send_people()
            if message["console"] == self.console:
                was_reached, self.echoed = self.is_reached, self.now()
                if not was_reached:
                    self.reached_since = self.now()
                    self.reports.clear()  # meanwhile no report could arrive, so none is overdue
                    await self.send_viewers()
        else:
            self.check_now.set()

    async def announce_regularly(self) -> None:
        """Announce that a console is open, so that processes report their viewers.

        The layer also delivers the announcement to this console. If it does not, the membership
        was lost without an error, so join the groups again.
        """
        while True:
            await self.announce(self.person)
            await asyncio.sleep(INTERVAL)
            if not self.is_reached:
                self.layer.renew()
            await self.send_people()

    async def announce(self, user: Person) -> None:
        """Announce that this console is open, or with `NOBODY` that it is no longer."""
        message: Message = {
            "type": CONSOLE_OPEN,
            "console": self.console,
            "user": user.name,
            "may_confirm": user.may_confirm,
        }
        await self.layer.send(group_name(self.broadcast_id), message)

    async def disconnect(self, code: int) -> None:
        """Let the other consoles know that this one was closed."""
        if self.tasks:
            await self.announce(NOBODY)

    @property
    def is_reached(self) -> bool:
        """Whether messages of the layer reach this console, as far as is known."""
        return self.echoed is not None and self.now() - self.echoed < ECHO

    # Frames to the console

    async def send_viewers(self) -> None:
        """Send the sum over all processes that reported lately, and how many fell silent."""
        now = self.now()
        self.reports = {p: r for p, r in self.reports.items() if now - r[0] < FORGOTTEN}
        reports = [(now - then, report) for then, report in self.reports.values()]
        lately = [report.aged(ago) for ago, report in reports if ago < SILENT]
        silent = [report for ago, report in reports if ago >= SILENT]
        frame = viewers(lately, self.position, self.is_reached, silent)
        await self.send_frame(to_json(frame))

    async def send_people(self) -> None:
        """Send who else has this desk open, and which of them may confirm, if it changed.

        Before every other console can have announced itself here, an empty list is not known.
        """
        others = self.presence.others(self.person.name, self.now())
        names = list(dict.fromkeys(other.name for other in others))
        confirmers = [other.name for other in others if other.may_confirm]
        frame: dict[str, Any] = {"t": "people", "names": names, "confirmers": confirmers}
        if not (self.is_reached and self.now() - self.reached_since > ECHO):
            frame |= {"names": names or None, "confirmers": confirmers or None}
        if frame != self.people:
            self.people = frame
            await self.send_frame(frame)

    async def check_regularly(self) -> None:
        """Send missing updates at intervals and when notified. Check the user at intervals."""
        admission_due = checked = self.now()
        while True:
            try:
                async with asyncio.timeout(PATIENCE):
                    if self.now() >= admission_due:
                        admission_due = self.now() + INTERVAL
                        if not await self.is_admitted():
                            return await self.close(FORBIDDEN)
                    await self.catch_up()
                await self.send_viewers()
                checked = self.now()
                _database.end()
            except Broadcast.DoesNotExist:
                return await self.close(UNKNOWN)
            except (TimeoutError, django.db.Error) as error:
                _database.begin(error)
                if self.now() - checked > STALE:
                    return await self.close(TRY_AGAIN)
            except Exception:  # an error must not end the updates of this console
                logger.exception("console: failed, again in %s s", INTERVAL)
            await pause(INTERVAL, self.check_now)

    async def catch_up(self) -> None:
        """Send the updates that this console lacks, and the rundown if it differs."""
        async with self.catching_up:
            known = self.position
            read = partial(in_database_thread, self.read)
            position, frame, rundown = await _reads.get((self.broadcast_id, known), read)
            if frame is not None:
                await self.send_frame(frame)
            if rundown != self.rundown:
                await self.send_frame({"t": "rundown", **state.stamped(rundown)})
            self.position, self.rundown = position, rundown  # last: unsent updates are read again

    def read(self) -> tuple[Position, dict[str, Any] | None, dict[str, Any]]:
        """Return the end of the log, the frame that leads there, and the rundown."""
        broadcast = Broadcast.objects.get(pk=self.broadcast_id)
        return (
            broadcast.position,
            state.catch_up_frame(broadcast, self.position),
            state.rundown(broadcast),
        )

    async def close(self, *arguments: Any, **options: Any) -> None:
        """Close the socket, unless the browser has closed it already. Nothing is sent then."""
        self.is_closed = True
        with contextlib.suppress(OSError):
            await super().close(*arguments, **options)

    async def send_frame(self, frame: dict[str, Any]) -> None:
        """Send a frame. JSON's escapes carry what UTF-8 does not, such as a lone surrogate.

        A closed socket is a normal end: the server reports the disconnect next.
        """
        if self.is_closed:
            return
        with contextlib.suppress(OSError):
            await self.send(json.dumps(frame))

    # The user

    def user(self):
        """Return the user as the session and the database have it now, not at the connection."""
        request = HttpRequest()
        request.session = import_module(settings.SESSION_ENGINE).SessionStore(
            self.scope["session"].session_key
        )
        return get_user(request)

    async def is_admitted(self) -> bool:
        """Return whether this user still may use the desk."""
        return await in_database_thread(self.may_use_desk)

    def may_use_desk(self) -> bool:
        """Return whether this user may use the desk now."""
        user = self.user()
        try:
            check_access(user)
        except Forbidden:
            return False
        self.person = Person(user.get_username(), user.has_perm(CONFIRM))
        return True

    def handle(self, text: str) -> tuple[Any, Reply]:
        """Carry out a command. Raises `django.db.Error` if the user cannot be read."""
        address = self.scope["client"][0] if self.scope.get("client") else None
        actor = Actor(self.user(), Via.SOCKET, address)
        return handle_command(self.broadcast_id, lambda: text, actor)
