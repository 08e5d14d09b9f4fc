"""What the benchmark asks of the operating system: cores, CPU, memory."""

import asyncio
import os
import time
from pathlib import Path

from loadtest.common.server import Server

SLICE, IDLE = 0.1, 0.05  # seconds; the share of it that a server at rest uses at most
UNREST = 10.0  # seconds after which it is taken as it is


def used(server: Server) -> float:
    """Seconds of CPU, user and system, of all its threads: the kernel's clock, to the ns.

    clock_getcpuclockid(3) makes the clock's number so. /proc counts in ticks of 10 ms.
    """
    return sum(time.clock_gettime(~process.pid << 3 | 2) for process in server.processes)


def resident(server: Server) -> int:
    """Bytes resident. What the kernel holds for sockets is not in it."""
    return sum(usage.memory for usage in server.usage().values())


async def at_rest(server: Server) -> None:
    """Wait until the server has nothing more to do."""
    deadline = time.monotonic() + UNREST
    before = used(server)
    while time.monotonic() < deadline:
        await asyncio.sleep(SLICE)
        now = used(server)
        if now - before < SLICE * IDLE:
            return
        before = now


def cores() -> tuple[int, int] | None:
    """A core for servers and one for the generator; None if there is only one.

    Not two threads of one core, where there is another: they would share its units.
    """
    every = sorted(os.sched_getaffinity(0))
    if len(every) < 2:
        return None
    path = Path(f"/sys/devices/system/cpu/cpu{every[0]}/topology/thread_siblings_list")
    siblings = _numbers(path.read_text()) if path.exists() else set()
    others = [core for core in every[1:] if core not in siblings]
    return every[0], (others or every[1:])[0]


def _numbers(text: str) -> set[int]:
    """ "0,4-5" as {0, 4, 5}."""
    found: set[int] = set()
    for part in text.strip().split(","):
        low, _, high = part.partition("-")
        found |= set(range(int(low), int(high or low) + 1))
    return found
