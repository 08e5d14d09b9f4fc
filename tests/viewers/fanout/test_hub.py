"""The hub: encode once, nobody passed over, everyone in order, whatever the moment of joining."""

import asyncio
import json
from unittest import IsolatedAsyncioTestCase

from hypothesis import given, settings
from hypothesis import strategies as st

from broadcaster.domain.parsing import parse_change
from broadcaster.domain.stream import Position, Replica
from tests.support.changes import changes, fold
from viewers.fanout.hub import BATCH, Hub, Seat
from viewers.protocol import frames
from viewers.protocol.frames import Close
from viewers.protocol.session import ViewerSession
from viewers.transports.fast.websocket import text_frame

FOCI = ["OH", "PA", "US", "NE-2", "TX"]


def log():
    return fold([parse_change({"view": {"focus": focus}}) for focus in FOCI])


class FanOut(IsolatedAsyncioTestCase):
    async def seated(self, hub, count, transport="ws"):
        """So many viewers at the hub's position, waiting."""
        seats = [Seat(hub, transport, hub.replica.position) for _ in range(count)]
        for seat in seats:
            await seat.__aenter__()
        waiting = [asyncio.create_task(seat.next()) for seat in seats]
        await asyncio.sleep(0)
        return seats, waiting

    async def test_an_update_is_encoded_once_for_a_thousand_viewers(self):
        start, updates = log()
        hub = Hub(start, [], heartbeat=25)
        encoded = []
        original = frames.encode
        frames.encode = lambda frame: encoded.append(frame) or original(frame)
        self.addCleanup(setattr, frames, "encode", original)
        _, waiting_ws = await self.seated(hub, 500)
        _, waiting_poll = await self.seated(hub, 500, "poll")

        hub.receive("e", updates[0])
        await hub.fan_out()
        sent = await asyncio.gather(*waiting_ws, *waiting_poll)

        self.assertEqual(len(encoded), 1)
        self.assertEqual(len({id(frame) for frame in sent}), 1)
        self.assertIs(sent[0].body, sent[-1].body)

    async def test_the_fast_paths_copy_of_a_frame_is_made_once_too(self):
        hub = Hub(log()[0], [], heartbeat=25)

        self.assertIs(text_frame(hub.heartbeat_frame()), text_frame(hub.heartbeat_frame()))

    async def test_one_connections_trouble_does_not_stop_the_others_update(self):
        class Broken:
            kind = "ws"

            def wake(self):
                raise OSError("gone")

        start, updates = log()
        hub = Hub(start, [], heartbeat=25)
        for _ in range(5):
            hub.add(Broken())
        _, waiting = await self.seated(hub, 20)
        hub.receive("e", updates[0])

        with self.assertLogs("viewers.fanout.hub", "ERROR"):
            await hub.fan_out()

        self.assertEqual(len(await asyncio.gather(*waiting)), 20)

    async def test_others_get_their_turn_during_a_fan_out(self):
        start, updates = log()
        hub = Hub(start, [], heartbeat=25)
        _, waiting = await self.seated(hub, 4 * BATCH)
        turns = 0

        async def ticker():
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        ticking = asyncio.create_task(ticker())
        await asyncio.sleep(0)
        turns = 0
        hub.receive("e", updates[0])
        await hub.fan_out()
        during = turns
        ticking.cancel()
        await asyncio.gather(*waiting)

        self.assertGreaterEqual(during, 4)

    async def test_who_joins_in_the_middle_of_a_fan_out_misses_nothing(self):
        start, updates = log()
        hub = Hub(start, [], heartbeat=25)
        _, waiting = await self.seated(hub, 2 * BATCH)

        hub.receive("e", updates[0])
        fanning = asyncio.create_task(hub.fan_out())
        await asyncio.sleep(0)
        self.assertFalse(fanning.done())
        late = Seat(hub, "ws", Position("e", 0))
        frame = json.loads((late.first()).text)
        await fanning
        await asyncio.gather(*waiting)

        self.assertEqual([update["seq"] for update in frame["updates"]], [1])

    async def test_a_viewer_that_was_away_gets_all_it_lacks_in_one_frame(self):
        start, updates = log()
        hub = Hub(start, [], heartbeat=25)
        for update in updates:
            hub.receive("e", update)

        frame = json.loads(hub.frame_after(Position("e", 2)).text)

        self.assertEqual([update["seq"] for update in frame["updates"]], [3, 4, 5])
        self.assertEqual(frame["seq"], 5)
        self.assertIs(hub.frame_after(Position("e", 2)), hub.frame_after(Position("e", 2)))

    async def test_a_position_it_cannot_serve_gets_the_snapshot(self):
        start, updates = log()
        hub = Hub(start, [], heartbeat=25)
        hub.receive("e", updates[0])

        for since in (None, Position("f", 1), Position("f", 0)):
            frame = json.loads(hub.frame_after(since).text)
            self.assertEqual((frame["t"], frame["seq"]), ("snapshot", 1))
        self.assertIsNone(hub.frame_after(Position("e", 1)))
        self.assertIsNone(hub.frame_after(Position("e", 7)))

    async def test_a_heartbeat_comes_after_the_interval_and_names_the_position(self):
        hub = Hub(log()[0], [], heartbeat=0.01)
        async with Seat(hub, "ws", Position("e", 0)) as seat:
            frame = json.loads((await seat.next()).text)

        self.assertEqual(frame, {"t": "heartbeat", "epoch": "e", "seq": 0})

    async def test_the_last_updates_come_before_the_farewell(self):
        start, _ = log()
        _, updates = fold([parse_change({"kind": "start"}), parse_change({"kind": "end"})])
        hub = Hub(start, [], heartbeat=25)
        async with Seat(hub, "ws", Position("e", 0)) as seat:
            for update in updates:
                hub.receive("e", update)
            frame = json.loads((await seat.next()).text)

            self.assertEqual(frame["seq"], 2)
            self.assertIsNone(await seat.next())
            self.assertEqual(hub.farewell, Close.OVER)

    async def test_a_drain_sends_viewers_away_at_its_pace_and_serves_the_others_meanwhile(self):
        start, updates = log()
        hub = Hub(start, [], heartbeat=25)
        seats = [Seat(hub, "ws", hub.replica.position) for _ in range(4)]
        left = []

        async def viewer(seat):
            async with seat:
                frames = 0
                while await seat.next() is not None:
                    frames += 1
            left.append((seat.farewell, frames))

        viewers = [asyncio.create_task(viewer(seat)) for seat in seats]
        await asyncio.sleep(0)
        draining = asyncio.create_task(hub.dismiss_all(Close.DRAINING, a_second=20))
        while len(left) < 2:
            await asyncio.sleep(0)
        self.assertFalse(draining.done())
        hub.receive("e", updates[0])
        await hub.fan_out()
        await asyncio.gather(draining, *viewers)

        self.assertEqual([code for code, _ in left], [Close.DRAINING] * 4)
        self.assertEqual([frames for _, frames in left], [0, 0, 1, 1])


