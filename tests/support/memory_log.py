"""A log in memory, for tests of relays that need no database."""

from broadcaster.domain.stream import Position, Snapshot, Update
from tests.support.changes import CONTESTS
from viewers.fanout.log_reader import OpenedLog


def opened(start: Snapshot, slug: str = "night") -> OpenedLog:
    """Return a log that is at its start."""
    return OpenedLog(1, slug, CONTESTS, start, [])


class MemoryLog:
    """A `LogReader` with one broadcast: "night", id 1. `opened` has the slugs looked up."""

    def __init__(self, start: Snapshot, updates: list[Update]) -> None:
        self.start = start
        self.updates = updates
        self.opened: list[str] = []

    async def open(self, slug: str, limit: int) -> OpenedLog | None:
        self.opened.append(slug)
        return opened(self.start, slug) if slug == "night" else None

    async def after(
        self, broadcast_id: int, position: Position, contests: dict[str, str], limit: int
    ) -> list[Update] | OpenedLog:
        return self.updates[position.seq :]

    def close(self) -> None:
        pass
