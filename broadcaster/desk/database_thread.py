"""Database calls of consoles' sockets and of the schedule: one thread of the process does them all.

A database that does not answer costs a call its timeout of 2 s, and each call behind it waits, too.
So calls that come to their turn within `HOLD_OFF` after such a failure fail at once: a person at
the desk waits for one timeout, however many calls there are.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import monotonic
from typing import ParamSpec, TypeVar

from channels.db import database_sync_to_async
from django.db import InterfaceError, OperationalError

LONG = 1.0  # seconds that a call took at least if it failed for want of an answer
HOLD_OFF = 1.0  # seconds

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

_handshakes = ThreadPoolExecutor(1, "handshakes")

_failed_at = -HOLD_OFF  # when a call last failed after a long time, on the monotonic clock


async def in_database_thread(
    function: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs
) -> Result:
    """Return what a function returns that uses the database. Raises what it raises.

    Raises OperationalError at once if the database has just failed to answer another call. Callers
    for whom somebody waits set a time limit: no timeout of the connection ends a query that is
    under way when a proxy of the database hangs, since the proxy's host acknowledges everything.
    """
    return await database_sync_to_async(_call)(function, *args, **kwargs)


async def in_handshake_thread(function: Callable[[], Result]) -> Result:
    """Return what a function returns that reads who opens a socket. Raises what it raises.

    It has a thread of its own: anybody may open sockets by the hundred, and a command at the desk
    must not wait behind them.
    """
    return await database_sync_to_async(function, thread_sensitive=False, executor=_handshakes)()


def _call(
    function: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs
) -> Result:
    global _failed_at
    began = monotonic()
    if began < _failed_at + HOLD_OFF:
        raise OperationalError("the database has just failed to answer")
    try:
        return function(*args, **kwargs)
    except (InterfaceError, OperationalError):
        if monotonic() - began >= LONG:
            _failed_at = monotonic()
        raise
