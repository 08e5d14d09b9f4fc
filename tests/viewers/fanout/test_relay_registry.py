"""The registry starts one relay for a broadcast, and caches slugs that no broadcast has."""

import asyncio
from unittest import IsolatedAsyncioTestCase, mock

from channels.layers import InMemoryChannelLayer

from tests.support.changes import fold
from tests.support.memory_log import MemoryLog
from viewers.fanout.log_reader import LogUnavailable
from viewers.fanout.relay_registry import RelayRegistry


class RelayRegistryTests(IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.log = MemoryLog(*fold([]))
        self.relays = RelayRegistry(self.log, InMemoryChannelLayer())
        self.addAsyncCleanup(self.relays.stop)

    def patch(self, **constants):
        for name, value in constants.items():
            self.enterContext(mock.patch(f"viewers.fanout.relay_registry.{name}", value))

    async def test_unknown_slug_is_cached(self):
        for _ in range(100):
            self.assertIsNone(await self.relays.hub("nope"))

        self.assertEqual(self.log.opened, ["nope"])

    async def test_unknown_slug_is_read_again_when_its_cache_entry_expires(self):
        self.patch(UNKNOWN=0.02)
        self.assertIsNone(await self.relays.hub("nope"))

        async with asyncio.timeout(5):
            while len(self.log.opened) < 2:
                await self.relays.hub("nope")
                await asyncio.sleep(0.01)

    async def test_oldest_unknown_slug_is_evicted_first(self):
        self.patch(UNKNOWN_SLUGS=2)
        for slug in ("a", "b", "c", "b", "c", "a"):
            self.assertIsNone(await self.relays.hub(slug))

        self.assertEqual(self.log.opened, ["a", "b", "c", "a"])

    async def test_log_that_cannot_be_read_is_retried_and_logged_once(self):
        async def fail(slug, limit):
            raise LogUnavailable("no such table")

        with self.assertLogs("broadcaster.layer", "WARNING") as logs:
            with mock.patch.object(self.log, "open", fail):
                for _ in range(3):
                    with self.assertRaises(LogUnavailable):
                        await self.relays.hub("night")
            self.assertIsNotNone(await self.relays.hub("night"))

        self.assertEqual(
            [record.getMessage() for record in logs.records],
            ["database lost, trying again: no such table", "database is back"],
        )
