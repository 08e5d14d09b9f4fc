"""Other hosts, played by network namespaces on a bridge of this machine. Needs root, as CI has."""

import contextlib
import subprocess
from collections.abc import Iterator

from tests.support.programs import find_program

BRIDGE = "mapcenter-test"
NETWORK = "10.213.77"
HERE = f"{NETWORK}.1"
"""The address of this machine, as the other hosts see it."""


@contextlib.contextmanager
def hosts(*names: str) -> Iterator[dict[str, list[str]]]:
    """Make a namespace for each host; yields by name the command that runs another one on it."""
    ip("link", "add", BRIDGE, "type", "bridge")
    with contextlib.ExitStack() as stack:
        stack.callback(ip, "link", "del", BRIDGE)
        ip("address", "add", f"{HERE}/24", "dev", BRIDGE)
        ip("link", "set", BRIDGE, "up")
        for number, name in enumerate(names, start=2):
            namespace, inside = f"{BRIDGE}-{name}", ("-n", f"{BRIDGE}-{name}")
            ip("netns", "add", namespace)
            stack.callback(ip, "netns", "del", namespace)
            ip("link", "add", f"mct{number}", "type", "veth", "peer", "eth0", "netns", namespace)
            ip("link", "set", f"mct{number}", "master", BRIDGE, "up")
            ip(*inside, "address", "add", f"{NETWORK}.{number}/24", "dev", "eth0")
            ip(*inside, "link", "set", "eth0", "up")
            ip(*inside, "link", "set", "lo", "up")
        yield {name: run_on(name) for name in names}


def run_on(name: str) -> list[str]:
    """Return the command that runs another one on a host, which has its own name."""
    shell = f'hostname {name}; exec "$@"'
    unshare = [find_program("unshare", "util-linux"), "--uts", "sh", "-c", shell, "sh"]
    return [find_program("ip", "iproute2"), "netns", "exec", f"{BRIDGE}-{name}", *unshare]


def with_clock_ahead(seconds: int) -> list[str]:
    """Return the command that runs another one with another time since the boot."""
    program = find_program("unshare", "util-linux")
    offset = str(seconds)
    options = ["--time", "--monotonic", offset, "--boottime", offset]
    return [program, *options, "--fork", "--kill-child"]


def ip(*arguments: str) -> None:
    """Run `ip`."""
    subprocess.run([find_program("ip", "iproute2"), *arguments], check=True)
