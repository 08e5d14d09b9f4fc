"""The one seam between Django and the channel layer.

An announcement is a hint, not a promise: layers drop messages silently, so everyone who
listens can tell from the position that one is missing, and reads the log.
"""

import asyncio
import logging
from functools import partial

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction
from redis.exceptions import ConnectionError as RedisLost
from redis.exceptions import TimeoutError as RedisSilent

from broadcaster.models import Broadcast, Publication
from broadcaster.publishing import history

logger = logging.getLogger(__name__)

TIMEOUT = 2  # seconds; a layer that hangs must not hold up the desk
DESK_TIMEOUT = 1  # seconds; the same for what only consoles are told


def group_name(broadcast_id: int) -> str:
    """The group of a broadcast: each process with viewers and each open console is a member."""
    return f"broadcast.{broadcast_id}"


def desk_group(broadcast_id: int) -> str:
    """The group of the consoles that are open on a broadcast; processes report to it."""
    return f"desk.{broadcast_id}"


def announce(publication: Publication) -> None:
    """Tell all processes of an update that is on the log. Never raises."""
    message = {
        "type": "broadcast.update",
        "epoch": publication.epoch,
        "update": history.to_update(publication).to_dict(),
    }
    _tell(group_name(publication.broadcast_id), message, TIMEOUT)


def announce_rundown(broadcast: Broadcast) -> None:
    """After this transaction, tell open consoles to look at the rundown. Never raises.

    Viewers' processes are not told, and what a cue holds is in no message.
    """
    message = {"type": "desk.rundown"}
    transaction.on_commit(partial(_tell, desk_group(broadcast.pk), message, DESK_TIMEOUT))


def _tell(group: str, message: dict, timeout: float) -> None:
    try:
        async_to_sync(_send)(group, message, timeout)
    except Exception as error:
        warn(logger, "announcement lost, head checks will find it", error)


def warn(log: logging.Logger, words: str, error: Exception) -> None:
    """Log that something failed; of a Redis that is away a traceback would say no more."""
    away = isinstance(error, (OSError, RedisLost, RedisSilent))
    log.warning("%s: %s", words, str(error) or repr(error), exc_info=None if away else error)


async def say_open(broadcast_id: int) -> None:
    """Tell all processes that a console is open. Raises what the layer does."""
    await _send(group_name(broadcast_id), {"type": "desk.open"}, DESK_TIMEOUT)


async def _send(group: str, message: dict, timeout: float) -> None:
    await asyncio.wait_for(get_channel_layer().group_send(group, message), timeout)
