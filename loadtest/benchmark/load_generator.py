"""The benchmark's load generator. `python -m loadtest.benchmark.load_generator`.

A separate process, on a core that no server runs on. It receives orders on stdin and answers on
stdout (see messages.py): first which viewers to connect, then for each message what to expect.
"""

import asyncio
import gc
import time
from array import array
from collections import Counter

import uvloop

from loadtest.benchmark.messages import ORDERS, Connect, Connected, Listen, Listening, Receipts
from loadtest.benchmark.viewers import KINDS, BenchmarkViewer
from loadtest.common.failures import Failure
from loadtest.common.machine import raise_file_limit
from loadtest.common.processes import ParentPipe

AT_ONCE = 100  # viewers that may be connecting: fewer than any server's backlog
TURN = 0.002  # seconds between two checks of how many viewers are due
NO_MARKER = b"\0no message\0"


class LoadGenerator:
    """All viewers of one server."""

    def __init__(self, pipe: ParentPipe) -> None:
        self.marker = NO_MARKER
        self._pipe = pipe
        self._connected: set[BenchmarkViewer] = set()
        self._lost: dict[BenchmarkViewer, Failure] = {}
        self._opening: set[asyncio.Task[None]] = set()
        self._times = array("q")
        self._cpu = 0.0
        self._limit: asyncio.TimerHandle | None = None

    async def connect(self, order: Connect) -> None:
        """Connect the viewers, at most AT_ONCE at a time."""
        began = time.monotonic()
        begun = 0
        while (arrived := len(self._connected) + len(self._lost)) < order.viewers:
            due = min(int((time.monotonic() - began) * order.rate), order.viewers)
            for _ in range(min(due - begun, AT_ONCE - (begun - arrived))):
                begun += 1
                viewer = KINDS[order.kind](self)
                task = asyncio.create_task(viewer.open(order.target, order.path))
                self._opening.add(task)
                task.add_done_callback(self._opening.discard)
            await asyncio.sleep(TURN)
        gc.collect()
        gc.freeze()
        gc.disable()  # existing objects stay, and garbage collection pauses would be measured
        self._pipe.send(Connected(len(self._connected), self._losses()))

    def listen(self, order: Listen) -> None:
        """Record when each viewer receives the message with the marker."""
        self.marker = order.marker.encode()
        self._times = array("q")
        self._cpu = time.process_time()
        self._limit = asyncio.get_running_loop().call_later(order.limit, self._finish)
        self._pipe.send(Listening())

    def connected(self, viewer: BenchmarkViewer) -> None:
        """Count a viewer that is ready to receive messages."""
        self._connected.add(viewer)

    def received(self) -> None:
        """Record a receipt of the present message."""
        self._times.append(time.monotonic_ns())
        self._finish_if_complete()

    def lost(self, viewer: BenchmarkViewer, why: Failure) -> None:
        """Record a viewer that could not connect, or was lost; the others are still awaited."""
        self._connected.discard(viewer)
        self._lost.setdefault(viewer, why)
        self._finish_if_complete()

    def _losses(self) -> dict[str, int]:
        return dict(Counter(map(str, self._lost.values())))

    def _finish_if_complete(self) -> None:
        if len(self._times) >= len(self._connected):
            self._finish()

    def _finish(self) -> None:
        if self._limit is None:
            return
        self._limit.cancel()
        self._limit = None
        cpu = time.process_time() - self._cpu
        self._pipe.send(Receipts(self._times.tobytes(), cpu, self._losses()))


async def generate(pipe: ParentPipe) -> None:
    """Follow the benchmark's orders until it closes the pipe."""
    generator = LoadGenerator(pipe)
    async for order in pipe.messages(ORDERS):
        match order:
            case Connect():
                await generator.connect(order)
            case Listen():
                generator.listen(order)


def main() -> None:
    """Run a load generator until its parent closes the pipe."""
    raise_file_limit()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(generate(ParentPipe()))


if __name__ == "__main__":
    main()
