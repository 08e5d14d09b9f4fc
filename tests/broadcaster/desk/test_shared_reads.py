"""Consoles share the reading of what happened."""

import asyncio
from unittest import IsolatedAsyncioTestCase

from broadcaster.desk.shared_reads import SharedReads


class Sharing(IsolatedAsyncioTestCase):
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
        asked = [asyncio.create_task(self.reads.get(key, self.read)) for _ in range(count)]
        for _ in range(3):
            await asyncio.sleep(0)
        return asked

    async def test_many_who_ask_at_once_cost_one_read(self):
        asked = await self.begin(50)
        self.may_end.set()

        self.assertEqual(await asyncio.gather(*asked), [1] * 50)

    async def test_callers_during_a_read_share_the_next_one(self):
        first = await self.begin(1)
        during = await self.begin(50)
        self.may_end.set()

        self.assertEqual(await asyncio.gather(*first, *during), [1] + [2] * 50)

    async def test_different_keys_are_read_apart(self):
        asked = [*await self.begin(2, "one"), *await self.begin(2, "two")]
        self.may_end.set()

        self.assertEqual(await asyncio.gather(*asked), [1, 1, 2, 2])

    async def test_a_failed_read_fails_for_all_who_asked_and_the_next_is_tried(self):
        async def fail():
            raise OSError("gone")

        results = await asyncio.gather(
            *(self.reads.get("night", fail) for _ in range(3)), return_exceptions=True
        )
        self.assertEqual([type(result) for result in results], [OSError] * 3)
        self.may_end.set()
        self.assertEqual(await self.reads.get("night", self.read), 1)

    async def test_a_caller_that_gives_up_does_not_stop_the_read_of_others(self):
        first, second = await self.begin(2)
        first.cancel()
        self.may_end.set()

        self.assertEqual(await second, 1)
