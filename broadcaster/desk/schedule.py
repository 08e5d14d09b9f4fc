"""What happens by itself at its time: scheduled cues go out, broadcasts start and end.

Two look at the clock: an RQ worker, woken by alarm.py, and every serving process. Whoever is
first claims what is due, under the broadcast's lock, so it happens once; and since what is due is
read from the database, it happens late rather than never.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from channels.db import database_sync_to_async
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from broadcaster.desk.audit import Actor, record
from broadcaster.desk.rundown import find, locked
from broadcaster.desk.takes import put_on_air, take_cue
from broadcaster.domain.change import Change, InvalidChange
from broadcaster.domain.mapstate import ON_AIR
from broadcaster.domain.rejection import Refused
from broadcaster.models import Broadcast, Cue
from broadcaster.publishing.announce import announce_rundown

LOOK = 1.0  # seconds between a serving process's looks at the clock
GRACE = 3.0  # seconds that it leaves to the worker, where there is Redis; it looks as seldom then

logger = logging.getLogger(__name__)
_watching: asyncio.Task[None] | None = None


def run_due(grace: float = 0) -> int:
    """Do all that was due `grace` seconds ago, and is not done. Returns how many that were."""
    now = timezone.now() - timedelta(seconds=grace)
    count = 0
    for act, pk in _due(now):
        try:
            count += act(pk, now)
        except Exception:  # what comes after it must not wait for it
            logger.exception("%s %s failed; it is tried again", act.__name__, pk)
    return count


def start_watching() -> None:
    """From now on look at the clock, in the running loop. Again: nothing changes."""
    global _watching
    if _watching is None or _watching.done():
        _watching = asyncio.get_running_loop().create_task(_watch())


async def _watch() -> None:
    """Look at the clock for as long as this process serves."""
    grace, pause = (GRACE, GRACE) if settings.REDIS_URL else (0, LOOK)
    while True:
        try:
            await database_sync_to_async(run_due)(grace)
        except Exception:
            logger.warning("the schedule cannot be read", exc_info=True)
        await asyncio.sleep(pause)


def _due(now: datetime) -> list[tuple[Callable[[int, datetime], bool], int]]:
    """What to do for which row, in the order of the day."""
    found = Broadcast.objects.filter(_starting(now) | _ending(now))
    shows = list(found.values_list("pk", "phase"))
    cues = Cue.objects.filter(due_at__lte=now, missed="", asked_by=None, removed_at=None)
    return [
        *((start, pk) for pk, phase in shows if phase == "scheduled"),
        *((take_due, pk) for pk in cues.order_by("due_at", "rank").values_list("pk", flat=True)),
        *((end, pk) for pk, phase in shows if phase != "scheduled"),
    ]


def _starting(now: datetime) -> Q:
    """Broadcasts to start. Not one whose end has passed too: nobody waits for a show that would
    end at once."""
    planned = Q(automatic=True, archived_at=None, phase="scheduled", starts_at__lte=now)
    return planned & (Q(ends_at=None) | Q(ends_at__gt=now))


def _ending(now: datetime) -> Q:
    return Q(automatic=True, archived_at=None, phase__in=ON_AIR, ends_at__lte=now)


@transaction.atomic
def take_due(pk: int, now: datetime) -> bool:
    """Take a cue whose time has come, for who scheduled it. If it may not go out now, it says so
    in the rundown and waits for somebody; nobody expects it any later by itself."""
    broadcast = locked(Cue.objects.select_related("broadcast").get(pk=pk).broadcast)
    cue = find(broadcast, pk)
    if cue.due_at is None or cue.due_at > now or cue.missed or cue.asked_by_id:
        return False  # taken, moved or cancelled since the look
    actor = Actor(cue.scheduled_by, "schedule")
    try:
        take_cue(broadcast, pk, cue.version, None, actor)
    except (Refused, InvalidChange) as error:
        cue.missed = str(error)
        cue.save()
        record(actor, "refused", broadcast, f"“{cue}” at its time: {error}", cue=cue)
        announce_rundown(broadcast)
    return True


@transaction.atomic
def start(pk: int, now: datetime) -> bool:
    """Start a broadcast whose planned start has come."""
    broadcast = locked(Broadcast(pk=pk))
    if Broadcast.objects.filter(_starting(now), pk=pk).exists():  # not moved since the look
        put_on_air(broadcast, Change(kind="start"), Actor(None, "schedule"))
        return True
    return False


@transaction.atomic
def end(pk: int, now: datetime) -> bool:
    """End a broadcast whose planned end has come."""
    broadcast = locked(Broadcast(pk=pk))
    if Broadcast.objects.filter(_ending(now), pk=pk).exists():
        put_on_air(broadcast, Change(kind="end"), Actor(None, "schedule"))
        return True
    return False
