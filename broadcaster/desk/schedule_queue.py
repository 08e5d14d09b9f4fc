"""Have a worker look at what is due, at a time to come: the one seam to RQ.

Like an announcement it is only a hint. Every serving process looks at the clock too (jobs.py),
so an alarm that gets lost, or a worker that is down, costs seconds.
"""

import logging
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import transaction
from redis import Redis

from broadcaster.publishing.announce import warn

logger = logging.getLogger(__name__)

PATIENCE = 1  # seconds for Redis to answer: who schedules a cue waits for it


def set_alarm(at: datetime) -> None:
    """After this transaction, enqueue a look for `at`; without Redis, nothing."""
    if settings.REDIS_URL:
        transaction.on_commit(partial(_enqueue, at))


def _enqueue(at: datetime) -> None:
    import django_rq  # an app only where there is Redis

    whole = at.replace(microsecond=0)
    if whole < at:  # RQ drops fractions of seconds; a look before the time would find nothing
        whole += timedelta(seconds=1)
    connection = Redis.from_url(
        settings.REDIS_URL, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE
    )
    try:
        queue = django_rq.get_queue("default", connection=connection)
        queue.enqueue_at(whole, "broadcaster.desk.schedule.run_due")
    except Exception as error:
        warn(logger, f"no worker will look at {at}; serving processes will", error)
