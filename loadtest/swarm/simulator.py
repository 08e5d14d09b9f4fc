"""One simulator: a process that holds its share of the viewers.

`python -m loadtest.swarm.simulator` starts one.
It is told its plan on stdin, then to ramp, then for its tally, and answers on stdout. No
Django here: a simulator is a bare interpreter, cheap enough to run twenty of.
"""

import asyncio
import gc
import math
import resource
import threading
import time
from array import array
from collections import Counter, defaultdict
from typing import Any

import uvloop

from broadcaster.domain.stream import Snapshot
from loadtest.common.failures import Blame
from loadtest.common.pipes import Message, Outgoing, incoming
from loadtest.common.plan import Plan
from loadtest.swarm.tally import MessageTally, Tally
from loadtest.swarm.viewer import VIEWERS, SimulatedViewer
from viewers.protocol import frames

REPORT = 0.5  # seconds between two reports, and between two looks at the viewers' deadlines
TICK = 0.01  # seconds between two looks at the event loop's lag


class Simulator:
    """The viewers of one process, and what they share."""

    def __init__(self, plan: Plan, number: int, slug: str, heartbeat: float) -> None:
        self.target = plan.target
        self.path = f"/broadcasts/{slug}"
        self.reopen = plan.poll_reopen
        self.heartbeat = heartbeat
        self.tally = Tally(requested=plan.sizes[number])
        self.present: Counter[str] = Counter()  # viewers that watch now, by transport
        self.blames: dict[SimulatedViewer, Blame] = {}  # of viewers that never connected
        self._receipts: dict[str, dict[int, array[int]]] = {
            transport: defaultdict(lambda: array("q")) for transport in VIEWERS
        }
        self._reported: dict[int, int] = {}
        self.lag = LagMeter()
        self.viewers = [VIEWERS[seat.transport](self, seat) for seat in plan.seats(number)]

    def receipts(self, transport: str) -> dict[int, "array[int]"]:
        """The receipts of all viewers on one transport, which they fill."""
        return self._receipts[transport]

    def watching(self, viewer: SimulatedViewer, now: float) -> None:
        """A viewer got its first frame, or its first after a loss."""
        self.present[viewer.seat.transport] += 1
        if not viewer.arrived:
            viewer.arrived = True
            self.blames.pop(viewer, None)
            self.tally.connected += 1
            if viewer.began is not None:
                self.tally.connecting.record_value(max(int((now - viewer.began) * 1e6), 1))
            phase = math.tau * now / self.heartbeat
            x, y = self.tally.heart
            self.tally.heart = x + math.cos(phase), y + math.sin(phase)

    def lost(self, viewer: SimulatedViewer, why: Blame) -> None:
        """A viewer's connection failed, or broke."""
        if viewer.watching:
            self.present[viewer.seat.transport] -= 1
            self.tally.losses[str(why)] += 1
        else:
            self.tally.failures[str(why)] += 1
            if not viewer.arrived:
                self.blames[viewer] = why

    def noted(self, event: str) -> None:
        """Something that should not happen in a good run, or the farewell."""
        self.tally.events[event] += 1

    async def ramp(self, start: int, seconds: float) -> None:
        """Let viewers arrive, from `start` (ns) on and over `seconds`."""
        for viewer in self.viewers:
            due = start / 1e9 + viewer.seat.arrival * seconds
            wait = due - time.monotonic()
            if wait > 0.001:
                await asyncio.sleep(wait)
            viewer.begin()

    async def look_after(self, out: Outgoing) -> None:
        """Give up on silent connections, and report."""
        while True:
            await asyncio.sleep(REPORT)
            now = time.monotonic()
            for viewer in self.viewers:
                viewer.check(now)
            out.tell(t="progress", **self.progress())

    def progress(self) -> dict[str, Any]:
        """Counts, and for each message that moved since: deliveries, and when they came."""
        messages = {}
        for seq in {seq for by_seq in self._receipts.values() for seq in by_seq}:
            times = [by_seq[seq] for by_seq in self._receipts.values() if seq in by_seq]
            count = sum(map(len, times))
            if self._reported.get(seq) != count:
                self._reported[seq] = count
                every = sorted(at for one in times for at in one)
                marks = [every[int(q * (count - 1))] for q in (0, 0.5, 0.95, 1)]
                messages[seq] = [count, *marks]
        return {
            "at": time.monotonic_ns(),
            "ws": self.present["ws"],
            "poll": self.present["poll"],
            "connected": self.tally.connected,
            "failures": dict(self.tally.failures),
            "losses": dict(self.tally.losses),
            "farewells": self.tally.events["farewell"],
            "messages": messages,
            "cpu": time.process_time(),
            "lag": self.lag.worst(),
        }

    def settle(self) -> None:
        """No pauses from here on: what exists now stays, and updates make no cycles."""
        gc.collect()
        gc.freeze()
        gc.disable()

    def count(self, intended: dict[int, int], snapshot: bytes) -> Tally:
        """The tally: `intended` has the send times (ns) by seq, `snapshot` the server's map."""
        tally = self.tally
        joined = Counter(viewer.joined for viewer in self.viewers if viewer.joined is not None)
        for seq, at in intended.items():
            expected = sum(count for since, count in joined.items() if since < seq)
            receipts = {
                transport: by_seq[seq]
                for transport, by_seq in self._receipts.items()
                if seq in by_seq
            }
            tally.messages[seq] = MessageTally.fold(receipts, at, expected)
        tally.watching = self.present.total()
        tally.unconnected = Counter(str(why) for why in self.blames.values())
        if snapshot:
            found = frames.decode_snapshot(snapshot).snapshot
            tally.converged = sum(_agrees(viewer, found) for viewer in self.viewers)
        if intended:
            self.lag.fold(tally.lag, min(intended.values()))
        return tally


