"""nginx lets polls at one position wait for one response.

POLLS=5000 manage.py test tests.end_to_end.test_collapsing uses 5,000 polls instead of 500, and
prints its measurements.
"""

import asyncio
import json
import os
import re
import time

from tests.support.proxies import NAME, Nginx, ProxyCase
from tests.support.server import LIMIT

POLLS = int(os.environ.get("POLLS", "500"))
CALL = {
    "calls": {"president": {"VT": {"status": "called", "party": "D"}}},
    "story": {"headline": "Vermont"},
}


class PollCrowd:
    """Many polls over connections that stay open, with as little code per poll as possible."""

    def __init__(self, port: int, path: str, count: int) -> None:
        self.request = f"GET {path} HTTP/1.1\r\nHost: {NAME}\r\n\r\n".encode()
        self.port = port
        self.count = count
        self.times: list[float] = []
        self.bodies: list[bytes] = []

    async def open(self) -> None:
        """Connect. Then call `send_polls` and `wait_for_responses`, repeatedly, and `close`."""
        self.streams = []
        for _ in range(self.count):
            self.streams.append(await asyncio.open_connection("127.0.0.1", self.port))

    def send_polls(self) -> None:
        """Send a poll on each connection."""
        self.times, self.bodies = [], []
        for _, writer in self.streams:
            writer.write(self.request)
        self.reading = [
            asyncio.create_task(self.read_response(reader)) for reader, _ in self.streams
        ]

    async def read_response(self, reader: asyncio.StreamReader) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        self.times.append(time.monotonic())
        length = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
        assert length, head
        self.bodies.append(await reader.readexactly(int(length[1])))

    async def wait_for_responses(self) -> None:
        """Wait until each poll has its response."""
        async with asyncio.timeout(2 * LIMIT):
            await asyncio.gather(*self.reading)

    def set_path(self, path: str) -> None:
        self.request = f"GET {path} HTTP/1.1\r\nHost: {NAME}\r\n\r\n".encode()

    def close(self) -> None:
        for task in self.reading:
            task.cancel()
        for _, writer in self.streams:
            writer.transport.abort()


class PollCollapsing(ProxyCase):
    """nginx sends the servers a handful of requests for thousands of polls at one position."""

    heartbeat = "13"  # so the earliest comes after 10.4 s, just after nginx's lock of 10 s ends
    rounds = 3

    def run_through_nginx(self, scenario):
        with Nginx(*self.servers) as proxy:
            result = asyncio.run(scenario(proxy))
            return result, proxy.origin_requests(f"/broadcasts/{self.slug}/updates")

    async def to_thread(self, function, *arguments):
        return await asyncio.get_running_loop().run_in_executor(None, function, *arguments)

    def test_update_reaches_all_polls_within_a_second_with_ten_requests(self):
        epoch = self.position().partition(":")[0]

        async def scenario(proxy):
            crowd = PollCrowd(proxy.port, "", POLLS)
            direct = PollCrowd(self.servers[0].port, "", 1)
            await crowd.open()
            await direct.open()
            delays, waiting = [], []
            for seq in range(1, 1 + self.rounds):
                for polls in (crowd, direct):
                    polls.set_path(self.updates(f"{epoch}:{seq}"))
                    polls.send_polls()
                await asyncio.sleep(1 + POLLS / 2500)  # until all polls are at nginx
                waiting.append(self.polls_waiting() - 1)
                focus = {"view": {"focus": ("OH", "PA")[seq % 2]}}
                await self.to_thread(self.publish, self.servers[1], focus)
                await crowd.wait_for_responses()
                await direct.wait_for_responses()
                delays += [at - direct.times[0] for at in crowd.times]
                self.assertEqual(set(crowd.bodies), set(direct.bodies))
            crowd.close()
            direct.close()
            return delays, waiting

        (delays, waiting), requests = self.run_through_nginx(scenario)

        delays.sort()
        figures = (
            f"{POLLS} polls: {requests / self.rounds:.1f} origin requests per update, at most "
            f"{max(waiting)} waiting there; after the direct poll: median "
            f"{delays[len(delays) // 2]:.3f} s, p99 {delays[len(delays) * 99 // 100]:.3f} s, "
            f"last {delays[-1]:.3f} s"
        )
        if "POLLS" in os.environ:
            print(figures)
        self.assertEqual(len(delays), POLLS * self.rounds)
        self.assertLessEqual(requests, 10 * self.rounds, figures)
        self.assertLess(delays[-1], 1, figures)

    def test_waiting_polls_share_a_heartbeat_after_the_first_viewer_left(self):
        path = self.updates(self.position())

        async def scenario(proxy):
            first, crowd = PollCrowd(proxy.port, path, 1), PollCrowd(proxy.port, path, 50)
            await first.open()
            await crowd.open()
            first.send_polls()
            while await self.to_thread(self.polls_waiting) != 1:
                await asyncio.sleep(0.02)
            crowd.send_polls()
            first.close()
            began = time.monotonic()
            await crowd.wait_for_responses()
            waited, frames = crowd.times[-1] - began, set(crowd.bodies)
            crowd.send_polls()  # the same position: a stored heartbeat must not be the response
            await asyncio.wait(crowd.reading, timeout=1.5)
            at_once = len(crowd.times)
            await self.to_thread(self.publish, self.servers[0], CALL)
            await crowd.wait_for_responses()
            crowd.close()
            return waited, frames, at_once, set(crowd.bodies)

        (waited, frames, at_once, updates), requests = self.run_through_nginx(scenario)

        self.assertEqual([json.loads(frame)["t"] for frame in frames], ["heartbeat"])
        self.assertLess(waited, float(self.heartbeat) * 1.2 + 1)
        self.assertEqual(at_once, 0)
        self.assertEqual([json.loads(frame)["t"] for frame in updates], ["updates"])
        self.assertLessEqual(requests, 6)
