"""A connection to the channel layer: one channel, kept a member of its groups.

Errors of the layer end here: they are logged once for all connections of the process, and
everything is tried again. Facts about the layer, from the source of channels_redis 4.3:

- Group members are entries in Redis. A Redis that restarts has lost them, and members are not
  notified: in each process only one channel waits for Redis, on behalf of the others, so only that
  channel gets the connection error. So membership is renewed every `RENEWAL` seconds, after an
  outage that any connection of the process noticed, and at once when the owner finds that an
  announcement did not come.
- redis-py's own timeout must be longer than `receive` waits for a message. So all other calls have
  a shorter one, `TIMEOUT`.
- The pub/sub layer unsubscribes when `receive()` is cancelled, so nothing here waits with a
  timeout for it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from time import monotonic
from typing import Protocol

from broadcaster.layer.messages import Message
from broadcaster.layer.outage import layer_outage
from broadcaster.layer.tasks import cancel_all, pause

logger = logging.getLogger(__name__)

RENEWAL = 30.0  # seconds between two renewals of the membership
RETRY = 1.0  # seconds between attempts while the layer cannot be reached
TIMEOUT = 1.0  # seconds for calls that take milliseconds; people at the desk wait for some of them


class ChannelLayer(Protocol):
    """The methods of a Channels layer that are used. Each may raise any exception, or hang."""

    async def new_channel(self) -> str: ...
    async def group_add(self, group: str, channel: str) -> None: ...
    async def group_discard(self, group: str, channel: str) -> None: ...
    async def group_send(self, group: str, message: Message) -> None: ...
    async def receive(self, channel: str) -> Message: ...


class LayerConnection:
    """Receives what is sent to `groups`, for as long as `run` runs.

    `handle` is awaited with each message, one after the other. `missed` is called whenever messages
    may be missing: when the channel was added to the groups, and when `handle` failed with one.
    """

    def __init__(
        self,
        layer: ChannelLayer,
        groups: Sequence[str],
        name: str,
        handle: Callable[[Message], Awaitable[None]],
        missed: Callable[[], None],
    ) -> None:
        self._layer = layer
        self._groups = groups
        self._name = name
        self._handle = handle
        self._missed = missed
        self._renew_now = asyncio.Event()
        self._outage = layer_outage(layer)
        self._joined_in = 0  # the count of outages at the last join: after another one, join again
        self._renewal_due = 0.0

    async def run(self) -> None:
        """Join the groups and handle messages until cancelled. Errors of the layer are retried."""
        while True:
            try:
                await self._receive()
            except Exception as error:
                self._outage.begin(error)
            await asyncio.sleep(RETRY)

    def renew(self) -> None:
        """Renew the membership at once: an announcement did not come."""
        self._renewal_due = 0.0
        self._renew_now.set()

    async def send(self, group: str, message: Message) -> None:
        """Send to a group. The message is lost if the layer cannot be reached."""
        if self._outage.lasts:
            return
        try:
            async with asyncio.timeout(TIMEOUT):
                await self._layer.group_send(group, message)
        except Exception as error:
            self._outage.begin(error)
            self.renew()

    async def _receive(self) -> None:
        """Join with a new channel, and hand on what it receives."""
        channel = await self._layer.new_channel()
        renewing: list[asyncio.Task[None]] = []
        try:
            await self._join(channel)
            renewing.append(asyncio.create_task(self._keep_joined(channel)))
            while True:
                await self._handle_safely(await self._layer.receive(channel))
        finally:
            await cancel_all(renewing)  # a task that survives would add the old channel again
            await self._leave(channel)

    async def _handle_safely(self, message: Message) -> None:
        """Handle a message. An error in it is not the layer's, so the membership stays."""
        try:
            await self._handle(message)
        except Exception:
            logger.exception("%s: a message could not be handled", self._name)
            self._missed()

    async def _keep_joined(self, channel: str) -> None:
        """Renew the membership at intervals, after outages, and when `renew` was called."""
        while True:
            await pause(RETRY, self._renew_now)
            if self._joined_in == self._outage.count and monotonic() < self._renewal_due:
                continue
            try:
                await self._join(channel)
            except Exception as error:
                self._outage.begin(error)

    async def _join(self, channel: str) -> None:
        outages = self._outage.count
        async with asyncio.timeout(TIMEOUT):
            for group in self._groups:
                await self._layer.group_add(group, channel)
        self._joined_in = outages
        self._renewal_due = monotonic() + RENEWAL
        self._outage.end()
        self._missed()

    async def _leave(self, channel: str) -> None:
        """Leave the groups. A lost layer drops the channel without this."""
        if self._outage.lasts:
            return
        with suppress(Exception):
            async with asyncio.timeout(TIMEOUT):
                for group in self._groups:
                    await self._layer.group_discard(group, channel)
