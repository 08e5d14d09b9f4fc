"""Announcing over the channel layer.

An announcement is a hint, not a promise: layers drop messages silently, so every receiver can tell
from the position that one is missing, and reads the log.
"""

import asyncio
import logging
from functools import partial

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction
from redis.exceptions import ConnectionError as RedisLost
from redis.exceptions import TimeoutError as RedisSilent

from broadcaster.layer.messages import (
    RUNDOWN,
    Message,
    desk_group,
    group_name,
    update_message,
)
from broadcaster.models import Broadcast, Publication
from broadcaster.publishing import history

logger = logging.getLogger(__name__)

TIMEOUT = 2  # seconds; a layer that hangs must not hold up the desk
DESK_TIMEOUT = 1  # seconds; the same for messages to consoles only


def announce(publication: Publication) -> None:
    """Send all processes an update that is on the log. Never raises."""
    message = update_message(publication.epoch, history.to_update(publication))
    _try_to_send(group_name(publication.broadcast_id), message, TIMEOUT)


def announce_rundown(broadcast: Broadcast) -> None:
    """After this transaction, make open consoles read the rundown. Never raises.

    Viewers' processes get no message, and no message has the content of a cue.
    """
    message: Message = {"type": RUNDOWN}
    transaction.on_commit(partial(_try_to_send, desk_group(broadcast.pk), message, DESK_TIMEOUT))


def _try_to_send(group: str, message: Message, timeout: float) -> None:
    try:
        async_to_sync(_send)(group, message, timeout)
    except Exception as error:
        warn(logger, "announcement lost, head checks will find it", error)


def warn(log: logging.Logger, words: str, error: Exception) -> None:
    """Log a failure. Connection errors are logged without a traceback."""
    away = isinstance(error, (OSError, RedisLost, RedisSilent))
    log.warning("%s: %s", words, str(error) or repr(error), exc_info=None if away else error)


async def _send(group: str, message: Message, timeout: float) -> None:
    await asyncio.wait_for(get_channel_layer().group_send(group, message), timeout)
