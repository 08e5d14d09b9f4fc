"""Where and with which code something was measured."""

import os
import platform
import socket
import subprocess

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


def describe(version: str) -> Environment:
    """Return this machine and this code."""
    return Environment(
        host=socket.gethostname(),
        system=f"{platform.system()} {platform.release()}",
        cores=len(os.sched_getaffinity(0)),
        python=platform.python_version(),
        version=version,
        commit=_commit(),
    )


def _commit() -> str:
    command = ["git", "describe", "--always", "--dirty", "--exclude=*"]
    try:
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, timeout=GIT_TIMEOUT, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()
