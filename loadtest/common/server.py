"""The server's processes as the operating system sees them, where it is on this machine."""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil

LIMITS = "Max open files"
LISTENING = "0A"  # <net/tcp_states.h>


@dataclass
class Usage:
    """What one server process uses at one moment."""

    cpu: float  # seconds of user and system time since it started
    memory: int  # bytes resident
    files: int


@dataclass
class Server:
    """The processes that listen on the server's port; none if it is elsewhere."""

    processes: list[psutil.Process] = field(default_factory=list)

    @classmethod
    def find(cls, port: int) -> "Server":
        """Every process that holds a listening socket on `port`, forked ones too."""
        wanted = {f"socket:[{inode}]" for inode in _listening(port)}
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(OSError):  # it ended, or it is not ours to look into
                folder = f"/proc/{process.pid}/fd"
                if any(_link(f"{folder}/{name}") in wanted for name in os.listdir(folder)):
                    found.append(process)
        return cls(found)

    def usage(self) -> dict[int, Usage]:
        """By pid. A process that is gone, or that started anew under its pid, is left out."""
        found = {}
        for process in self.processes:
            with contextlib.suppress(psutil.Error):
                if process.is_running():
                    times = process.cpu_times()
                    found[process.pid] = Usage(
                        times.user + times.system, process.memory_info().rss, process.num_fds()
                    )
        return found

    def room(self) -> dict[int, int]:
        """By pid: how many more files each process may open, where that can be read."""
        found = {}
        for process in self.processes:
            with contextlib.suppress(psutil.Error, OSError, ValueError):
                limits = Path(f"/proc/{process.pid}/limits").read_text().splitlines()
                soft = next(line for line in limits if line.startswith(LIMITS)).split()[3]
                found[process.pid] = int(soft) - process.num_fds()
        return found


def sockets() -> dict[str, int]:
    """TCP sockets of this machine: "inuse" and "tw" (TIME_WAIT), from /proc/net/sockstat."""
    try:
        lines = Path("/proc/net/sockstat").read_text().splitlines()
    except OSError:
        return {}
    words = next((line.split() for line in lines if line.startswith("TCP:")), [])
    counts = dict(zip(words[1::2], words[2::2], strict=True))
    return {name: int(counts[name]) for name in ("inuse", "tw") if name in counts}


def cores() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0))


def connections() -> Iterator[list[str]]:
    """The lines of /proc/net/tcp and tcp6 as words: all TCP sockets of this machine."""
    for name in ("tcp", "tcp6"):
        with contextlib.suppress(OSError), open(f"/proc/net/{name}") as lines:
            next(lines)
            for line in lines:
                yield line.split()


def _listening(port: int) -> list[str]:
    """The inodes of the sockets that listen on `port`."""
    return [
        words[9]
        for words in connections()
        if words[3] == LISTENING and words[1].endswith(f":{port:04X}")
    ]


def _link(path: str) -> str:
    try:
        return os.readlink(path)
    except OSError:
        return ""
