"""Limits on the HTTP requests that Django works on at the same time.

Each of them occupies a thread and up to one database connection. The interpreter runs one thread at
a time, so more of them finish no earlier; they only exhaust the database's connections and delay
the event loop. Requests beyond a limit wait in the event loop, which costs neither, and those
beyond that get 503 at once.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from mapcenter.unavailable import OVERLOAD, STATUS, unavailable

Scope = dict[str, Any]
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

DISCONNECT = {"type": "http.disconnect"}


class RequestLimit:
    """A limit for one kind of request.

    Args:
        running: how many Django may work on.
        waiting: how many may wait for their turn.
        seconds: for how long.
    """

    def __init__(self, running: int, waiting: int, seconds: float) -> None:
        self.running = running
        self.max_waiting = waiting
        self.max_seconds = seconds
        self.waiting = 0
        self._turns = asyncio.Semaphore(running)

    async def begin(self) -> bool:
        """Wait for a turn. Return whether it came. The caller then has to `end` it."""
        if self.waiting >= self.max_waiting:
            return False
        self.waiting += 1
        try:
            async with asyncio.timeout(self.max_seconds):
                await self._turns.acquire()
        except TimeoutError:
            return False
        finally:
            self.waiting -= 1
        return True

    def end(self) -> None:
        self._turns.release()


PAGES = RequestLimit(running=4, waiting=200, seconds=10)  # on a busy machine that is 10 s of work
PICTURES = RequestLimit(running=4, waiting=64, seconds=10)  # more than card.py draws at a time
FILES = RequestLimit(running=4, waiting=1000, seconds=20)  # a page has a dozen; without a database
DESK = RequestLimit(running=4, waiting=100, seconds=2.5)  # before the answer is "not known"
API = RequestLimit(running=4, waiting=100, seconds=2.5)
LOGINS = RequestLimit(running=1, waiting=8, seconds=10)
"""Checking a password costs half a second of CPU, on purpose. Several at a time would slow down
takes, and pass django-axes' limit before it has counted the first.

The desk and the API have separate limits, so that no rush of viewers delays them. The sum of
`running`, without files, is in docs/operating.md as database connections of a process. `seconds`
pass only while the database or the machine hangs: surplus requests are rejected before."""

MAX_RUNNING = sum(limit.running for limit in (PAGES, PICTURES, FILES, DESK, API, LOGINS))

BY_PREFIX = (("/admin/login/", LOGINS), ("/admin/", DESK), ("/api/", API), ("/static/", FILES))
"""The first one that fits counts."""


def limit_for(path: str) -> RequestLimit:
    """Return the limit that a request for `path` counts towards."""
    for prefix, limit in BY_PREFIX:
        if path.startswith(prefix):
            return limit
    return PICTURES if path.endswith("/picture.png") else PAGES


def limited(django: Application) -> Any:
    """Return Django's application with the limits.

    A turn begins when the request's body is complete, so slow senders occupy none. It ends with the
    first part of the response, so slow readers do not either: middleware.py has closed the database
    connection by then.
    """

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        limit = limit_for(scope["path"])
        has_turn = False

        async def receive_in_turn() -> Message:
            nonlocal has_turn
            message = await receive()
            if message["type"] == "http.request" and not message.get("more_body"):
                has_turn = await limit.begin()
                if not has_turn:
                    await send_overloaded(scope, send)
                    return DISCONNECT  # Django stops here
            return message

        async def send_and_end_turn(message: Message) -> None:
            end_turn()
            await send(message)

        def end_turn() -> None:
            nonlocal has_turn
            if has_turn:
                has_turn = False
                limit.end()

        try:
            await django(scope, receive_in_turn, send_and_end_turn)
        finally:
            end_turn()  # if there was no response; Django returns when its thread is done

    return application


async def send_overloaded(scope: Scope, send: Send) -> None:
    """Send the 503 of a request that got no turn."""
    accept = next((value for name, value in scope["headers"] if name == b"accept"), b"")
    headers, body = unavailable(OVERLOAD, scope["method"], accept.decode("latin-1"))
    pairs = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": int(STATUS), "headers": pairs})
    await send({"type": "http.response.body", "body": body})
