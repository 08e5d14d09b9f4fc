"""One task calls the timers of all connections, and goes on after one that raises."""

import asyncio
from time import monotonic
from unittest import IsolatedAsyncioTestCase

from viewers.transports.fast.timers import NEVER, sweep


class Connection:
    def __init__(self, seconds, fails=False):
        self.due = monotonic() + seconds
        self.fails = fails
        self.called = asyncio.Event()

    def on_timer(self):
        self.called.set()
        if self.fails:
            raise OSError("gone")


class SweepTests(IsolatedAsyncioTestCase):
    def begin(self, *connections):
        sweeping = asyncio.create_task(sweep(connections, every=0.01))
        self.addCleanup(sweeping.cancel)

    async def wait(self, *connections):
        for connection in connections:
            await asyncio.wait_for(connection.called.wait(), 5)

    async def test_sweep_goes_on_after_a_timer_that_raises(self):
        together = [Connection(0, fails=True), Connection(0), Connection(0, fails=True)]
        later = Connection(0.05)
        self.begin(*together, later)

        with self.assertLogs("viewers.transports.fast.timers", "ERROR"):
            await self.wait(*together, later)

    async def test_timer_is_called_once_and_not_before_its_time(self):
        once, last, later = Connection(0), Connection(0.05), Connection(60)
        self.begin(once, last, later)

        await self.wait(once)
        once.called.clear()
        await self.wait(last)

        self.assertFalse(once.called.is_set() or later.called.is_set())
        self.assertEqual((once.due, later.due > monotonic()), (NEVER, True))
