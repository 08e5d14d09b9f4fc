"""An RQ job that checks the schedule at a given time: the only use of RQ.

Like an announcement this is only a hint. Every serving process checks the schedule, too
(schedule.py), so a job that gets lost, or a worker that is down, costs seconds.
"""

import logging
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import transaction
from redis.exceptions import RedisError

from broadcaster.publishing.announce import redis_outage
from broadcaster.publishing.redis_client import impatient_redis

logger = logging.getLogger(__name__)

TIMEOUT = 1  # seconds for Redis to answer: the user who schedules a cue waits for it


def enqueue_check(at: datetime) -> None:
    """After this transaction, enqueue a check of the schedule for `at`; without Redis, nothing."""
    if settings.REDIS_URL:
        transaction.on_commit(partial(_enqueue, at))


def _enqueue(at: datetime) -> None:
    import django_rq  # an app only where there is Redis

    outage = redis_outage()
    if not outage.may_try:
        return
    whole = at.replace(microsecond=0)
    if whole < at:  # RQ drops fractions of seconds; a check before the time would find nothing
        whole += timedelta(seconds=1)
    try:
        queue = django_rq.get_queue("default", connection=impatient_redis(TIMEOUT))
        queue.enqueue_at(whole, "broadcaster.desk.schedule.run_due")
    except (OSError, RedisError) as error:
        outage.begin(error)
    except Exception:
        logger.exception("no worker will check the schedule at %s; serving processes will", at)
