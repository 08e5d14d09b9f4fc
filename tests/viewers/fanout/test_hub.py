"""The hub encodes each frame once, and no viewer misses an update, whenever it joins."""

import asyncio
import json
from unittest import IsolatedAsyncioTestCase

from hypothesis import given, settings
from hypothesis import strategies as st

from broadcaster.domain.stream import Position, Replica
from tests.support.changes import CONTESTS, changes, fold, parse_change
from tests.support.memory_log import opened
from viewers.fanout.heartbeat import Heartbeat
from viewers.fanout.hub import BATCH, Hub
from viewers.fanout.subscription import Subscription
from viewers.protocol import frames
from viewers.protocol.frames import Close
from viewers.protocol.session import ViewerSession
from viewers.transports.fast.websocket import text_frame

FOCI = ["OH", "PA", "", "NE-2", "TX"]


def log():
    return fold([parse_change({"view": {"focus": focus}}) for focus in FOCI])


class HubTests(IsolatedAsyncioTestCase):
    async def subscribe(self, hub, count, kind="ws"):
        """Add viewers at the hub's position; return the tasks that wait for their next frames."""
        subscriptions = [Subscription(hub, kind, hub.replica.position) for _ in range(count)]
        for subscription in subscriptions:
            await subscription.__aenter__()
        waiting = [asyncio.create_task(subscription.next()) for subscription in subscriptions]
        await asyncio.sleep(0)
        return waiting

    async def test_update_is_encoded_once_for_a_thousand_viewers(self):
        start, updates = log()
        hub = Hub(opened(start), heartbeat=Heartbeat(25))
        encoded = []
        original = frames.encode
        frames.encode = lambda frame: encoded.append(frame) or original(frame)
        self.addCleanup(setattr, frames, "encode", original)
        waiting_ws = await self.subscribe(hub, 500)
        waiting_poll = await self.subscribe(hub, 500, "poll")

        hub.apply("e", updates[0])
        await hub.fan_out()
        sent = await asyncio.gather(*waiting_ws, *waiting_poll)

        self.assertEqual(len(encoded), 1)
        self.assertEqual(len({id(frame) for frame in sent}), 1)
        self.assertIs(sent[0].body, sent[-1].body)

    async def test_websocket_bytes_of_a_frame_are_encoded_once(self):
        hub = Hub(opened(log()[0]), heartbeat=Heartbeat(25))

        self.assertIs(text_frame(hub.heartbeat_frame()), text_frame(hub.heartbeat_frame()))

    async def test_fan_out_goes_on_after_a_subscriber_that_raises(self):
        class BrokenSubscriber:
            kind = "ws"

            def notify(self):
                raise OSError("gone")

        start, updates = log()
        hub = Hub(opened(start), heartbeat=Heartbeat(25))
        for _ in range(5):
            hub.add(BrokenSubscriber())
        waiting = await self.subscribe(hub, 20)
        hub.apply("e", updates[0])

        with self.assertLogs("viewers.fanout.hub", "ERROR"):
            await hub.fan_out()

        self.assertEqual(len(await asyncio.gather(*waiting)), 20)

    async def test_fan_out_lets_other_tasks_run_between_batches(self):
        start, updates = log()
        hub = Hub(opened(start), heartbeat=Heartbeat(25))
        waiting = await self.subscribe(hub, 4 * BATCH)
        turns = 0

        async def ticker():
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        ticking = asyncio.create_task(ticker())
        await asyncio.sleep(0)
        turns = 0
        hub.apply("e", updates[0])
        await hub.fan_out()
        during = turns
        ticking.cancel()
        await asyncio.gather(*waiting)

        self.assertGreaterEqual(during, 4)

    async def test_viewer_who_joins_during_a_fan_out_misses_nothing(self):
        start, updates = log()
        hub = Hub(opened(start), heartbeat=Heartbeat(25))
        waiting = await self.subscribe(hub, 2 * BATCH)

        hub.apply("e", updates[0])
        fan_out = asyncio.create_task(hub.fan_out())
        await asyncio.sleep(0)
        self.assertFalse(fan_out.done())
        late = Subscription(hub, "ws", Position("e", 0))
        frame = json.loads(late.first().text)
        await fan_out
        await asyncio.gather(*waiting)

        self.assertEqual([update["seq"] for update in frame["updates"]], [1])

    async def test_returning_viewer_gets_all_missing_updates_in_one_frame(self):
        start, updates = log()
        hub = Hub(opened(start), heartbeat=Heartbeat(25))
        for update in updates:
            hub.apply("e", update)

        frame = json.loads(hub.frame_after(Position("e", 2)).text)

        self.assertEqual([update["seq"] for update in frame["updates"]], [3, 4, 5])
        self.assertEqual(frame["seq"], 5)
        self.assertIs(hub.frame_after(Position("e", 2)), hub.frame_after(Position("e", 2)))

    async def test_unknown_position_gets_the_snapshot(self):
        start, updates = log()
        hub = Hub(opened(start), heartbeat=Heartbeat(25))
        hub.apply("e", updates[0])

        for since in (None, Position("f", 1), Position("f", 0)):
            frame = json.loads(hub.frame_after(since).text)
            self.assertEqual((frame["t"], frame["seq"]), ("snapshot", 1))
        self.assertIsNone(hub.frame_after(Position("e", 1)))
        self.assertIsNone(hub.frame_after(Position("e", 7)))

    async def test_heartbeat_comes_after_the_interval_with_the_position(self):
        hub = Hub(opened(log()[0]), heartbeat=Heartbeat(0.01))
        async with Subscription(hub, "ws", Position("e", 0)) as subscription:
            frame = json.loads((await subscription.next()).text)

        contests = hub.replica.digests
        self.assertEqual(frame, {"t": "heartbeat", "epoch": "e", "seq": 0, "contests": contests})

    async def test_last_updates_come_before_the_close(self):
        start, _ = log()
        _, updates = fold([parse_change({"kind": "start"}), parse_change({"kind": "end"})])
        hub = Hub(opened(start), heartbeat=Heartbeat(25))
        async with Subscription(hub, "ws", Position("e", 0)) as subscription:
            for update in updates:
                hub.apply("e", update)
            frame = json.loads((await subscription.next()).text)

            self.assertEqual(frame["seq"], 2)
            self.assertIsNone(await subscription.next())
            self.assertEqual(hub.closing_code, Close.OVER)

    async def test_drain_keeps_its_rate_and_meanwhile_serves_the_remaining_viewers(self):
        start, updates = log()
        hub = Hub(opened(start), heartbeat=Heartbeat(25))
        subscriptions = [Subscription(hub, "ws", hub.replica.position) for _ in range(4)]
        closed = []

        async def viewer(subscription):
            async with subscription:
                frames = 0
                while await subscription.next() is not None:
                    frames += 1
            closed.append((subscription.closing_code, frames))

        viewers = [asyncio.create_task(viewer(subscription)) for subscription in subscriptions]
        await asyncio.sleep(0)
        draining = asyncio.create_task(hub.disconnect_all(Close.DRAINING, rate=20))
        while len(closed) < 2:
            await asyncio.sleep(0)
        self.assertFalse(draining.done())
        hub.apply("e", updates[0])
        await hub.fan_out()
        await asyncio.gather(draining, *viewers)

        self.assertEqual([code for code, _ in closed], [Close.DRAINING] * 4)
        self.assertEqual([frames for _, frames in closed], [0, 0, 1, 1])

    async def test_drain_goes_on_after_a_subscriber_that_raises(self):
        class BrokenSubscriber:
            kind = "ws"

            def disconnect(self, code):
                raise OSError("gone")

        hub = Hub(opened(log()[0]), heartbeat=Heartbeat(25))
        for _ in range(5):
            hub.add(BrokenSubscriber())
        waiting = await self.subscribe(hub, 5)

        with self.assertLogs("viewers.fanout.hub", "ERROR"):
            await asyncio.wait_for(hub.disconnect_all(Close.DRAINING, rate=1000), 5)

        self.assertEqual(await asyncio.gather(*waiting), [None] * 5)

    async def test_drain_does_not_wait_for_subscribers_that_stay(self):
        class StuckSubscriber:
            kind = "ws"
            disconnections = 0

            def disconnect(self, code):
                self.disconnections += 1

        hub = Hub(opened(log()[0]), heartbeat=Heartbeat(25))
        stuck = [StuckSubscriber() for _ in range(100)]
        for subscriber in stuck:
            hub.add(subscriber)
        waiting = await self.subscribe(hub, 5)

        await asyncio.wait_for(hub.disconnect_all(Close.DRAINING, rate=1000), 5)

        self.assertEqual(await asyncio.gather(*waiting), [None] * 5)
        self.assertEqual({subscriber.disconnections for subscriber in stuck}, {1})

    async def test_viewer_who_returns_at_once_is_not_disconnected_again(self):
        hub = Hub(opened(log()[0]), heartbeat=Heartbeat(25))

        class ReturningSubscriber:
            kind = "ws"

            def disconnect(self, code):
                hub.remove(self)
                hub.add(ReturningSubscriber())

        hub.add(ReturningSubscriber())
        await asyncio.wait_for(hub.disconnect_all(Close.RESYNC, rate=1000), 5)

        self.assertEqual(hub.viewers, 1)


