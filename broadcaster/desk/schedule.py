"""Actions at a set time: scheduled cues are taken, broadcasts start and end.

An RQ worker (schedule_queue.py) and every serving process check the schedule. The first of them
claims a due action under the broadcast's lock, so it happens once. Since the schedule is in the
database, an action that was delayed is late, and not lost.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import Q

from broadcaster.desk.database_thread import in_database_thread
from broadcaster.desk.rundown import find
from broadcaster.desk.takes import take_cue
from broadcaster.domain.change import Change, Kind
from broadcaster.domain.mapstate import ON_AIR, Phase
from broadcaster.domain.rejection import NotFound, Rejected
from broadcaster.layer.outage import Outage
from broadcaster.models import Broadcast, Cue, Via
from broadcaster.publishing import clock
from broadcaster.publishing.actor import Actor
from broadcaster.publishing.announce import announce_rundown
from broadcaster.publishing.audit import add_entry
from broadcaster.publishing.publish import lock_broadcast, publish_locked

INTERVAL = 1.0  # seconds between a serving process's checks
GRACE = 1.5  # seconds that it leaves to the worker, where there is Redis: without one an action is
# GRACE + INTERVAL and the time of a take late at most, which docs/operating.md promises to be 3 s

logger = logging.getLogger(__name__)
_checking: asyncio.Task[None] | None = None


def run_due(grace: float = 0) -> int:
    """Do everything that was due `grace` seconds ago, by the database's clock.

    Return how many actions that were.
    """
    now = clock.read() - timedelta(seconds=grace)
    count = 0
    for act, pk in _due(now):
        try:
            count += act(pk, now)
        except Exception:  # later actions must not wait for this one
            logger.exception("%s %s failed; it will be retried", act.__name__, pk)
    return count


def start_checking() -> None:
    """Check the schedule from now on, in the running loop. Repeating this changes nothing."""
    global _checking
    if _checking is None or _checking.done():
        _checking = asyncio.get_running_loop().create_task(_check())


async def _check() -> None:
    """Check the schedule for as long as this process serves."""
    grace = GRACE if settings.REDIS_URL else 0
    database = Outage("database, for the schedule,")
    while True:
        try:
            await in_database_thread(run_due, grace)
            database.end()
        except DatabaseError as error:
            database.begin(error)
        except Exception:
            logger.exception("the schedule cannot be checked")
        await asyncio.sleep(INTERVAL)


def _due(now: datetime) -> list[tuple[Callable[[int, datetime], bool], int]]:
    """Return the actions that are due and the rows that they are for: starts, cues, ends."""
    found = Broadcast.objects.filter(_starting(now) | _ending(now))
    shows = list(found.values_list("pk", "phase"))
    cues = Cue.objects.filter(due_at__lte=now, missed="", asked_by=None, removed_at=None)
    return [
        *((start, pk) for pk, phase in shows if phase == Phase.SCHEDULED),
        *((take_due, pk) for pk in cues.order_by("due_at", "rank").values_list("pk", flat=True)),
        *((end, pk) for pk, phase in shows if phase != Phase.SCHEDULED),
    ]


def _starting(now: datetime) -> Q:
    """Select the broadcasts to start. One whose planned end has passed would end at once."""
    planned = Q(automatic=True, archived_at=None, phase=Phase.SCHEDULED, starts_at__lte=now)
    return planned & (Q(ends_at=None) | Q(ends_at__gt=now))


def _ending(now: datetime) -> Q:
    """Select the broadcasts to end."""
    return Q(automatic=True, archived_at=None, phase__in=ON_AIR, ends_at__lte=now)


@transaction.atomic
def take_due(pk: int, now: datetime) -> bool:
    """Take a cue at its time, in the name of the user who scheduled it.

    If the take is rejected, mark the cue as missed. It is not retried. Returns False if the cue
    was taken, removed, rescheduled or unscheduled since the schedule was read.
    """
    broadcast = lock_broadcast(Cue.objects.values_list("broadcast", flat=True).get(pk=pk))
    try:
        cue = find(broadcast, pk)
    except NotFound:
        return False
    if cue.due_at is None or cue.due_at > now or cue.missed or cue.asked_by_id:
        return False
    actor = Actor(cue.scheduled_by, Via.SCHEDULE)
    try:
        take_cue(broadcast, pk, cue.version, None, actor)
    except Rejected as error:
        cue.missed = str(error)
        cue.save()
        add_entry(actor, "refused", broadcast, f"“{cue}” at its time: {error}", cue=cue)
        announce_rundown(broadcast)
    return True


@transaction.atomic
def start(pk: int, now: datetime) -> bool:
    """Start a broadcast at its planned start."""
    broadcast = lock_broadcast(pk)
    if not Broadcast.objects.filter(_starting(now), pk=pk).exists():
        return False  # changed since the schedule was read
    publish_locked(broadcast, Change(Kind.START), Actor(None, Via.SCHEDULE))
    return True


@transaction.atomic
def end(pk: int, now: datetime) -> bool:
    """End a broadcast at its planned end."""
    broadcast = lock_broadcast(pk)
    if not Broadcast.objects.filter(_ending(now), pk=pk).exists():
        return False
    publish_locked(broadcast, Change(Kind.END), Actor(None, Via.SCHEDULE))
    return True
