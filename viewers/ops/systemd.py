"""Messages to systemd, for units with Type=notify: ready, and still alive.

sd_notify(3) is one datagram to a socket that the environment names. Without it nothing is sent.
"""

import asyncio
import logging
import os
import socket

logger = logging.getLogger(__name__)

# Taken out of the environment, so that the processes that a supervisor starts do not notify, too.
ADDRESS = os.environ.pop("NOTIFY_SOCKET", "")
WATCHDOG = int(os.environ.pop("WATCHDOG_USEC", "0")) / 1_000_000  # seconds; 0: no watchdog


def ready() -> None:
    """Report that connections are accepted, and from now on that the running loop is alive."""
    notify("READY=1")
    if ADDRESS and WATCHDOG:
        stay_alive(asyncio.get_running_loop())


def stay_alive(loop: asyncio.AbstractEventLoop) -> None:
    """Report that the process is alive, twice in the time after which systemd would kill it."""
    notify("WATCHDOG=1")
    loop.call_later(WATCHDOG / 2, stay_alive, loop)


def notify(message: str) -> None:
    """Send a message to systemd, if it started this process."""
    if not ADDRESS:
        return
    name = f"\0{ADDRESS[1:]}" if ADDRESS.startswith("@") else ADDRESS  # an abstract socket
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.setblocking(False)
            sender.sendto(message.encode(), name)
    except OSError as error:
        logger.warning("systemd cannot be notified: %s", error)
