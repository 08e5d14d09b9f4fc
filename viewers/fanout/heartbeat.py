"""When a connection's heartbeat is due."""

import random

from viewers.protocol.frames import HEARTBEAT_SPREAD


def spread(heartbeat: float) -> float:
    """Return the interval, off by up to 20 %, so that connections do not beat all at once."""
    return heartbeat * random.uniform(1 - HEARTBEAT_SPREAD, 1 + HEARTBEAT_SPREAD)
