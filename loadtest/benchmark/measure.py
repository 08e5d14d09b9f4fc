"""Measures one server with one kind of viewers. `manage.py benchmark` does this for each.

One message is under way at a time. CPU is what the kernel counted for the server's processes, from
before publishing until they are idle again, so that the polls that come back are included.
"""

import asyncio
from array import array
from dataclasses import asdict
from time import monotonic_ns
from typing import TypeVar

from loadtest.benchmark.messages import ANSWERS, Connect, Connected, Listen, Listening, Receipts
from loadtest.benchmark.results import (
    PAYLOAD,
    BenchmarkOptions,
    MessageResult,
    PeerResult,
    medians,
)
from loadtest.common.processes import ChildProcess
from loadtest.common.server_processes import ServerProcesses
from loadtest.peers import Peer, PeerFailed

GENERATOR = "loadtest.benchmark.load_generator"
RATE = 500.0  # new viewers a second; a slower server sets its own pace
LIMIT = 120.0  # seconds for one message to reach everyone
WARM_UP = 1  # messages before those that count: for compilers, caches, first pages

Answer = TypeVar("Answer", Connected, Listening, Receipts)


async def measure(peer: Peer, options: BenchmarkOptions) -> PeerResult:
    """Start a server, connect its viewers, send the messages, stop it. Raises as `Peer.start`."""
    child = None
    try:
        server = await peer.start()
        child = await ChildProcess.start(GENERATOR)
        return await Measurement(peer, server, child, options).run()
    finally:
        if child is not None:
            await child.stop()  # first, so that the server has no connections to close
        await asyncio.to_thread(peer.stop)


class Measurement:
    """A running server, and the load generator's process."""

    def __init__(
        self, peer: Peer, server: ServerProcesses, child: ChildProcess, options: BenchmarkOptions
    ) -> None:
        self.peer = peer
        self.server = server
        self.options = options
        self._child = child
        self._answers = child.messages(ANSWERS)
        self._lost: dict[str, int] = {}

    async def run(self) -> PeerResult:
        """Measure. Raises `PeerFailed`."""
        await self.server.wait_until_idle()
        memory, cpu = self.server.memory(), self.server.cpu_time()
        connected = await self._connect()
        await self.server.wait_until_idle()
        viewers = connected.viewers
        if viewers == 0:
            raise PeerFailed(f"no viewer could connect: {connected.lost}")
        connect = (self.server.cpu_time() - cpu) / viewers * 1e6
        memory = (self.server.memory() - memory) // viewers
        messages = []
        for number in range(WARM_UP + self.options.messages):
            messages.append(await self._send(number))
            await asyncio.sleep(self.options.interval)
        found = medians(messages[WARM_UP:], self.options.viewers)
        return PeerResult(
            name=self.peer.name,
            title=self.peer.title,
            transport=self.peer.transport,
            viewers=viewers,
            **asdict(found),
            memory=memory / 1024,
            connect=connect,
            lost=self._lost,
        )

    async def _connect(self) -> Connected:
        kind, path = self.peer.viewers[self.peer.transport]
        self._child.send(Connect(kind, path, self.peer.target, self.options.viewers, RATE))
        return await self._answer(Connected)

    async def _send(self, number: int) -> MessageResult:
        marker = f"message-{number}."
        self._child.send(Listen(marker, LIMIT))
        await self._answer(Listening)
        cpu, began = self.server.cpu_time(), monotonic_ns()
        await self.peer.publish(marker.ljust(PAYLOAD, "x"))
        receipts = await self._answer(Receipts)
        await self.server.wait_until_idle()
        self._lost = receipts.lost
        times = array("q")
        times.frombytes(receipts.times)
        delays = sorted((at - began) / 1e6 for at in times)
        lasted = delays[-1] / 1e3 if delays else LIMIT
        return MessageResult(delays, self.server.cpu_time() - cpu, receipts.cpu / lasted)

    async def _answer(self, kind: type[Answer]) -> Answer:
        """Return the load generator's next answer, which must be of this kind."""
        try:
            answer = await anext(self._answers)
        except StopAsyncIteration:
            raise PeerFailed("the load generator ended") from None
        assert isinstance(answer, kind)
        return answer
