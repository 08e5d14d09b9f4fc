"""A log in memory, for tests of relays that need no database."""

from broadcaster.domain.stream import Position, Snapshot, Update
from viewers.fanout.log_reader import OpenedLog


class MemoryLog:
    """A `LogReader` with one broadcast: "night", id 1. `opened` has the slugs looked up."""

    def __init__(self, start: Snapshot, updates: list[Update]) -> None:
        self.start = start
        self.updates = updates
        self.opened: list[str] = []

    async def open(self, slug: str, limit: int) -> OpenedLog | None:
        self.opened.append(slug)
        return OpenedLog(1, slug, self.start, []) if slug == "night" else None

    async def after(
        self, broadcast_id: int, position: Position, limit: int
    ) -> list[Update] | Snapshot:
        return self.updates[position.seq :]

    def close(self) -> None:
        pass
