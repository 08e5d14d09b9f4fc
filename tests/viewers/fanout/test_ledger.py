"""The ledger counts the viewers of an update: connected, reached after which time, behind."""

import asyncio
from unittest import IsolatedAsyncioTestCase, TestCase

from broadcaster.domain.change import to_json
from broadcaster.domain.delivery import newest_delivery
from broadcaster.domain.stream import Position
from tests.support.changes import fold, parse_change
from tests.support.memory_log import opened
from viewers.fanout.heartbeat import EVERY_25_SECONDS
from viewers.fanout.hub import BATCH, Hub
from viewers.fanout.ledger import POLL_RETURN, shorten
from viewers.fanout.subscription import Subscription
from viewers.fanout.viewer_reports import report


class FullSocket:
    """A WebSocket whose buffer is full."""

    kind = "ws"

    def notify(self):
        return False


class DeliveryLedgerTests(IsolatedAsyncioTestCase):
    def setUp(self):
        start, self.updates = fold([parse_change({"view": {"focus": f}}) for f in ("OH", "PA")])
        self.now = 1.0  # when the first update is published, in seconds since 1970
        self.hub = Hub(opened(start), EVERY_25_SECONDS, clock=lambda: self.now)
        self.waiting = []

    async def subscribe(self, count, kind="ws"):
        """Add viewers at the hub's position, who wait for one frame."""
        position = self.hub.replica.position
        subscriptions = [Subscription(self.hub, kind, position) for _ in range(count)]
        for subscription in subscriptions:
            await subscription.__aenter__()
        self.waiting += [asyncio.create_task(each.next()) for each in subscriptions]
        await asyncio.sleep(0)
        return subscriptions

    async def leave(self, subscriptions):
        for subscription in subscriptions:
            await subscription.__aexit__()

    async def publish(self, seq):
        self.hub.apply("e", self.updates[seq - 1])
        await self.hub.fan_out()

    def delivery(self):
        """Return the delivery as the desk shows it, from this process alone."""
        return to_json(newest_delivery([report(self.hub, age=0)], self.hub.replica.position))

    async def test_update_from_the_future_is_timed_from_its_arrival(self):
        """After a clock is set back, an update has the time of the update before it."""
        self.now = 0.5
        await self.subscribe(2)

        await self.publish(1)

        self.assertEqual(self.delivery()["max"], 0)
        self.assertEqual(self.hub.ledger.newest.at, 500)

    async def test_viewers_are_reached_at_the_time_of_their_batch(self):
        await self.subscribe(2 * BATCH)
        await self.subscribe(BATCH, "poll")

        async def clock():
            while True:
                self.now += 0.01
                await asyncio.sleep(0)

        ticking = asyncio.create_task(clock())
        await self.publish(1)
        ticking.cancel()
        await asyncio.gather(*self.waiting)
        found = self.delivery()

        self.assertEqual(found["expected"], {"ws": 2 * BATCH, "poll": BATCH})
        self.assertEqual(found["reached"], {"ws": 2 * BATCH, "poll": BATCH})
        self.assertEqual((found["seq"], found["behind"]), (1, 0))
        self.assertLess(found["p50"], found["p99"])
        self.assertEqual(found["p99"], found["max"])

    async def test_full_socket_is_behind_until_all_is_written(self):
        await self.subscribe(3)
        socket = FullSocket()
        self.hub.add(socket)
        await self.publish(1)
        self.assertEqual((self.delivery()["reached"]["ws"], self.delivery()["behind"]), (3, 1))

        self.now = 1.75
        self.hub.ledger.mark_caught_up(socket)
        self.hub.ledger.mark_caught_up(socket)
        found = self.delivery()

        self.assertEqual(
            (found["reached"]["ws"], found["expected"]["ws"], found["behind"]), (4, 4, 0)
        )
        self.assertEqual((found["p50"], found["max"]), (0, 750))

    async def test_full_socket_that_leaves_is_not_behind_any_more(self):
        socket = FullSocket()
        self.hub.add(socket)
        await self.publish(1)
        self.hub.remove(socket)

        found = self.delivery()
        self.assertEqual(
            (found["reached"]["ws"], found["expected"]["ws"], found["behind"]), (0, 1, 0)
        )
        self.assertIsNone(found["p50"])

    async def test_websocket_is_behind_until_its_task_waits_again(self):
        async with Subscription(self.hub, "ws", Position("e", 0)) as subscription:
            await self.publish(1)
            self.assertEqual(self.delivery()["behind"], 1)
            await subscription.next()
            self.assertEqual(self.delivery()["behind"], 1)
            waiting = asyncio.create_task(subscription.next())
            await asyncio.sleep(0)
            self.assertEqual(self.delivery()["behind"], 0)
            waiting.cancel()

    async def test_viewer_between_two_polls_is_behind_until_its_next_poll(self):
        polls = await self.subscribe(3, "poll")
        await self.publish(1)
        await self.leave(polls)
        self.assertEqual((self.hub.counts["poll"], self.hub.ledger.returning), (0, 3))
        self.now = 2.0
        await self.subscribe(1, "poll")
        await self.publish(2)
        found = self.delivery()
        self.assertEqual(
            (found["expected"]["poll"], found["reached"]["poll"], found["behind"]), (3, 1, 2)
        )

        self.now = 2.5
        self.hub.count_poll(Position("e", 1))
        self.hub.count_poll(None)  # a new viewer, not counted among the expected ones
        self.hub.count_poll(Position("e", 2))
        found = self.delivery()
        self.assertEqual(
            (found["expected"]["poll"], found["reached"]["poll"], found["behind"]), (3, 2, 1)
        )
        self.assertEqual((found["p50"], found["max"]), (0, 500))

        self.now = 2.0 + POLL_RETURN  # the third has closed the page
        self.assertEqual((self.delivery()["behind"], self.hub.ledger.returning), (0, 0))

    async def test_poll_that_comes_for_the_update_counts_as_a_viewer(self):
        await self.publish(1)
        self.hub.count_poll(Position("e", 0))

        self.assertEqual(
            (self.delivery()["expected"]["poll"], self.delivery()["reached"]["poll"]), (1, 1)
        )

    async def test_viewer_who_joins_during_a_fan_out_is_not_counted_twice(self):
        await self.subscribe(2 * BATCH)
        self.hub.apply("e", self.updates[0])
        fan_out = asyncio.create_task(self.hub.fan_out())
        await asyncio.sleep(0)
        self.assertEqual(self.hub.behind["ws"], 2 * BATCH)
        await self.subscribe(1)
        await fan_out

        self.assertEqual(
            (self.delivery()["expected"]["ws"], self.delivery()["reached"]["ws"]), (500, 500)
        )

    async def test_times_add_up_over_all_updates(self):
        for seq in (1, 2):
            viewers = await self.subscribe(3)
            self.now = seq + 0.02
            await self.publish(seq)
            await self.leave(viewers)

        self.assertEqual(self.hub.ledger.newest.times["ws"], {20: 3})
        self.assertEqual(self.hub.ledger.times("ws"), {20: 6})


class ShortenTests(TestCase):
    def test_times_are_rounded_up_to_two_digits(self):
        self.assertEqual(
            shorten([(0, 1), (99, 1), (100, 2), (101, 3), (110, 4), (1201, 5)]),
            [(0, 1), (99, 1), (100, 2), (110, 7), (1300, 5)],
        )
