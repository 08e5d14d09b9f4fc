"""One relay per process and broadcast, through failures of the database and the layer."""

import asyncio
import json
from contextlib import contextmanager
from unittest import IsolatedAsyncioTestCase, mock

from asgiref.sync import async_to_sync, sync_to_async
from channels.layers import InMemoryChannelLayer, get_channel_layer
from django.db.backends.utils import CursorWrapper
from django.test import TransactionTestCase
from msgspec.structs import replace

from broadcaster.domain.stream import Position
from broadcaster.layer.messages import UPDATE, group_name, update_message
from broadcaster.models import Broadcast
from tests.support.changes import fold, parse_change
from tests.support.contests import president
from tests.support.log import publish
from tests.support.memory_log import MemoryLog, opened
from viewers.database_log import DatabaseLog
from viewers.fanout.relay_registry import RelayRegistry
from viewers.fanout.subscription import Subscription
from viewers.protocol.frames import Close


@contextmanager
def recorded_queries():
    """Record the SQL that any thread executes."""
    queries, execute = [], CursorWrapper.execute

    def record(cursor, sql, params=None):
        queries.append(sql)
        return execute(cursor, sql, params)

    with mock.patch.object(CursorWrapper, "execute", record):
        yield queries


class RelayTests(TransactionTestCase):
    def setUp(self):
        self.broadcast = Broadcast.objects.create(
            slug="night", title="Night", contests=president(2020)
        )
        for change in ({"kind": "start"}, {"view": {"focus": "OH"}}, {"view": {"focus": ""}}):
            publish(self.broadcast, parse_change(change))
        self.broadcast.refresh_from_db()
        self.group = group_name(self.broadcast.pk)

    def run_with_relays(self, test):
        async def run():
            relays = RelayRegistry(DatabaseLog(), get_channel_layer())
            try:
                return await asyncio.wait_for(test(relays), 20)
            finally:
                await relays.stop()

        return async_to_sync(run)()

    def publish_view(self, focus):
        return publish(self.broadcast, parse_change({"view": {"focus": focus}}))

    async def publish_unannounced(self, focus):
        """Publish while the group has no members, so that the announcement is lost."""
        layer = get_channel_layer()
        members = dict(layer.groups[self.group])
        for channel in members:
            await layer.group_discard(self.group, channel)
        await sync_to_async(self.publish_view)(focus)
        for channel in members:
            await layer.group_add(self.group, channel)

    def test_a_thousand_reconnecting_viewers_cost_no_query(self):
        async def reconnect(relays, since):
            hub = await relays.hub("night")
            async with Subscription(hub, "ws", since) as subscription:
                return subscription.first().text

        async def test(relays):
            await relays.hub("night")
            with recorded_queries() as queries:
                frames = await asyncio.gather(
                    *(reconnect(relays, Position(self.broadcast.epoch, n % 4)) for n in range(999)),
                    reconnect(relays, None),
                )
            return len(queries), frames

        queries, frames = self.run_with_relays(test)

        self.assertEqual(queries, 0)
        self.assertEqual(len(frames), 1000)
        self.assertEqual(len(set(frames)), 5)

    def test_a_thousand_new_viewers_load_the_broadcast_once(self):
        async def test(relays):
            with recorded_queries() as queries:
                hubs = await asyncio.gather(*(relays.hub("night") for _ in range(1000)))
            return len(queries), hubs

        queries, hubs = self.run_with_relays(test)

        self.assertEqual(len(set(hubs)), 1)
        self.assertEqual(queries, 3)  # the broadcast, its recent updates, the head after joining

    def test_relay_is_the_only_member_of_the_group(self):
        async def test(relays):
            hub = await relays.hub("night")
            for _ in range(10):
                await Subscription(hub, "ws", hub.replica.position).__aenter__()
            return len(get_channel_layer().groups[self.group])

        self.assertEqual(self.run_with_relays(test), 1)

    def test_announcement_reaches_viewers(self):
        async def test(relays):
            hub = await relays.hub("night")
            async with Subscription(hub, "ws", hub.replica.position) as subscription:
                frame = asyncio.create_task(subscription.next())
                await sync_to_async(self.publish_view)("PA")
                return (await frame).text

        self.assertIn('"focus":"PA"', self.run_with_relays(test))

    def test_gap_is_filled_at_once_without_a_head_check(self):
        async def test(relays):
            hub = await relays.hub("night")
            await self.publish_unannounced("PA")
            async with Subscription(hub, "ws", hub.replica.position) as subscription:
                frame = asyncio.create_task(subscription.next())
                await sync_to_async(self.publish_view)("TX")
                return json.loads((await frame).text)["updates"]

        with mock.patch("viewers.fanout.relay.HEAD_CHECK", 1000):
            updates = self.run_with_relays(test)

        self.assertEqual([update["view"]["focus"] for update in updates], ["PA", "TX"])

    def test_relay_without_viewers_ends_and_the_next_viewer_starts_another(self):
        async def test(relays):
            first = await relays.hub("night")
            while relays.running:
                await asyncio.sleep(0.01)
            return first, await relays.hub("night")

        with (
            mock.patch("viewers.fanout.relay.HEAD_CHECK", 0.02),
            mock.patch("viewers.fanout.relay.UNWATCHED", 0.05),
        ):
            first, second = self.run_with_relays(test)

        self.assertIsNot(first, second)
        self.assertEqual(second.replica.position, self.broadcast.position)

    def test_relay_leaves_its_group_when_it_stops(self):
        async def test(relays):
            await relays.hub("night")

        self.run_with_relays(test)

        self.assertFalse(get_channel_layer().groups.get(self.group))

    @contextmanager
    def swallowed_cancellation(self):
        """Swallow the first cancellation of the layer's `receive`, as redis-py sometimes does."""
        layer, swallowed = get_channel_layer(), []
        receive = layer.receive

        async def receive_again(channel):
            try:
                return await receive(channel)
            except asyncio.CancelledError:
                if swallowed:
                    raise
                swallowed.append(channel)
                return await receive(channel)

        with (
            mock.patch.object(layer, "receive", receive_again),
            mock.patch("broadcaster.layer.tasks.CANCEL_AGAIN", 0.02),
        ):
            yield
        self.assertEqual(len(swallowed), 1)

    def test_relay_stops_if_the_layer_swallows_a_cancellation(self):
        async def test(relays):
            await relays.hub("night")
            await asyncio.sleep(0)  # the relay receives

        with self.swallowed_cancellation():
            self.run_with_relays(test)

    def test_relay_without_viewers_ends_if_the_layer_swallows_a_cancellation(self):
        async def test(relays):
            await relays.hub("night")
            while get_channel_layer().groups.get(self.group):
                await asyncio.sleep(0.01)
            return relays.running

        with (
            self.swallowed_cancellation(),
            mock.patch("viewers.fanout.relay.HEAD_CHECK", 0.02),
            mock.patch("viewers.fanout.relay.UNWATCHED", 0.05),
        ):
            self.assertEqual(self.run_with_relays(test), [])


