"""This machine's limits and counts: cores, open files, TCP sockets."""

import contextlib
import os
import resource
from collections.abc import Iterator
from pathlib import Path

import psutil

OWN_FILES = 64  # files that a load generator opens besides its viewers' connections


def cores() -> int:
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0))


def separate_cores() -> tuple[int, int] | None:
    """Return one core for a server and another for the load generator; None if there is only one.

    Two hyperthreads of one core share its units, so they are chosen only if there is no other.
    """
    available = sorted(os.sched_getaffinity(0))
    if len(available) < 2:
        return None
    first = available[0]
    path = Path(f"/sys/devices/system/cpu/cpu{first}/topology/thread_siblings_list")
    siblings = _parse_cores(path.read_text()) if path.exists() else set()
    others = [core for core in available[1:] if core not in siblings]
    return first, (others or available[1:])[0]


def _parse_cores(text: str) -> set[int]:
    """Parse "0,4-5" as {0, 4, 5}."""
    found: set[int] = set()
    for part in text.strip().split(","):
        low, _, high = part.partition("-")
        found |= set(range(int(low), int(high or low) + 1))
    return found


def file_limit() -> int:
    """Return the hard limit of open files per process."""
    return resource.getrlimit(resource.RLIMIT_NOFILE)[1]


def raise_file_limit() -> None:
    """Let this process and its children open as many files as the hard limit allows."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (file_limit(), file_limit()))


def sockets() -> dict[str, int]:
    """Return the TCP sockets "inuse" and "tw" (TIME_WAIT), from /proc/net/sockstat."""
    try:
        lines = Path("/proc/net/sockstat").read_text().splitlines()
    except OSError:
        return {}
    fields = next((line.split() for line in lines if line.startswith("TCP:")), [])
    counts = dict(zip(fields[1::2], fields[2::2], strict=True))
    return {name: int(counts[name]) for name in ("inuse", "tw") if name in counts}


def connections() -> Iterator[list[str]]:
    """Yield the lines of /proc/net/tcp and tcp6 as fields: all TCP sockets of this machine."""
    for name in ("tcp", "tcp6"):
        with contextlib.suppress(OSError), open(f"/proc/net/{name}") as lines:
            next(lines)
            for line in lines:
                yield line.split()


def addresses() -> set[str]:
    """Return the addresses of all network interfaces of this machine."""
    return {one.address for every in psutil.net_if_addrs().values() for one in every}
