"""The pace of periodic tasks."""

import asyncio
from contextlib import suppress


async def pause(seconds: float, early: asyncio.Event) -> None:
    """Sleep for `seconds`, or until `early` is set. Clears `early`."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await early.wait()
    early.clear()
