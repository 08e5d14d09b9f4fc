"""Other hosts, played by network namespaces on a bridge of this machine. Needs root, as CI has.

Addresses are from 198.18.0.0/15, which RFC 2544 reserves for tests.
"""

import os
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from tests.support.programs import find_program

NOBODY = "02:00:00:00:00:01"  # a hardware address that no host has


class Node:
    """A host of a network. `enter` is the beginning of a command that runs the rest there."""

    def __init__(self, name: str, namespace: str, host: str) -> None:
        self.namespace = namespace  # also the name of the bridge's end of its cable
        self.host = host  # its address
        shell = f'hostname {name}; exec "$@"'
        unshare = [find_program("unshare", "util-linux"), "--uts", "sh", "-c", shell, "sh"]
        self.enter = [find_program("ip", "iproute2"), "netns", "exec", namespace, *unshare]


class Network(ExitStack):
    """A bridge with hosts; `host` is the address of this machine. All is removed on exit."""

    def __enter__(self) -> "Network":
        super().__enter__()
        number = os.getpid()
        self.bridge = f"mapc{number}"
        self.prefix = f"198.18.{number % 256}"
        self.host = f"{self.prefix}.1"
        self.nodes: list[Node] = []
        ip(f"link add {self.bridge} type bridge")
        self.callback(ip, f"link delete {self.bridge}")
        ip(f"address add {self.host}/24 dev {self.bridge}")
        ip(f"link set {self.bridge} up")
        return self

    def add(self, name: str) -> Node:
        """Connect a new host."""
        number = len(self.nodes)
        namespace = f"{self.bridge}n{number}"
        node = Node(name, namespace, f"{self.prefix}.{10 + number}")
        self.nodes.append(node)
        ip(f"netns add {namespace}")
        self.callback(ip, f"netns delete {namespace}")
        ip(f"link add {namespace} type veth peer name eth0 netns {namespace}")
        ip(f"link set {namespace} master {self.bridge} up")
        ip(f"-n {namespace} address add {node.host}/24 dev eth0")
        ip(f"-n {namespace} link set eth0 up")
        ip(f"-n {namespace} link set lo up")
        return node

    @contextmanager
    def cut(self, one: Node, other: Node) -> Iterator[None]:
        """Drop all packets between two hosts silently: each sends them to a wrong address."""
        pairs = [(one, other), (other, one)]
        for sender, receiver in pairs:
            wrong = f"{receiver.host} lladdr {NOBODY} nud permanent dev eth0"
            ip(f"-n {sender.namespace} neighbour replace {wrong}")
        try:
            yield
        finally:
            for sender, receiver in pairs:
                ip(f"-n {sender.namespace} neighbour delete {receiver.host} dev eth0")

    @contextmanager
    def unplugged(self, node: Node) -> Iterator[None]:
        """Take a host off the network."""
        ip(f"link set {node.namespace} down")
        try:
            yield
        finally:
            ip(f"link set {node.namespace} up")


def with_clock_ahead(seconds: int) -> list[str]:
    """Return the command that runs another one with another time since the boot."""
    program = find_program("unshare", "util-linux")
    offset = str(seconds)
    options = ["--time", "--monotonic", offset, "--boottime", offset]
    return [program, *options, "--fork", "--kill-child"]


def ip(arguments: str) -> None:
    """Run `ip`. Raises AssertionError with what it says."""
    command = [find_program("ip", "iproute2"), *shlex.split(arguments)]
    done = subprocess.run(command, capture_output=True, text=True)
    problem = f"{shlex.join(command)}: {done.stderr.strip()} (network namespaces need root)"
    assert done.returncode == 0, problem