class HangingLog(MemoryLog):
    """A log whose reads never return once `hangs` is set. `read_begun` is set by such a read."""

    def __init__(self, *log):
        super().__init__(*log)
        self.hangs = False
        self.read_begun = asyncio.Event()

    async def after(self, broadcast_id, position, contests, limit):
        if self.hangs:
            self.read_begun.set()
            await asyncio.Event().wait()
        return await super().after(broadcast_id, position, contests, limit)


class RelayWithoutDatabaseTests(IsolatedAsyncioTestCase):
    GROUP = group_name(1)

    async def asyncSetUp(self):
        start, self.updates = fold([parse_change({"view": {"focus": f}}) for f in ("OH", "PA")])
        self.log = HangingLog(start, [])
        self.layer = InMemoryChannelLayer()
        self.relays = RelayRegistry(self.log, self.layer)
        self.addAsyncCleanup(self.relays.stop)

    def patch(self, **constants):
        for name, seconds in constants.items():
            module = (
                "viewers.fanout.relay" if name == "HEAD_CHECK" else "broadcaster.layer.connection"
            )
            self.enterContext(mock.patch(f"{module}.{name}", seconds))

    async def announce(self, seq):
        await self.layer.group_send(self.GROUP, update_message("e", self.updates[seq - 1]))

    async def wait_until(self, condition):
        async with asyncio.timeout(5):
            while not condition():
                await asyncio.sleep(0.01)

    @property
    def members(self):
        return set(self.layer.groups.get(self.GROUP, {}))

    async def test_announcement_is_applied_while_the_log_hangs(self):
        self.patch(HEAD_CHECK=0.01)
        hub = await self.relays.hub("night")
        self.log.hangs = True
        await asyncio.wait_for(self.log.read_begun.wait(), 5)

        await self.announce(1)

        await self.wait_until(lambda: hub.replica.position.seq == 1)

    async def test_update_announced_while_the_log_is_read_is_applied_once(self):
        self.patch(HEAD_CHECK=1000)
        hub = await self.relays.hub("night")
        read, reading, release = self.log.after, asyncio.Event(), asyncio.Event()

        async def read_slowly(*arguments):
            found = await read(*arguments)
            reading.set()
            await release.wait()
            return found

        self.log.updates = self.updates
        with mock.patch.object(self.log, "after", read_slowly):
            catching_up = asyncio.create_task(self.relays.running[0].catch_up())
            await reading.wait()
            await self.announce(1)
            await self.wait_until(lambda: hub.replica.position.seq == 1)
            release.set()
            self.assertTrue(await catching_up)

        self.assertEqual([update.seq for update in hub.replica.recent], [1, 2])

    async def test_membership_is_renewed_when_an_update_was_not_announced(self):
        self.patch(HEAD_CHECK=0.01, RENEWAL=1000)
        hub = await self.relays.hub("night")
        self.layer.groups.clear()  # the layer loses the membership, and receive() raises no error

        self.log.updates = self.updates
        await self.wait_until(lambda: hub.replica.position.seq == 2)

        await self.wait_until(lambda: self.members)

    async def test_membership_survives_a_message_that_cannot_be_handled(self):
        self.patch(HEAD_CHECK=1000)
        hub = await self.relays.hub("night")
        members = self.members
        self.log.updates = self.updates

        with self.assertLogs("broadcaster.layer.connection", "ERROR"):
            await self.layer.group_send(self.GROUP, {"type": UPDATE, "epoch": "e"})
            await self.wait_until(lambda: hub.replica.position.seq == 2)  # the log is read instead

        self.assertEqual(self.members, members)

    async def test_corrected_names_close_viewers_who_return_for_a_snapshot(self):
        self.patch(HEAD_CHECK=1000)
        hub = await self.relays.hub("night")
        corrected = replace(self.log.start, contests={"president": "another edition"})

        async def read(*arguments):
            return opened(corrected)

        async with Subscription(hub, "ws", hub.replica.position) as viewer:
            with mock.patch.object(self.log, "after", read):
                self.assertFalse(await self.relays.running[0].catch_up())
                self.assertIsNone(await viewer.next())
            self.assertEqual(viewer.closing_code, Close.RESYNC)
        self.assertEqual(hub.snapshot_frame().content.contests, corrected.contests)
