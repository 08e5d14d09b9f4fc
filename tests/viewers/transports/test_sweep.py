"""One timer for everyone: alarms come in their time, and one that fails stops no other."""

import asyncio
from time import monotonic
from unittest import IsolatedAsyncioTestCase

from viewers.transports.fast.sweep import NEVER, sweep


class Alarm:
    def __init__(self, seconds, fails=False):
        self.due = monotonic() + seconds
        self.fails = fails
        self.rang = asyncio.Event()

    def alarm(self):
        self.rang.set()
        if self.fails:
            raise OSError("gone")


class Alarms(IsolatedAsyncioTestCase):
    def begin(self, *alarms):
        sweeping = asyncio.create_task(sweep(alarms, every=0.01))
        self.addCleanup(sweeping.cancel)

    async def ring(self, *alarms):
        for alarm in alarms:
            await asyncio.wait_for(alarm.rang.wait(), 5)

    async def test_one_that_fails_stops_neither_the_others_nor_the_sweep(self):
        together = [Alarm(0, fails=True), Alarm(0), Alarm(0, fails=True)]
        later = Alarm(0.05)
        self.begin(*together, later)

        with self.assertLogs("viewers.transports.fast.sweep", "ERROR"):
            await self.ring(*together, later)

    async def test_it_rings_once_and_not_before_the_time(self):
        once, last, later = Alarm(0), Alarm(0.05), Alarm(60)
        self.begin(once, last, later)

        await self.ring(once)
        once.rang.clear()
        await self.ring(last)

        self.assertFalse(once.rang.is_set() or later.rang.is_set())
        self.assertEqual((once.due, later.due > monotonic()), (NEVER, True))
