"""A cache in which threads that ask for the same thing at the same time share one computation."""

import math
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Generic, TypeVar

from django.db import close_old_connections, connection

Result = TypeVar("Result")


class Overloaded(Exception):
    """Too many results are being computed, or too many threads are waiting for one."""


class SingleFlight(Generic[Result]):
    """Results by key, each computed by the first thread that asks for it.

    Threads that ask while it is computed wait, without a database connection, and get the same
    result or exception. Results are kept, exceptions are not.

    Args:
        size: how many results are kept: those requested last.
        max_running: how many results may be computed at the same time.
        max_waiting: how many threads may wait, for all keys together.
    """

    def __init__(
        self,
        size: int,
        max_running: float = math.inf,
        max_waiting: float = math.inf,
    ) -> None:
        self.size = size
        self.max_running = max_running
        self.max_waiting = max_waiting
        self.running = 0
        self.waiting = 0
        self._lock = threading.Lock()
        self._flights: OrderedDict[Hashable, Future[Result]] = OrderedDict()

    def get(self, key: Hashable, compute: Callable[[], Result]) -> Result:
        """Return the result for `key`: one that is kept, another thread's, or that of `compute`.

        Raises `Overloaded` at once where a limit is reached, and whatever `compute` raises.
        """
        with self._lock:
            flight = self._flights.get(key)
            if flight is None:
                if self.running >= self.max_running:
                    raise Overloaded
                self.running += 1
                flight = self._flights[key] = Future()
                is_first = True
            else:
                is_first = False
            self._flights.move_to_end(key)
        if is_first:
            self._run(key, flight, compute)
        elif not flight.done():
            self._wait(flight)
        return flight.result()

    def _run(self, key: Hashable, flight: Future[Result], compute: Callable[[], Result]) -> None:
        try:
            result = compute()
        except BaseException as error:
            self._land(key, keep=False)
            flight.set_exception(error)
        else:
            self._land(key, keep=True)
            flight.set_result(result)

    def _land(self, key: Hashable, keep: bool) -> None:
        with self._lock:
            self.running -= 1
            if not keep:
                del self._flights[key]
            for old in [key for key, flight in self._flights.items() if flight.done()]:
                if len(self._flights) <= self.size:
                    break
                del self._flights[old]

    def _wait(self, flight: Future[Result]) -> None:
        with self._lock:
            if self.waiting >= self.max_waiting:
                raise Overloaded
            self.waiting += 1
        try:
            release_connection()
            flight.exception()  # returns once there is a result or an exception
        finally:
            with self._lock:
                self.waiting -= 1


def release_connection() -> None:
    """Close this thread's database connection, unless it is persistent or in a transaction."""
    if not connection.in_atomic_block:
        close_old_connections()
