"""How many viewers this process holds and whom the last update reached, told to the desk.

Every process reports to the desk's group for as long as a console says that it is there; the
console adds up the processes (broadcaster/delivery.py).
"""

import os
import uuid
from typing import Any

from channels.layers import get_channel_layer

from broadcaster.publishing.announce import desk_group
from viewers.fanout.hub import Hub

PROCESS = f"{os.getpid()}-{uuid.uuid4().hex[:6]}"  # a name for this process that no other has


async def announce(broadcast_id: int, hub: Hub, age: float) -> None:
    """Report one hub, whose position was known to be the head `age` seconds ago."""
    position, receipt = hub.replica.position, hub.receipt
    report: dict[str, Any] = {
        "type": "desk.viewers",
        "process": PROCESS,
        "epoch": position.epoch,
        "seq": position.seq,
        "age": age,
        "viewers": hub.counts,
        "away": hub.away,
        "receipt": receipt and {**receipt.to_dict(), "behind": hub.behind},
    }
    await get_channel_layer().group_send(desk_group(broadcast_id), report)
