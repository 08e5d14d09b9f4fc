"""Announcing over the channel layer.

An announcement is a hint, not a promise: layers drop messages silently, so every receiver can tell
from the position that one is missing, and reads the log. So nothing is sent while the layer is
known to be lost, since people at the desk would wait for each timeout.
"""

import asyncio
import logging
from functools import partial

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction
from redis.exceptions import RedisError

from broadcaster.domain.stream import Position
from broadcaster.layer.connection import TIMEOUT
from broadcaster.layer.messages import (
    RUNDOWN,
    Message,
    desk_group,
    group_name,
    update_message,
)
from broadcaster.layer.outage import Outage, layer_outage
from broadcaster.models import Broadcast, Publication
from broadcaster.publishing import history

logger = logging.getLogger(__name__)

announced: dict[str, Position] = {}
"""The newest positions that this process has announced, by the slug of the broadcast."""


def announce(publication: Publication) -> None:
    """Send all processes an update that is on the log. Never raises."""
    announced[publication.broadcast.slug] = Position(publication.epoch, publication.seq)
    message = update_message(publication.epoch, history.to_update(publication))
    _try_to_send(group_name(publication.broadcast_id), message)


def announce_rundown(broadcast: Broadcast) -> None:
    """After this transaction, make open consoles read the rundown. Never raises.

    Viewers' processes get no message, and no message has the content of a cue.
    """
    message: Message = {"type": RUNDOWN}
    transaction.on_commit(partial(_try_to_send, desk_group(broadcast.pk), message))


def redis_outage() -> Outage:
    """Return the outage of the process's channel layer, which is Redis where there is one."""
    return layer_outage(get_channel_layer())


def _try_to_send(group: str, message: Message) -> None:
    outage = redis_outage()
    if not outage.may_try:
        return
    try:
        async_to_sync(_send)(group, message)
    except (OSError, RedisError) as error:  # a timeout is an OSError
        outage.begin(error)
    except Exception:
        logger.exception("announcement lost, head checks will find it")
    else:
        outage.end()


async def _send(group: str, message: Message) -> None:
    async with asyncio.timeout(TIMEOUT):
        await get_channel_layer().group_send(group, message)