class AnyMomentOfJoining(IsolatedAsyncioTestCase):
    def test_every_viewer_ends_equal_to_the_hub(self):
        @settings(max_examples=30)
        @given(st.lists(changes(), min_size=1, max_size=8), st.data())
        def check(published, data):
            joins = data.draw(st.lists(st.integers(0, len(published)), min_size=1, max_size=5))
            asyncio.run(self.follow(published, joins))

        check()

    async def follow(self, published, joins):
        start, updates = fold(published)
        hub = Hub(start, [], heartbeat=25)
        done = Position("e", len(updates))
        viewers = []

        async def viewer():
            session = ViewerSession()
            async with Seat(hub, "ws", None) as seat:
                events = session.handle_frame(seat.first().text, 0)
                while session.replica.position != done:
                    events += session.handle_frame((await seat.next()).text, 0)
            self.assertNotIn("gap", [name for name, _ in events])
            self.assertNotIn("seen", [name for name, _ in events])
            return session.replica

        for number in range(len(updates) + 1):
            viewers += [asyncio.create_task(viewer()) for join in joins if join == number]
            if number < len(updates):
                hub.receive("e", updates[number])
                await hub.fan_out()
            if number % 2:
                await asyncio.sleep(0)
        truth = Replica(start)
        for update in updates:
            truth.apply("e", update)
        for replica in await asyncio.wait_for(asyncio.gather(*viewers), 10):
            self.assertEqual(replica.snapshot(), truth.snapshot())
