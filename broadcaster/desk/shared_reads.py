"""Database reads that many consoles request at the same moment."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Any

from broadcaster.layer.tasks import ignore_failure


class SharedReads:
    """Runs one read for all callers that request the same key before it begins.

    A read that is under way may have missed what the caller was notified of, so callers that come
    meanwhile share the next one. So n consoles cost at most two reads for an update.
    """

    def __init__(self) -> None:
        self._running: dict[Hashable, asyncio.Task[Any]] = {}
        self._next: dict[Hashable, asyncio.Task[Any]] = {}

    async def get(self, key: Hashable, read: Callable[[], Awaitable[Any]]) -> Any:
        """Return the result of a read that begins after this call. Raises what the read raises."""
        if key not in self._next:
            before = self._running.get(key)
            task = self._next[key] = asyncio.create_task(self._run(key, read, before))
            ignore_failure(task)  # all its callers may have gone
        return await asyncio.shield(self._next[key])

    async def _run(
        self,
        key: Hashable,
        read: Callable[[], Awaitable[Any]],
        before: asyncio.Task[Any] | None,
    ) -> Any:
        if before is not None:
            await asyncio.wait({before})
        task = self._running[key] = self._next.pop(key)
        try:
            return await read()
        finally:
            if self._running[key] is task:
                del self._running[key]
