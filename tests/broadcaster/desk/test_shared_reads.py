"""SharedReads: simultaneous callers share one read."""

import asyncio
import gc
from unittest import IsolatedAsyncioTestCase

from broadcaster.desk.shared_reads import SharedReads


class SharedReadsTests(IsolatedAsyncioTestCase):
    def setUp(self):
        self.reads = SharedReads()
        self.begun = 0
        self.may_end = asyncio.Event()

    async def read(self):
        self.begun += 1
        number = self.begun
        await self.may_end.wait()
        return number

    async def begin(self, count, key="night"):
        callers = [asyncio.create_task(self.reads.get(key, self.read)) for _ in range(count)]
        for _ in range(3):
            await asyncio.sleep(0)
        return callers

    async def test_simultaneous_callers_share_one_read(self):
        callers = await self.begin(50)
        self.may_end.set()

        self.assertEqual(await asyncio.gather(*callers), [1] * 50)

    async def test_callers_during_a_read_share_the_next_one(self):
        first = await self.begin(1)
        during = await self.begin(50)
        self.may_end.set()

        self.assertEqual(await asyncio.gather(*first, *during), [1] + [2] * 50)

    async def test_different_keys_are_read_apart(self):
        callers = [*await self.begin(2, "one"), *await self.begin(2, "two")]
        self.may_end.set()

        self.assertEqual(await asyncio.gather(*callers), [1, 1, 2, 2])

    async def test_failed_read_fails_for_its_callers_only(self):
        async def fail():
            raise OSError("gone")

        results = await asyncio.gather(
            *(self.reads.get("night", fail) for _ in range(3)), return_exceptions=True
        )
        self.assertEqual([type(result) for result in results], [OSError] * 3)
        self.may_end.set()
        self.assertEqual(await self.reads.get("night", self.read), 1)

    async def test_failed_read_whose_caller_has_gone_is_not_logged(self):
        async def fail():
            await self.may_end.wait()
            raise OSError("gone")

        caller = asyncio.create_task(self.reads.get("night", fail))
        while not self.reads._running:
            await asyncio.sleep(0)
        caller.cancel()
        await asyncio.gather(caller, return_exceptions=True)
        self.may_end.set()

        with self.assertNoLogs("asyncio", "ERROR"):
            while self.reads._running:
                await asyncio.sleep(0)
            gc.collect()  # asyncio logs when the task is deleted

    async def test_cancelled_caller_does_not_stop_the_read(self):
        first, second = await self.begin(2)
        first.cancel()
        self.may_end.set()

        self.assertEqual(await second, 1)
