"""What this process reports to open consoles: its viewers, and whom the last update reached.

Every process reports for as long as a console announces that it is open; the console adds the
processes up (broadcaster/domain/delivery.py).
"""

import os
import uuid

from broadcaster.domain.announcement import VIEWERS, Message
from viewers.fanout.hub import Hub

PROCESS = f"{os.getpid()}-{uuid.uuid4().hex[:6]}"  # names this process; no other one has it


def report(hub: Hub, age: float) -> Message:
    """Return the report of one hub, whose position was the head of the log `age` seconds ago."""
    position, delivery = hub.replica.position, hub.ledger.newest
    return {
        "type": VIEWERS,
        "process": PROCESS,
        "epoch": position.epoch,
        "seq": position.seq,
        "age": age,
        "viewers": hub.counts,
        "away": hub.ledger.returning,
        "receipt": delivery and {**delivery.to_dict(), "behind": hub.behind},
    }
