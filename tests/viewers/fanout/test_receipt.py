"""What a hub says of an update: who was here, who has it, when, and who does not."""

import asyncio
from unittest import IsolatedAsyncioTestCase, TestCase

from broadcaster.domain.delivery import receipt
from broadcaster.domain.parsing import parse_change
from broadcaster.domain.stream import Position
from tests.support.changes import fold
from viewers.fanout.hub import BATCH, Hub, Seat
from viewers.fanout.receipt import AWAY, in_short

HEARTBEAT = 25


class Busy:
    """A WebSocket that has not taken the update before."""

    kind = "ws"

    def wake(self):
        return False


class Receipts(IsolatedAsyncioTestCase):
    def setUp(self):
        start, self.updates = fold([parse_change({"view": {"focus": f}}) for f in ("OH", "PA")])
        self.now = 1.0  # when the first update is published, in seconds since 1970
        self.hub = Hub(start, [], HEARTBEAT, clock=lambda: self.now)
        self.waiting = []

    async def seated(self, count, transport="ws"):
        """So many viewers at the hub's position, who wait for one frame."""
        seats = [Seat(self.hub, transport, self.hub.replica.position) for _ in range(count)]
        for seat in seats:
            await seat.__aenter__()
        self.waiting += [asyncio.create_task(seat.next()) for seat in seats]
        await asyncio.sleep(0)
        return seats

    async def leave(self, seats):
        for seat in seats:
            await seat.__aexit__()

    async def publish(self, seq):
        self.hub.receive("e", self.updates[seq - 1])
        await self.hub.fan_out()

    def told(self):
        """The receipt as the desk gets it from this process alone."""
        position, hub = self.hub.replica.position, self.hub
        report = {"epoch": position.epoch, "seq": position.seq, "viewers": hub.counts}
        report |= {"receipt": {**hub.receipt.to_dict(), "behind": hub.behind}}
        return receipt([report], position)

    async def test_everyone_is_reached_at_the_time_of_their_batch(self):
        await self.seated(2 * BATCH)
        await self.seated(BATCH, "poll")

        async def clock():
            while True:
                self.now += 0.01
                await asyncio.sleep(0)

        ticking = asyncio.create_task(clock())
        await self.publish(1)
        ticking.cancel()
        await asyncio.gather(*self.waiting)
        told = self.told()

        self.assertEqual(told["of"], {"ws": 2 * BATCH, "poll": BATCH})
        self.assertEqual(told["reached"], {"ws": 2 * BATCH, "poll": BATCH})
        self.assertEqual((told["seq"], told["behind"]), (1, 0))
        self.assertLess(told["p50"], told["p99"])
        self.assertEqual(told["p99"], told["ms"])

    async def test_who_is_busy_is_behind_until_all_is_written(self):
        await self.seated(3)
        busy = Busy()
        self.hub.add(busy)
        await self.publish(1)
        self.assertEqual((self.told()["reached"]["ws"], self.told()["behind"]), (3, 1))

        self.now = 1.75
        self.hub.caught_up(busy)
        self.hub.caught_up(busy)
        told = self.told()

        self.assertEqual((told["reached"]["ws"], told["of"]["ws"], told["behind"]), (4, 4, 0))
        self.assertEqual((told["p50"], told["ms"]), (0, 750))

    async def test_who_leaves_without_the_update_is_not_behind_any_more(self):
        busy = Busy()
        self.hub.add(busy)
        await self.publish(1)
        self.hub.remove(busy)

        told = self.told()
        self.assertEqual((told["reached"]["ws"], told["of"]["ws"], told["behind"]), (0, 1, 0))
        self.assertIsNone(told["p50"])

    async def test_a_task_that_still_sends_is_behind_until_it_waits_again(self):
        async with Seat(self.hub, "ws", Position("e", 0)) as seat:
            await self.publish(1)
            self.assertEqual(self.told()["behind"], 1)
            await seat.next()
            self.assertEqual(self.told()["behind"], 1)
            waiting = asyncio.create_task(seat.next())
            await asyncio.sleep(0)
            self.assertEqual(self.told()["behind"], 0)
            waiting.cancel()

    async def test_polls_between_two_polls_are_behind_until_they_come(self):
        polls = await self.seated(3, "poll")
        await self.publish(1)
        await self.leave(polls)
        self.assertEqual((self.hub.counts["poll"], self.hub.away), (0, 3))
        self.now = 2.0
        await self.seated(1, "poll")
        await self.publish(2)
        told = self.told()
        self.assertEqual((told["of"]["poll"], told["reached"]["poll"], told["behind"]), (3, 1, 2))

        self.now = 2.5
        self.hub.reach_poll(Position("e", 1))
        self.hub.reach_poll(None)  # a newcomer, who was not there
        self.hub.reach_poll(Position("e", 2))
        told = self.told()
        self.assertEqual((told["of"]["poll"], told["reached"]["poll"], told["behind"]), (3, 2, 1))
        self.assertEqual((told["p50"], told["ms"]), (0, 500))

        self.now = 2.0 + AWAY  # the third has closed the page
        self.assertEqual((self.told()["behind"], self.hub.away), (0, 0))

    async def test_a_poll_that_comes_for_the_update_was_a_viewer(self):
        await self.publish(1)
        self.hub.reach_poll(Position("e", 0))

        self.assertEqual((self.told()["of"]["poll"], self.told()["reached"]["poll"]), (1, 1))

    async def test_who_joins_during_a_fan_out_is_not_counted_twice(self):
        await self.seated(2 * BATCH)
        self.hub.receive("e", self.updates[0])
        fanning = asyncio.create_task(self.hub.fan_out())
        await asyncio.sleep(0)
        self.assertEqual(self.hub.behind["ws"], 2 * BATCH)
        await self.seated(1)
        await fanning

        self.assertEqual((self.told()["of"]["ws"], self.told()["reached"]["ws"]), (500, 500))

    async def test_past_deliveries_add_up(self):
        for seq in (1, 2):
            seats = await self.seated(3)
            self.now = seq + 0.02
            await self.publish(seq)
            await self.leave(seats)

        self.assertEqual(self.hub.past["ws"], {20: 3})
        self.assertEqual(self.hub.receipt.times["ws"], {20: 3})


class Rounding(TestCase):
    def test_times_are_rounded_up_to_two_digits(self):
        self.assertEqual(
            in_short([(0, 1), (99, 1), (100, 2), (101, 3), (110, 4), (1201, 5)]),
            [(0, 1), (99, 1), (100, 2), (110, 7), (1300, 5)],
        )
