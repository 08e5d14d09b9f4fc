"""One relay per process and broadcast, whatever the viewers and the channel layer do."""

import asyncio
import json
from contextlib import contextmanager
from unittest import mock

from asgiref.sync import async_to_sync, sync_to_async
from channels.layers import get_channel_layer
from django.db import connection
from django.test import TransactionTestCase

from broadcaster.domain.parsing import parse_change
from broadcaster.domain.stream import Position
from broadcaster.models import Broadcast
from broadcaster.publishing.announce import group_name
from tests.support.log import publish
from viewers.fanout.hub import Seat
from viewers.fanout.relay import Relays


def count_queries():
    """From now on, what is asked of the database: to be called in the thread that asks."""
    queries = []

    def count(execute, sql, params, many, context):
        queries.append(sql)
        return execute(sql, params, many, context)

    connection.execute_wrappers.append(count)
    return queries


class RelayTests(TransactionTestCase):
    def setUp(self):
        self.addCleanup(connection.execute_wrappers.clear)
        self.broadcast = Broadcast.objects.create(slug="night", title="Night", election=2020)
        for change in ({"kind": "start"}, {"view": {"focus": "OH"}}, {"view": {"focus": "US"}}):
            publish(self.broadcast, parse_change(change))
        self.broadcast.refresh_from_db()

    def run_with_relays(self, test):
        async def run():
            relays = Relays()
            try:
                return await asyncio.wait_for(test(relays), 20)
            finally:
                await relays.stop()

        return async_to_sync(run)()

    def test_a_thousand_viewers_reconnecting_at_once_cost_no_query(self):
        async def returning(relays, since):
            hub = await relays.hub("night")
            async with Seat(hub, "ws", since) as seat:
                return seat.first().text

        async def test(relays):
            await relays.hub("night")
            queries = await sync_to_async(count_queries)()
            frames = await asyncio.gather(
                *(returning(relays, Position(self.broadcast.epoch, n % 4)) for n in range(999)),
                returning(relays, None),
            )
            return len(queries), frames

        queries, frames = self.run_with_relays(test)

        self.assertEqual(queries, 0)
        self.assertEqual(len(frames), 1000)
        self.assertEqual(len(set(frames)), 5)

    def test_a_thousand_newcomers_at_once_load_the_broadcast_once(self):
        async def test(relays):
            queries = await sync_to_async(count_queries)()
            hubs = await asyncio.gather(*(relays.hub("night") for _ in range(1000)))
            return len(queries), hubs

        queries, hubs = self.run_with_relays(test)

        self.assertEqual(len(set(hubs)), 1)
        self.assertEqual(queries, 3)  # the broadcast, its recent updates, the head after joining

    def test_no_viewer_is_a_member_of_a_group(self):
        async def test(relays):
            hub = await relays.hub("night")
            seats = [Seat(hub, "ws", hub.replica.position) for _ in range(10)]
            for seat in seats:
                await seat.__aenter__()
            return len(get_channel_layer().groups[group_name(self.broadcast.pk)])

        self.assertEqual(self.run_with_relays(test), 1)

    def test_an_announcement_wakes_everyone(self):
        async def test(relays):
            hub = await relays.hub("night")
            async with Seat(hub, "ws", hub.replica.position) as seat:
                news = asyncio.create_task(seat.next())
                change = parse_change({"view": {"focus": "PA"}})
                await sync_to_async(publish)(self.broadcast, change)
                return (await news).text

        self.assertIn('"focus":"PA"', self.run_with_relays(test))

    def test_a_gap_is_filled_at_once_not_by_the_next_head_check(self):
        def put(focus):
            publish(self.broadcast, parse_change({"view": {"focus": focus}}))

        async def test(relays):
            hub = await relays.hub("night")
            group = group_name(self.broadcast.pk)
            layer = get_channel_layer()
            members = dict(layer.groups[group])
            for channel in members:
                await layer.group_discard(group, channel)
            await sync_to_async(put)("PA")
            for channel in members:
                await layer.group_add(group, channel)
            async with Seat(hub, "ws", hub.replica.position) as seat:
                news = asyncio.create_task(seat.next())
                await sync_to_async(put)("TX")
                return json.loads((await news).text)["updates"]

        with mock.patch("viewers.fanout.relay.HEAD_CHECK", 1000):
            updates = self.run_with_relays(test)

        self.assertEqual([update["view"]["focus"] for update in updates], ["PA", "TX"])

    def test_a_membership_that_the_layer_forgot_is_renewed(self):
        async def test(relays):
            await relays.hub("night")
            layer, group = get_channel_layer(), group_name(self.broadcast.pk)
            for channel in dict(layer.groups[group]):
                await layer.group_discard(group, channel)
            while not layer.groups.get(group):
                await asyncio.sleep(0.01)
            return len(layer.groups[group])

        with mock.patch("viewers.fanout.relay.REJOIN", 0.05):
            self.assertEqual(self.run_with_relays(test), 1)

    def test_a_relay_that_nobody_watches_ends_and_comes_back_when_asked(self):
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

    def test_a_relay_leaves_its_group_when_it_stops(self):
        async def test(relays):
            await relays.hub("night")

        self.run_with_relays(test)

        self.assertFalse(get_channel_layer().groups.get(group_name(self.broadcast.pk)))

    @contextmanager
    def swallowed_cancellation(self):
        """The layer's first `receive` that is cancelled goes on; as redis-py's does at times."""
        layer, swallowed = get_channel_layer(), []
        receive = layer.receive

        async def receive_anyhow(channel):
            try:
                return await receive(channel)
            except asyncio.CancelledError:
                if swallowed:
                    raise
                swallowed.append(channel)
                return await receive(channel)

        with (
            mock.patch.object(layer, "receive", receive_anyhow),
            mock.patch("viewers.fanout.relay.CANCEL_AGAIN", 0.02),
        ):
            yield
        self.assertEqual(len(swallowed), 1)

    def test_it_stops_though_the_layer_swallows_a_cancellation(self):
        async def test(relays):
            await relays.hub("night")
            await asyncio.sleep(0)  # the relay listens

        with self.swallowed_cancellation():
            self.run_with_relays(test)

    def test_it_ends_by_itself_though_the_layer_swallows_a_cancellation(self):
        async def test(relays):
            await relays.hub("night")
            while get_channel_layer().groups.get(group_name(self.broadcast.pk)):
                await asyncio.sleep(0.01)
            return relays.running

        with (
            self.swallowed_cancellation(),
            mock.patch("viewers.fanout.relay.HEAD_CHECK", 0.02),
            mock.patch("viewers.fanout.relay.UNWATCHED", 0.05),
        ):
            self.assertEqual(self.run_with_relays(test), [])

    def test_a_broadcast_that_is_not_there_is_asked_for_again(self):
        async def test(relays):
            before = await relays.hub("later")
            await sync_to_async(Broadcast.objects.create)(slug="later", title="L", election=2020)
            return before, await relays.hub("later")

        before, after = self.run_with_relays(test)

        self.assertIsNone(before)
        self.assertIsNotNone(after)
