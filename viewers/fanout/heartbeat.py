"""When a connection's heartbeat is due."""

import random
from typing import NamedTuple

from viewers.protocol import frames


class Heartbeat(NamedTuple):
    """The time between two frames on an idle connection.

    Each connection has its own interval, up to `spread` (a share, 0 to 0.2) above or below
    `seconds`, so that they do not all beat at once.
    """

    seconds: float = frames.HEARTBEAT
    spread: float = frames.HEARTBEAT_SPREAD

    def interval(self) -> float:
        """Return a connection's own interval, in seconds."""
        return self.seconds * random.uniform(1 - self.spread, 1 + self.spread)


EVERY_25_SECONDS = Heartbeat()
