"""The connections that all polls of a simulator share."""

import asyncio
from unittest import IsolatedAsyncioTestCase

from loadtest.common.target import Target
from loadtest.swarm.client_pool import ClientPool
from tests.support.server import LIMIT


class Poll:
    """One poll over the pool. Its `events` are what the pool reported."""

    def __init__(self, pool, path):
        self.events = []
        self.answer = asyncio.get_running_loop().create_future()
        pool.request(self, path)

    def sent(self):
        self.events.append("sent")

    def opened(self):
        raise AssertionError("the pool opens connections")

    def answered(self, response):
        self.answer.set_result(response.body)

    def closed(self, why, code=None):
        self.answer.set_result(str(why))


class Pool(IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.parked = {}  # writers by path: polls that the server has not answered
        self.arrived = asyncio.Event()
        self.waits = []
        server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        self.addAsyncCleanup(server.wait_closed)
        self.addCleanup(server.close)
        port = server.sockets[0].getsockname()[1]
        target = Target(f"http://127.0.0.1:{port}", "127.0.0.1", "127.0.0.1", port)
        self.pool = ClientPool(target, 2, self.waits.append)

    async def serve(self, reader, writer):
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                self.parked[head.split()[1].decode()] = writer
                self.arrived.set()
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            writer.close()

    async def parks(self, *paths):
        """Wait until the server holds exactly these polls."""
        async with asyncio.timeout(LIMIT):
            while set(self.parked) != set(paths):
                self.arrived.clear()
                await self.arrived.wait()

    async def answer(self, poll, path):
        writer = self.parked.pop(path)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        async with asyncio.timeout(LIMIT):
            self.assertEqual(await poll.answer, b"ok")

    async def test_third_poll_waits_until_one_of_two_is_answered(self):
        polls = {path: Poll(self.pool, path) for path in ("/1", "/2", "/3", "/4")}
        await self.parks("/1", "/2")
        self.assertEqual(self.pool.queued, 2)
        self.assertEqual([poll.events for poll in polls.values()], [["sent"], ["sent"], [], []])

        await self.answer(polls["/2"], "/2")
        await self.parks("/1", "/3")

        self.assertEqual(self.pool.queued, 1)
        self.assertEqual(len(self.waits), 3)
        self.assertLess(self.waits[0], self.waits[2])

    async def test_cancelled_poll_leaves_its_place(self):
        polls = {path: Poll(self.pool, path) for path in ("/1", "/2", "/3", "/4")}
        await self.parks("/1", "/2")
        self.pool.cancel(polls["/3"])
        self.pool.cancel(polls["/1"])
        del self.parked["/1"]
        await self.parks("/2", "/4")
        self.assertFalse(polls["/1"].answer.done() or polls["/3"].answer.done())

    async def test_closed_connection_is_reported_and_opened_again(self):
        polls = {path: Poll(self.pool, path) for path in ("/1", "/2", "/3")}
        await self.parks("/1", "/2")
        self.parked.pop("/1").close()
        async with asyncio.timeout(LIMIT):
            self.assertEqual(await polls["/1"].answer, "server: closed without a code")
        await self.parks("/2", "/3")
