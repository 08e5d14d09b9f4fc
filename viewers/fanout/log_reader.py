"""The interface through which relays read logs. viewers/database_log.py implements it."""

from dataclasses import dataclass
from typing import Protocol

from broadcaster.domain.mapstate import Contests
from broadcaster.domain.stream import Position, Snapshot, Update


@dataclass(frozen=True, slots=True)
class OpenedLog:
    """A broadcast as it stands, its contests, and the updates that led there, oldest first."""

    broadcast_id: int
    slug: str
    contests: Contests
    snapshot: Snapshot
    recent: list[Update]


class BroadcastDeleted(Exception):
    """The broadcast was deleted."""


class LogUnavailable(Exception):
    """The log cannot be read now: the database is down, or reports an error."""


class LogReader(Protocol):
    """Reads logs off the event loop. Both methods raise LogUnavailable."""

    async def open(self, slug: str, limit: int) -> OpenedLog | None:
        """Return a broadcast with its last `limit` updates; None if there is no such broadcast."""

    async def after(
        self, broadcast_id: int, position: Position, contests: dict[str, str], limit: int
    ) -> list[Update] | OpenedLog:
        """Return the updates past `position`, oldest first; none if the log ends there.

        Returns the broadcast anew, without recent updates, if there are more than `limit`, if it
        has another epoch by now, or other editions of its contests than `contests` (digests by
        key). Raises BroadcastDeleted.
        """

    def close(self) -> None:
        """Start no more reads. Does not wait for those under way."""
