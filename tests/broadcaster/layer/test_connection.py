"""LayerConnection: the membership in its groups, and the log lines of an outage."""

import asyncio
from unittest import IsolatedAsyncioTestCase, mock

from channels.layers import InMemoryChannelLayer

from broadcaster.layer.connection import LayerConnection
from broadcaster.layer.tasks import cancel_all

GROUP = "broadcast.1"


class LostLayer(InMemoryChannelLayer):
    """Is lost when it delivers "lose", and has no groups then, as a Redis that restarts."""

    lost = False

    async def group_add(self, group, channel):
        if self.lost:
            raise RuntimeError("cannot be reached")
        await super().group_add(group, channel)

    async def receive(self, channel):
        message = await super().receive(channel)
        if message["type"] == "lose":
            self.lost = True
            self.groups.clear()
            raise RuntimeError("cannot be reached")
        return message


class LayerConnectionTests(IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.layer = LostLayer()

    async def connect(self, **constants):
        """Run a connection with other values of its constants until it has joined."""
        for name, seconds in constants.items():
            self.enterContext(mock.patch(f"broadcaster.layer.connection.{name}", seconds))
        joined = asyncio.Event()
        connection = LayerConnection(self.layer, [GROUP], "night", self.handle, joined.set)
        running = asyncio.create_task(connection.run())
        self.addAsyncCleanup(cancel_all, [running])
        await joined.wait()

    async def handle(self, message):
        pass

    async def become(self, wanted):
        async with asyncio.timeout(5):
            while not wanted():
                await asyncio.sleep(0.01)

    @property
    def members(self):
        return set(self.layer.groups.get(GROUP, {}))

    async def test_membership_is_renewed_periodically(self):
        await self.connect(RENEWAL=0.01)
        self.layer.groups.clear()

        await self.become(lambda: self.members)

    async def test_lost_layer_is_logged_once_for_all_connections_and_without_traceback(self):
        for _ in range(3):
            await self.connect(RETRY=0.01)

        with self.assertLogs("broadcaster.layer", "WARNING") as logs:
            await self.layer.group_send(GROUP, {"type": "lose"})
            await self.become(lambda: self.layer.lost)
            await asyncio.sleep(0.05)  # several attempts
            self.layer.lost = False
            await self.become(lambda: len(self.members) == 3)

        self.assertEqual(
            [record.getMessage() for record in logs.records],
            [
                "channel layer lost, trying again: cannot be reached",
                "channel layer is back",
            ],
        )
        self.assertEqual([record.exc_info for record in logs.records], [None, None])
