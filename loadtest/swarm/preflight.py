"""Whether this machine and the server can carry the run, asked before it starts.

A limit that is met in the middle shows as failed viewers, and looks like the server's fault.
"""

import ipaddress
import resource
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import psutil

from loadtest.common.plan import Plan, Target, parse_url
from loadtest.common.server import Server, connections

OWN_FILES = 64  # what a simulator opens besides its viewers
SERVER_RESERVE = 100  # files that `serve` keeps for everything but viewers
CONNECTING = 5.0  # seconds
MOST_ADDRESSES = 4096  # of a CIDR block


class Refused(Exception):
    """The run cannot be: a limit and its remedy, in words."""


@dataclass(frozen=True, slots=True)
class Machine:
    """The limits that matter here."""

    files: int  # that a process may open at most
    ports: int  # for one source and one destination
    ports_taken: int  # towards the server's port
    server_room: tuple[int, ...] = ()  # files that each server process may still open


def inspect(target: Target, server: Server) -> Machine:
    """The limits of this machine and of the server on it."""
    low, high = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()
    return Machine(
        files=resource.getrlimit(resource.RLIMIT_NOFILE)[1],
        ports=int(high) - int(low) + 1,
        ports_taken=sum(words[2].endswith(f":{target.port:04X}") for words in connections()),
        server_room=tuple(server.room().values()),
    )


def problems(plan: Plan, machine: Machine) -> list[str]:
    """Every limit that the run would meet, with its remedy; empty if it can go ahead.

    A poll that reopens has its old connection, which the server closes, and its new one.
    """
    found = []
    doubled = plan.polls / plan.clients if plan.poll_reopen else 0.0
    files = int(max(plan.sizes) * (1 + doubled)) + OWN_FILES
    if files > machine.files:
        found.append(
            f"open files: a simulator needs {files:,} and the hard limit is {machine.files:,}. "
            f"Use more simulators, or raise it: ulimit -Hn {files}"
        )
    needed = int(plan.clients * (1 + doubled))
    sources = max(len(plan.source_ips), 1)
    ports = machine.ports * sources - machine.ports_taken
    if needed > ports:
        more = -(-(needed + machine.ports_taken) // machine.ports)
        found.append(
            f"ports: {needed:,} connections and {ports:,} free ports on {sources} address(es). "
            f"Use {more} source addresses, on loopback for instance --source-ip 127.0.1.0/28"
        )
    if machine.server_room:
        room = sum(max(room - SERVER_RESERVE, 0) for room in machine.server_room)
        if needed > room:
            found.append(
                f"the server's open files: its {len(machine.server_room)} process(es) have room "
                f"for {room:,} viewers of {needed:,}. Raise its hard limit (ulimit -Hn, "
                "LimitNOFILE), or run more processes"
            )
    return found


def resolve(url: str) -> Target:
    """Where `url` leads. Raises ValueError for a bad address, `Refused` if nothing answers.

    A name may have several addresses; viewers get the first that takes a connection.
    """
    origin, host, port = parse_url(url)
    try:
        with socket.create_connection((host, port), CONNECTING) as probe:
            return Target(origin, host, str(probe.getpeername()[0]), port)
    except OSError as error:
        raise Refused(f"Nothing answers at {origin}: {error}. Start it with: make run") from error


def check_allowed(target: Target, allowed: Iterable[str]) -> None:
    """Raises `Refused` for a server that may be someone else's."""
    address = ipaddress.ip_address(target.address)
    if not (address.is_loopback or address.is_private) and target.host not in allowed:
        raise Refused(
            f"{target.host} ({target.address}) is a public address, and a swarm is an attack on "
            f"a server that is not yours. If it is yours: --allow-host {target.host}"
        )


def is_here(target: Target) -> bool:
    """Whether the server is on this machine."""
    own = {one.address for every in psutil.net_if_addrs().values() for one in every}
    return ipaddress.ip_address(target.address).is_loopback or target.address in own


def source_addresses(texts: Iterable[str]) -> tuple[str, ...]:
    """Addresses and CIDR blocks as addresses. Raises ValueError if one is neither."""
    found: list[str] = []
    for text in texts:
        network = ipaddress.ip_network(text, strict=False)
        if network.num_addresses > MOST_ADDRESSES:
            raise ValueError(f"{text} has more than {MOST_ADDRESSES:,} addresses")
        if network.num_addresses == 1:
            found.append(str(network.network_address))
        else:
            found += map(str, network.hosts())
    return tuple(found)
