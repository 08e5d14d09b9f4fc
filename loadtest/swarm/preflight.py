"""Checks before a run: can this machine and the server carry it, and may it be attacked?

A limit that is reached during the run shows as failed viewers, and looks like the server's fault.
"""

from dataclasses import dataclass
from pathlib import Path

from loadtest.common.machine import (
    OWN_FILES,
    connections,
    file_limit,
)
from loadtest.common.plan import Plan
from loadtest.common.target import Target


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits that matter to a run."""

    files: int  # that a process may open at most
    ports: int  # for one source and one destination
    ports_taken: int  # towards the server's port
    room: int | None = None  # viewers that the server can still take, if that is known


def inspect(target: Target, room: int | None) -> Limits:
    """Return the limits of this machine, and the server's `room`."""
    low, high = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()
    return Limits(
        files=file_limit(),
        ports=int(high) - int(low) + 1,
        ports_taken=sum(fields[2].endswith(f":{target.port:04X}") for fields in connections()),
        room=room,
    )


def problems(plan: Plan, limits: Limits) -> list[str]:
    """Return every limit that the run would reach, with its remedy; empty if it can start.

    The connections over which pages were loaded do not count against the server's files: `serve`
    closes them before it is full.
    """
    found = []
    largest = max(plan.sizes)
    files = plan.connections(largest) + plan.page_connections(largest) + OWN_FILES
    if files > limits.files:
        found.append(
            f"open files: a simulator needs {files:,} and the hard limit is {limits.files:,}. "
            f"Use more simulators, or raise the limit: ulimit -Hn {files}"
        )
    following = plan.connections(plan.clients)
    needed = following + plan.page_connections(plan.clients)
    sources = max(len(plan.source_ips), 1)
    ports = limits.ports * sources - limits.ports_taken
    if needed > ports:
        more = -(-(needed + limits.ports_taken) // limits.ports)
        found.append(
            f"ports: {needed:,} connections need more than the {ports:,} free ports of {sources} "
            f"address(es). Use {more} source addresses, on loopback for instance "
            "--source-ip 127.0.1.0/28"
        )
    if limits.room is not None and following > limits.room:
        found.append(
            f"the server's open files: it has room for {limits.room:,} connections of "
            f"{following:,}. Raise its hard limit (ulimit -Hn, LimitNOFILE), or run more processes"
        )
    return found
