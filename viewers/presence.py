"""How many viewers this process holds, told to whoever is at the desk.

Every process reports its own counts once a second to the desk's group, which is empty unless
a console is open; the console adds up the processes.
"""

import os
import uuid
from typing import Any

from channels.layers import get_channel_layer

from broadcaster.announce import desk_group
from viewers.hub import Hub

PROCESS = f"{os.getpid()}-{uuid.uuid4().hex[:6]}"  # a name for this process that no other has


async def announce(broadcast_id: int, hub: Hub) -> None:
    """Report one hub: `viewers` by transport, and how many the last update reached by when.

    `receipt` is {"seq", "reached", "ms"}: milliseconds from publishing to the last write.
    """
    report: dict[str, Any] = {
        "type": "desk.viewers",
        "process": PROCESS,
        "viewers": hub.take_counts(),
        "receipt": hub.receipt,
    }
    await get_channel_layer().group_send(desk_group(broadcast_id), report)
