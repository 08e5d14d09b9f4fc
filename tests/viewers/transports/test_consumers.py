"""The consumers of plain ASGI, driven by messages as a server sends them."""

import asyncio
import json
from unittest import IsolatedAsyncioTestCase

from channels.layers import InMemoryChannelLayer

from tests.support.changes import fold, parse_change
from tests.support.memory_log import MemoryLog
from viewers.fanout.relay_registry import RelayRegistry
from viewers.transports.longpoll import LongPollViewer
from viewers.transports.websocket import AsgiWebSocketViewer


class ConsumerTests(IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        start, self.updates = fold([parse_change({"view": {"focus": f}}) for f in ("OH", "PA")])
        self.relays = RelayRegistry(MemoryLog(start, []), InMemoryChannelLayer())
        self.addAsyncCleanup(self.relays.stop)
        self.hub = await self.relays.hub("night")
        self.sent = []
        self.has_left = False
        self.writable = asyncio.Event()
        self.writable.set()
        self.unhandled = []
        asyncio.get_running_loop().set_exception_handler(
            lambda loop, context: self.unhandled.append(context)
        )

    def connect(self, consumer, kind):
        """Run a consumer as a server does."""
        scope = {
            "type": kind,
            "method": "GET",
            "query_string": b"",
            "headers": [(b"host", b"127.0.0.1"), (b"origin", b"http://127.0.0.1")],
            "url_route": {"kwargs": {"slug": "night"}},
        }
        self.queue = asyncio.Queue()
        app = consumer.as_asgi(relays=self.relays)
        self.running = asyncio.create_task(app(scope, self.queue.get, self.send))

    async def send(self, message):
        """Send a message as uvicorn does: wait for the buffer, and raise if the viewer has left."""
        await self.writable.wait()
        if self.has_left:
            raise OSError("ClientDisconnected")
        self.sent.append(message)

    async def frames(self, count):
        """Wait for this many frames, and return them."""
        async with asyncio.timeout(5):
            while len(found := [m for m in self.sent if m["type"] == "websocket.send"]) < count:
                await asyncio.sleep(0)
        return [json.loads(message["text"]) for message in found]

    async def publish(self, seq):
        self.hub.apply("e", self.updates[seq - 1])
        await self.hub.fan_out()

    async def leave(self, kind):
        self.queue.put_nowait({"type": f"{kind}.disconnect", "code": 1005})
        await asyncio.wait_for(self.running, 5)
        await asyncio.sleep(0)

    async def test_websocket_that_closes_during_a_send_logs_no_error(self):
        self.connect(AsgiWebSocketViewer, "websocket")
        self.queue.put_nowait({"type": "websocket.connect"})
        await self.frames(1)

        with self.assertNoLogs("viewers"):
            self.has_left = True
            await self.publish(1)
            while self.hub.viewers:
                await asyncio.sleep(0)
            await self.leave("websocket")

        self.assertEqual(self.unhandled, [])

    async def test_poll_that_closes_during_a_send_logs_no_error(self):
        self.has_left = True
        with self.assertNoLogs("viewers"):
            self.connect(LongPollViewer, "http")
            self.queue.put_nowait({"type": "http.request"})
            await asyncio.sleep(0.01)
            await self.leave("http")

        self.assertEqual(self.unhandled, [])

    async def test_full_websocket_that_missed_an_update_gets_the_snapshot(self):
        self.connect(AsgiWebSocketViewer, "websocket")
        self.queue.put_nowait({"type": "websocket.connect"})
        await self.frames(1)
        self.writable.clear()
        for seq in (1, 2):
            await self.publish(seq)
            await asyncio.sleep(0)
        self.assertEqual(self.hub.behind["ws"], 1)

        self.writable.set()
        frames = await self.frames(3)

        self.assertEqual([frame["t"] for frame in frames], ["snapshot", "updates", "snapshot"])
        self.assertEqual([frame["seq"] for frame in frames], [0, 1, 2])

    async def test_full_websocket_that_missed_nothing_gets_nothing_more(self):
        self.connect(AsgiWebSocketViewer, "websocket")
        self.queue.put_nowait({"type": "websocket.connect"})
        await self.frames(1)
        self.writable.clear()
        await self.publish(1)

        self.writable.set()
        await self.frames(2)
        await self.publish(2)
        frames = await self.frames(3)

        self.assertEqual([frame["t"] for frame in frames], ["snapshot", "updates", "updates"])
