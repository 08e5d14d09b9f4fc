"""The log as relays read it: from the database."""

from collections.abc import Callable
from typing import TypeVar

import django.db
from channels.db import database_sync_to_async

from broadcaster.domain.stream import Position, Snapshot, Update
from broadcaster.models import Broadcast
from broadcaster.publishing import history
from viewers.fanout.log_reader import BroadcastDeleted, LogUnavailable, OpenedLog

Result = TypeVar("Result")


class DatabaseLog:
    """Reads logs for the relays of one process: a `LogReader`."""

    async def open(self, slug: str, limit: int) -> OpenedLog | None:
        return await run(lambda: open_log(slug, limit))

    async def after(
        self, broadcast_id: int, position: Position, limit: int
    ) -> list[Update] | Snapshot:
        return await run(lambda: read_after(broadcast_id, position, limit))


async def run(read: Callable[[], Result]) -> Result:
    """Read in a thread. Raises LogUnavailable instead of the database's errors."""
    try:
        return await database_sync_to_async(read)()
    except django.db.Error as error:
        raise LogUnavailable(str(error)) from error


def open_log(slug: str, limit: int) -> OpenedLog | None:
    """See `LogReader.open`."""
    found = history.open_log(slug, limit)
    if found is None:
        return None
    broadcast, recent = found
    return OpenedLog(broadcast.pk, broadcast.slug, history.snapshot(broadcast), recent)


def read_after(broadcast_id: int, position: Position, limit: int) -> list[Update] | Snapshot:
    """See `LogReader.after`. One query if the log ends at `position`, as it does most times."""
    try:
        head = history.head(broadcast_id)
        if head == position:
            return []
        if head.epoch == position.epoch:
            missing = history.updates_after(broadcast_id, position, limit)
            if missing is not None:
                return missing
        return history.snapshot(Broadcast.objects.get(pk=broadcast_id))
    except Broadcast.DoesNotExist as error:
        raise BroadcastDeleted(broadcast_id) from error
