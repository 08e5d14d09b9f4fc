"""Helpers for tasks."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

CANCEL_AGAIN = 1.0  # seconds after which a task that has not ended is cancelled again


async def pause(seconds: float, early: asyncio.Event) -> None:
    """Sleep for `seconds`, or until `early` is set. Clears `early`."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await early.wait()
    early.clear()


async def cancel_all(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel tasks, and wait until they have ended.

    Cancels repeatedly: on Python 3.11 `asyncio.wait_for`, with which redis-py writes, can swallow a
    cancellation that comes as the write ends (python/cpython#86296).
    """
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=CANCEL_AGAIN)


def ignore_failure(task: asyncio.Future[Any]) -> None:
    """Keep asyncio from logging a failure that nobody waits for any more.

    Whoever still awaits the task gets its exception.
    """
    task.add_done_callback(lambda done: done.cancelled() or done.exception())
