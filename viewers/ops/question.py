"""A question that may never be answered, as to a database that hangs."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

from broadcaster.layer.tasks import ignore_failure

Answer = TypeVar("Answer")


class Question(Generic[Answer]):
    """Calls `ask` in a separate thread, so that it does not wait behind pages, nor they behind it.

    Whoever asks during a call shares its answer. So a flood of requests is one call at a time, and
    a call that does not return holds one thread.
    """

    def __init__(self, ask: Callable[[], Answer], timeout: float) -> None:
        """`timeout` is in seconds."""
        self._ask = ask
        self._timeout = timeout
        self._thread = ThreadPoolExecutor(1, ask.__name__)
        self._asking: asyncio.Future[Answer] | None = None

    async def answer(self) -> Answer:
        """Return the answer. Raises TimeoutError, and what `ask` raises."""
        if self._asking is None or self._asking.done():
            loop = asyncio.get_running_loop()
            self._asking = loop.run_in_executor(self._thread, self._ask)
            ignore_failure(self._asking)  # after the timeout nobody waits for it
        async with asyncio.timeout(self._timeout):
            return await asyncio.shield(self._asking)
