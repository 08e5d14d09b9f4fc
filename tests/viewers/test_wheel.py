"""One timer for everyone: alarms come in their time, and one that fails stops no other."""

import asyncio
from unittest import IsolatedAsyncioTestCase

from viewers.fastpath.wheel import Wheel


class Alarm:
    def __init__(self, fails=False):
        self.fails = fails
        self.rang = asyncio.Event()

    def alarm(self):
        self.rang.set()
        if self.fails:
            raise OSError("gone")


class Alarms(IsolatedAsyncioTestCase):
    async def test_one_that_fails_stops_neither_its_slot_nor_the_wheel(self):
        wheel = Wheel(width=0.01)
        together = [Alarm(fails=True), Alarm(), Alarm(fails=True)]
        later = Alarm()
        for alarm in together:
            wheel.put(alarm, 0.0)
        wheel.put(later, 0.05)

        with self.assertLogs("viewers.fastpath.wheel", "ERROR"):
            for alarm in [*together, later]:
                await asyncio.wait_for(alarm.rang.wait(), 5)

    async def test_one_that_was_taken_out_does_not_ring(self):
        wheel = Wheel(width=0.01)
        left, last = Alarm(), Alarm()
        wheel.put(left, 0.0).discard(left)
        wheel.put(last, 0.05)

        await asyncio.wait_for(last.rang.wait(), 5)

        self.assertFalse(left.rang.is_set())
