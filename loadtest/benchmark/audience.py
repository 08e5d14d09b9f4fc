"""The benchmark's load generator. `python -m loadtest.benchmark.audience`.

A process of its own, on a core that no server is on. It is told what to do on stdin, and
answers on stdout: first whom to gather, then for each message what to listen for.
"""

import asyncio
import gc
import resource
import threading
import time
from array import array
from collections import Counter

import uvloop

from loadtest.benchmark.viewers import SPEAK, Poll, Socket
from loadtest.common.failures import Blame
from loadtest.common.pipes import Message, Outgoing, incoming
from loadtest.common.plan import Target

AT_ONCE = 100  # viewers that may be on their way in: less than any server's backlog
TURN = 0.002  # seconds between two looks at who is due
NOTHING = b"\0no message\0"


class Audience:
    """All viewers of one server."""

    def __init__(self, out: Outgoing) -> None:
        self.marker = NOTHING
        self._out = out
        self._seated: set[Socket | Poll] = set()
        self._lost: dict[Socket | Poll, Blame] = {}
        self._opening: set[asyncio.Task[None]] = set()
        self._times = array("q")
        self._cpu = 0.0
        self._limit: asyncio.TimerHandle | None = None

    async def gather(
        self, speak: str, path: str, target: Target, viewers: int, rate: float
    ) -> None:
        """Seat `viewers`, at most `rate` a second and `AT_ONCE` at a time."""
        began = time.monotonic()
        begun = 0
        while (arrived := len(self._seated) + len(self._lost)) < viewers:
            due = min(int((time.monotonic() - began) * rate), viewers)
            for _ in range(min(due - begun, AT_ONCE - (begun - arrived))):
                begun += 1
                task = asyncio.create_task(SPEAK[speak](self).open(target, path))
                self._opening.add(task)
                task.add_done_callback(self._opening.discard)
            await asyncio.sleep(TURN)
        gc.collect()
        gc.freeze()
        gc.disable()  # what exists stays; no pauses from here on
        self._out.tell(t="seated", viewers=len(self._seated), lost=self.losses())

    def listen(self, marker: str, limit: float) -> None:
        """Note when each viewer gets the message with `marker`, for `limit` seconds at most."""
        self.marker = marker.encode()
        self._times = array("q")
        self._cpu = time.process_time()
        self._limit = asyncio.get_running_loop().call_later(limit, self._finish)
        self._out.tell(t="listening")

    def losses(self) -> dict[str, int]:
        """How many viewers could not come or are gone, by what is to blame."""
        return dict(Counter(map(str, self._lost.values())))

    def seated(self, viewer: Socket | Poll) -> None:
        self._seated.add(viewer)

    def heard(self) -> None:
        self._times.append(time.monotonic_ns())
        self._finish_if_complete()

    def lost(self, viewer: Socket | Poll, why: Blame) -> None:
        """A viewer could not come, or is gone; those that remain are waited for."""
        self._seated.discard(viewer)
        self._lost.setdefault(viewer, why)
        self._finish_if_complete()

    def _finish_if_complete(self) -> None:
        if len(self._times) >= len(self._seated):
            self._finish()

    def _finish(self) -> None:
        if self._limit is None:
            return
        self._limit.cancel()
        self._limit = None
        cpu = time.process_time() - self._cpu
        self._out.tell(t="heard", times=self._times.tobytes(), cpu=cpu, lost=self.losses())


async def attend(out: Outgoing) -> None:
    """Do as told until the benchmark hangs up."""
    loop = asyncio.get_running_loop()
    inbox: asyncio.Queue[Message | None] = asyncio.Queue()

    def receive() -> None:
        for message in incoming():
            loop.call_soon_threadsafe(inbox.put_nowait, message)
        loop.call_soon_threadsafe(inbox.put_nowait, None)

    threading.Thread(target=receive, daemon=True).start()
    audience = Audience(out)
    while message := await inbox.get():
        kind = message.pop("t")
        if kind == "gather":
            target = Target(**message.pop("target"))
            await audience.gather(target=target, **message)
        elif kind == "listen":
            audience.listen(**message)


def main() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    out = Outgoing()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(attend(out))


if __name__ == "__main__":
    main()
