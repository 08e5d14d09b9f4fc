"""One timer for all connections.

A timer per connection would cost a poll more than all its other work, since it is set and cancelled
with every response. Here a connection only stores when it is due, and once a second all of them are
compared with the clock: half a millisecond for ten thousand.
"""

import asyncio
import logging
from collections.abc import Collection
from math import inf
from time import monotonic
from typing import Protocol

logger = logging.getLogger(__name__)

NEVER = inf


class Timed(Protocol):
    """A connection with a timer. `due` is in seconds of the monotonic clock, or `NEVER`."""

    due: float

    def on_timer(self) -> None:
        """Do the work that is due. May set `due` again."""


async def sweep(connections: Collection[Timed], every: float) -> None:
    """Call `on_timer` of the connections whose `due` has passed, late by up to `every` seconds."""
    while True:
        await asyncio.sleep(every)
        now = monotonic()
        for connection in [connection for connection in connections if connection.due <= now]:
            connection.due = NEVER
            try:
                connection.on_timer()
            except Exception:  # one connection's error must not stop the others' timers
                logger.exception("a connection's timer failed")
