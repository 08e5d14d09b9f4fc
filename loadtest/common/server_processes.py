"""The server's processes as the operating system counts them, if they are on this machine."""

import asyncio
import contextlib
import os
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from loadtest.common.machine import connections

MAX_FILES = "Max open files"  # a line of /proc/PID/limits
LISTENING = "0A"  # <net/tcp_states.h>
IDLE_INTERVAL = 0.1  # seconds between two measurements of CPU time
IDLE_SHARE = 0.05  # of a core: a server that uses less is idle
IDLE_TIMEOUT = 10.0  # seconds after which a busy server is no longer waited for


@dataclass
class Usage:
    """The usage of one server process at one moment."""

    cpu: float  # seconds of user and system time since it started
    memory: int  # bytes resident
    files: int


@dataclass
class ServerProcesses:
    """The processes that listen on the server's port; none if it is on another machine."""

    processes: list[psutil.Process] = field(default_factory=list)

    @classmethod
    def find(cls, port: int) -> "ServerProcesses":
        """Find every process that holds a listening socket on `port`, forked ones too."""
        wanted = {f"socket:[{inode}]" for inode in _listening(port)}
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(OSError):  # it has ended, or belongs to another user
                folder = f"/proc/{process.pid}/fd"
                if any(_link(f"{folder}/{name}") in wanted for name in os.listdir(folder)):
                    found.append(process)
        return cls(found)

    def usage(self) -> dict[int, Usage]:
        """Return the usage by pid, without processes that have ended or whose pid was reused."""
        found = {}
        for process in self.processes:
            with contextlib.suppress(psutil.Error, OSError):
                if process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
                    found[process.pid] = Usage(
                        cpu_time(process.pid), process.memory_info().rss, process.num_fds()
                    )
        return found

    def memory(self) -> int:
        """Return the resident bytes of all processes, without the kernel's socket buffers."""
        return sum(usage.memory for usage in self.usage().values())

    def cpu_time(self) -> float:
        """Return the seconds of CPU, user and system, of all processes."""
        return sum(cpu_time(process.pid) for process in self.processes)

    async def wait_until_idle(self) -> None:
        """Wait until the processes use next to no CPU, or IDLE_TIMEOUT has passed."""
        deadline = time.monotonic() + IDLE_TIMEOUT
        before = self.cpu_time()
        while time.monotonic() < deadline:
            await asyncio.sleep(IDLE_INTERVAL)
            now = self.cpu_time()
            if now - before < IDLE_INTERVAL * IDLE_SHARE:
                return
            before = now

    def free_files(self) -> dict[int, int]:
        """Return by pid how many more files each process may open, where that can be read."""
        found = {}
        for process in self.processes:
            with contextlib.suppress(psutil.Error, OSError, ValueError):
                limits = Path(f"/proc/{process.pid}/limits").read_text().splitlines()
                soft = next(line for line in limits if line.startswith(MAX_FILES)).split()[3]
                found[process.pid] = int(soft) - process.num_fds()
        return found


def cpu_time(pid: int) -> float:
    """Return the seconds of CPU that a process has used, exact to the ns. Raises OSError.

    /proc counts in ticks of 10 ms, so this reads the kernel's clock, whose number is made from the
    pid as in clock_getcpuclockid(3).
    """
    return time.clock_gettime(~pid << 3 | 2)


def _listening(port: int) -> list[str]:
    """Return the inodes of the sockets that listen on `port`."""
    return [
        fields[9]
        for fields in connections()
        if fields[3] == LISTENING and fields[1].endswith(f":{port:04X}")
    ]


def _link(path: str) -> str:
    """Return the target of a symbolic link, or "" if it cannot be read."""
    try:
        return os.readlink(path)
    except OSError:
        return ""
