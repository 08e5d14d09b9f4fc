"""Reads the log from the database for relays, in separate threads."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import django.db
from django.db import connections

from broadcaster.domain.stream import Position, Update
from broadcaster.models import Broadcast
from broadcaster.publishing import history
from viewers.fanout.log_reader import BroadcastDeleted, LogUnavailable, OpenedLog

THREADS = 2  # for each of the two kinds of reading

Result = TypeVar("Result")


class DatabaseLog:
    """Reads logs for the relays of one process: a `LogReader`.

    The threads are not asgiref's, which has one for a whole process: a take that waits for Redis
    holds it. Broadcasts are opened in other threads than those that follow them, so that a flood of
    requests for unknown broadcasts delays no update.
    """

    def __init__(self) -> None:
        self._opening = ThreadPoolExecutor(THREADS, "log-open")
        self._following = ThreadPoolExecutor(THREADS, "log-follow")

    async def open(self, slug: str, limit: int) -> OpenedLog | None:
        return await run(self._opening, lambda: open_log(slug, limit))

    async def after(
        self, broadcast_id: int, position: Position, contests: dict[str, str], limit: int
    ) -> list[Update] | OpenedLog:
        return await run(
            self._following, lambda: read_after(broadcast_id, position, contests, limit)
        )

    def close(self) -> None:
        for pool in (self._opening, self._following):
            pool.shutdown(wait=False, cancel_futures=True)


async def run(pool: ThreadPoolExecutor, read: Callable[[], Result]) -> Result:
    """Read in a thread of the pool. Raises LogUnavailable instead of the database's errors."""
    return await asyncio.get_running_loop().run_in_executor(pool, with_connection, read)


def with_connection(read: Callable[[], Result]) -> Result:
    """Read with a database connection that is closed afterwards.

    So no connection outlives its use: neither one that the database has closed meanwhile, nor
    one of a thread that ends.
    """
    try:
        return read()
    except django.db.Error as error:
        raise LogUnavailable(str(error)) from error
    finally:
        connections.close_all()


def open_log(slug: str, limit: int) -> OpenedLog | None:
    """See `LogReader.open`."""
    found = history.open_log(slug, limit)
    if found is None:
        return None
    return opened(*found)


def opened(broadcast: Broadcast, recent: list[Update]) -> OpenedLog:
    """Return a broadcast as relays follow it."""
    contests, snapshot = broadcast.show.contests, history.snapshot(broadcast)
    return OpenedLog(broadcast.pk, broadcast.slug, contests, snapshot, recent)


def read_after(
    broadcast_id: int, position: Position, contests: dict[str, str], limit: int
) -> list[Update] | OpenedLog:
    """See `LogReader.after`. One query if the log ends at `position`, as it does most times."""
    try:
        head, digests = history.head(broadcast_id)
        if head == position and digests == contests:
            return []
        if head.epoch == position.epoch and digests == contests:
            missing = history.updates_after(broadcast_id, position, limit)
            if missing is not None:
                return missing
        return opened(Broadcast.objects.get(pk=broadcast_id), [])
    except Broadcast.DoesNotExist as error:
        raise BroadcastDeleted(broadcast_id) from error