class LagMeter:
    """How late timers are: the delay that a busy event loop adds to whatever it measures."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._start = self._due = time.monotonic()
        self._lags: array[float] = array("d")  # seconds, one each TICK
        self._worst = 0.0
        self._tick()

    def worst(self) -> float:
        """Seconds; the worst since this was last asked."""
        worst, self._worst = self._worst, 0.0
        return worst

    def fold(self, lag: Any, since: int) -> None:
        """Record the lags since `since` (ns) in a histogram of µs."""
        first = max(int((since / 1e9 - self._start) / TICK), 0)
        for µs, count in Counter(int(late * 1e6) for late in self._lags[first:]).items():
            lag.record_value(max(µs, 1), count)

    def _tick(self) -> None:
        # Every tick that a stall swallowed counts, else long stalls would look rare.
        now = time.monotonic()
        while self._due <= now:
            self._lags.append(now - self._due)
            self._worst = max(self._worst, now - self._due)
            self._due += TICK
        self._loop.call_later(self._due - now, self._tick)


def _agrees(viewer: SimulatedViewer, snapshot: Snapshot | None) -> bool:
    replica = viewer.session.replica
    return (
        replica is not None
        and snapshot is not None
        and replica.position == snapshot.position
        and replica.state == snapshot.state
    )


async def simulate(first: Message, out: Outgoing) -> None:
    """Do as told until the swarm hangs up."""
    loop = asyncio.get_running_loop()
    inbox: asyncio.Queue[Message | None] = asyncio.Queue()

    def complain(_: object, context: dict[str, Any]) -> None:
        loop.set_exception_handler(None)  # one is enough to doubt the run
        loop.default_exception_handler(context)
        out.tell(t="broken", error=str(context.get("exception") or context["message"]))

    def listen() -> None:
        for message in incoming():
            loop.call_soon_threadsafe(inbox.put_nowait, message)
        loop.call_soon_threadsafe(inbox.put_nowait, None)

    loop.set_exception_handler(complain)
    plan = Plan.from_dict(first["plan"])
    simulator = Simulator(plan, first["number"], first["slug"], first["heartbeat"])
    threading.Thread(target=listen, daemon=True).start()
    out.tell(t="ready")
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(simulator.look_after(out))]
        while message := await inbox.get():
            if message["t"] == "ramp":
                ramp = simulator.ramp(message["at"], message["seconds"])
                tasks.append(group.create_task(ramp))
            elif message["t"] == "settle":
                simulator.settle()
            elif message["t"] == "count":
                tally = simulator.count(message["intended"], message["snapshot"])
                out.tell(t="tally", tally=tally.to_wire())
        for task in tasks:
            task.cancel()


def main() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    out = Outgoing()
    first = next(incoming())
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(simulate(first, out))


if __name__ == "__main__":
    main()