class JoiningTests(IsolatedAsyncioTestCase):
    def test_viewers_who_join_at_any_moment_end_with_the_hubs_state(self):
        @settings(max_examples=30)
        @given(st.lists(changes(), min_size=1, max_size=8), st.data())
        def check(published, data):
            joins = data.draw(st.lists(st.integers(0, len(published)), min_size=1, max_size=5))
            asyncio.run(self.follow(published, joins))

        check()

    async def follow(self, published, joins):
        start, updates = fold(published)
        hub = Hub(opened(start), heartbeat=Heartbeat(25))
        end = Position("e", len(updates))
        viewers = []

        async def viewer():
            session = ViewerSession(CONTESTS)
            async with Subscription(hub, "ws", None) as subscription:
                events = session.handle_frame(subscription.first().text, 0)
                while session.replica.position != end:
                    events += session.handle_frame((await subscription.next()).text, 0)
            self.assertNotIn("gap", [name for name, _ in events])
            self.assertNotIn("seen", [name for name, _ in events])
            return session.replica

        for number in range(len(updates) + 1):
            viewers += [asyncio.create_task(viewer()) for join in joins if join == number]
            if number < len(updates):
                hub.apply("e", updates[number])
                await hub.fan_out()
            if number % 2:
                await asyncio.sleep(0)
        expected = Replica(start, CONTESTS)
        for update in updates:
            expected.apply("e", update)
        for replica in await asyncio.wait_for(asyncio.gather(*viewers), 10):
            self.assertEqual(replica.snapshot(), expected.snapshot())
