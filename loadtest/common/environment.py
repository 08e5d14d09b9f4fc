"""Where and with which code something was measured."""

import os
import platform
import socket
import subprocess
from pathlib import Path

from msgspec import Struct

from loadtest.common.processes import ROOT

GIT_TIMEOUT = 5.0  # seconds


class Environment(Struct, frozen=True):
    """The machine and the code of a measurement."""

    host: str = ""
    system: str = ""  # the kernel's name and release
    cores: int = 0
    python: str = ""
    version: str = ""  # of this project
    commit: str = ""  # "" outside a repository; ends in -dirty if files are changed
    processor: str = ""  # its model, or else its architecture
    memory: int = 0  # bytes

    @property
    def machine(self) -> str:
        """The machine in one line."""
        parts = [self.processor, f"{self.cores} cores"]
        if self.memory:
            parts.append(f"{self.memory / 2**30:.0f} GiB")
        system = self.system.partition("-")[0]  # without the distribution's part of the release
        return f"{', '.join(filter(None, parts))} · {system}, Python {self.python}"


def describe(version: str = "") -> Environment:
    """Return this machine and this code."""
    return Environment(
        host=socket.gethostname(),
        system=f"{platform.system()} {platform.release()}",
        cores=len(os.sched_getaffinity(0)),
        python=platform.python_version(),
        version=version,
        commit=_commit(),
        processor=_processor(),
        memory=os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"),
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def _commit() -> str:
    command = ["git", "describe", "--always", "--dirty", "--exclude=*"]
    try:
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, timeout=GIT_TIMEOUT, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()
