"""One server and one kind of viewers, measured. `manage.py benchmark` does this for each.

One message is under way at a time. CPU is what the kernel counted for the server's processes,
from before publishing until they are at rest again, so that polls that come back are in it.
"""

import asyncio
import math
import statistics
import time
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from loadtest.benchmark.machine import at_rest, resident, used
from loadtest.common.pipes import Child, Message
from loadtest.common.server import Server
from loadtest.peers import Broken, Peer

GENERATOR = "loadtest.benchmark.audience"
RATE = 500.0  # new viewers a second; a server that takes them more slowly sets its own pace
LIMIT = 120.0  # seconds for one message to reach everyone
WARMING = 1  # messages before those that count: for compilers, caches, first pages
PAYLOAD = 100  # bytes of a message, around which each server has its own wrapping
BUSY = 0.9  # of its core: a generator above that measures itself


@dataclass(frozen=True, slots=True)
class Options:
    """What is the same for all servers. `interval`: seconds between two messages."""

    viewers: int = 5000
    messages: int = 5
    interval: float = 1.0


@dataclass(frozen=True, slots=True)
class Heard:
    """One message: delays since publishing in ms, in order; the server's CPU in seconds."""

    delays: Sequence[float]
    cpu: float
    generator: float  # share of its core that the generator used until the last delivery


@dataclass(slots=True)
class Result:
    """What one server took: medians over the messages. Delays in ms, None if not all arrived."""

    name: str
    title: str
    transport: str
    viewers: int  # that came
    delivered: float  # share of what should have been
    cpu: float | None  # µs per delivery
    first: float | None
    p50: float | None
    p99: float | None
    last: float | None
    memory: float  # KiB per viewer
    connect: float  # µs of CPU per viewer
    generator: float  # share of its core
    lost: dict[str, int] = field(default_factory=dict)  # viewers, by what is to blame

    @property
    def timely(self) -> bool:
        """Whether the delays are the server's: the generator had time to spare."""
        return self.generator <= BUSY


async def measure(peer: Peer, options: Options) -> Result:
    """Start a server, seat its viewers, send the messages, stop it. Raises as `Peer.start`."""
    child = None
    try:
        server = await peer.start()
        child = await Child.start(GENERATOR)
        return await Measurement(peer, server, child, options).make()
    finally:
        if child is not None:
            await child.stop()  # first: so the server has nobody left to say goodbye to
        await asyncio.to_thread(peer.stop)


class Measurement:
    """A running server, and the load generator's child process."""

    def __init__(self, peer: Peer, server: Server, child: Child, options: Options) -> None:
        self.peer = peer
        self.server = server
        self.options = options
        self._child = child
        self._messages = child.messages()

    async def make(self) -> Result:
        """The measurement. Raises `Broken`."""
        await at_rest(self.server)
        memory, cpu = resident(self.server), used(self.server)
        seated = await self._gather()
        viewers = seated["viewers"]
        await at_rest(self.server)
        if viewers == 0:
            raise Broken(f"no viewer came: {seated['lost']}")
        connect = (used(self.server) - cpu) / viewers * 1e6
        memory = (resident(self.server) - memory) // viewers
        heard = []
        for number in range(WARMING + self.options.messages):
            heard.append(await self._send(number))
            await asyncio.sleep(self.options.interval)
        peer, lost = self.peer, self._lost
        return Result(
            peer.name,
            peer.title,
            peer.transport,
            viewers,
            **summary(heard[WARMING:], self.options.viewers),
            memory=memory / 1024,
            connect=connect,
            lost=lost,
        )

    async def _gather(self) -> Message:
        speak, path = self.peer.viewers[self.peer.transport]
        self._child.tell(
            t="gather",
            speak=speak,
            path=path,
            target=asdict(self.peer.target),
            viewers=self.options.viewers,
            rate=RATE,
        )
        return await self._answer()

    async def _send(self, number: int) -> Heard:
        marker = f"message-{number}."
        self._child.tell(t="listen", marker=marker, limit=LIMIT)
        await self._answer()
        cpu, began = used(self.server), time.monotonic_ns()
        await self.peer.publish(marker.ljust(PAYLOAD, "x"))
        heard = await self._answer()
        await at_rest(self.server)
        self._lost = heard["lost"]
        times = array("q")
        times.frombytes(heard["times"])
        delays = sorted((at - began) / 1e6 for at in times)
        lasted = delays[-1] / 1e3 if delays else LIMIT
        return Heard(delays, used(self.server) - cpu, heard["cpu"] / lasted)

    async def _answer(self) -> Message:
        try:
            return await anext(self._messages)
        except StopAsyncIteration:
            raise Broken("the load generator ended") from None


def summary(heard: Sequence[Heard], viewers: int) -> dict[str, Any]:
    """The medians over messages; `viewers` are those who should have heard each. Pure."""

    def median(values: Iterable[float | None]) -> float | None:
        found = statistics.median(math.inf if value is None else value for value in values)
        return None if math.isinf(found) else found

    delivered = sum(len(one.delays) for one in heard)
    return {
        "delivered": delivered / (viewers * len(heard)),
        "cpu": median(one.cpu / len(one.delays) * 1e6 if one.delays else None for one in heard),
        "first": median(quantile(one.delays, 0, viewers) for one in heard),
        "p50": median(quantile(one.delays, 0.5, viewers) for one in heard),
        "p99": median(quantile(one.delays, 0.99, viewers) for one in heard),
        "last": median(quantile(one.delays, 1, viewers) for one in heard),
        "generator": median(one.generator for one in heard),
    }


def quantile(delays: Sequence[float], q: float, expected: int) -> float | None:
    """The delay within which a share `q` of the `expected` was reached; None if it was not."""
    index = max(math.ceil(q * expected), 1) - 1
    return delays[index] if index < len(delays) else None
