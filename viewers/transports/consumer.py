"""The Channels consumer that both transports share."""

import asyncio
import logging
from abc import abstractmethod
from contextlib import suppress
from typing import Any

from channels.consumer import AsyncConsumer, get_handler_name
from channels.exceptions import StopConsumer

from viewers.fanout.relay_registry import RelayRegistry

logger = logging.getLogger(__name__)


class ViewerGone(Exception):
    """The connection ended while something was sent."""


class ViewerConsumer(AsyncConsumer):
    """One connection of a viewer.

    A viewer has no channel: only processes are members of groups, so the layer carries one
    message per process, not one per viewer. Each connection runs one task, which subscribes to
    the hub and sends what it gets there.
    """

    channel_layer_alias = "none"  # not configured, so no channel is made
    serving: asyncio.Task[None] | None = None

    def __init__(self, relays: RelayRegistry) -> None:
        self.relays = relays

    async def dispatch(self, message: dict[str, Any]) -> None:
        # AsyncConsumer closes old database connections first, a thread hop per message.
        # No handler here touches the database.
        await getattr(self, get_handler_name(message))(message)

    async def send(self, message: dict[str, Any]) -> None:
        """Send an ASGI message. Raises ViewerGone if the connection has ended.

        ASGI servers raise an OSError then: https://asgi.readthedocs.io/en/latest/specs/www.html
        """
        try:
            await super().send(message)
        except OSError as error:
            raise ViewerGone from error

    def start(self) -> None:
        """Serve, in a separate task."""
        self.serving = asyncio.create_task(self._serve_or_fail())

    async def _serve_or_fail(self) -> None:
        with suppress(ViewerGone):  # a normal end: the server's disconnect message follows
            try:
                await self.serve()
            except ViewerGone:
                raise
            except Exception:
                logger.exception("a viewer could not be served")
                await self.fail()

    @abstractmethod
    async def serve(self) -> None:
        """Serve the connection to its end."""

    @abstractmethod
    async def fail(self) -> None:
        """Close with a code after which viewers reconnect: the server has failed."""

    def leave(self) -> None:
        """End the consumer of a closed connection."""
        if self.serving is not None:
            self.serving.cancel()
        raise StopConsumer
