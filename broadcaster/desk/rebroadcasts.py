"""Showing a recording again at a set time: everyone who watches sees the same second of it.

The server only says when. Viewers have the recording, from one file, and the server's clock.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from broadcaster.desk.audit import Actor, record
from broadcaster.domain.rejection import Refused
from broadcaster.models import Broadcast, Rebroadcast
from broadcaster.publishing import history


@transaction.atomic
def schedule(broadcast: Broadcast, starts_at: datetime, actor: Actor) -> Rebroadcast:
    """Plan a rebroadcast of what is on the log. Raises `Refused` if that cannot be shown then."""
    if broadcast.phase != "ended":
        raise Refused("Only a broadcast that has ended can be shown again.")
    if broadcast.rehearsal:
        raise Refused("This is a rehearsal. It is not for viewers.")
    if starts_at <= timezone.now():
        raise Refused("That time has passed.")
    recording = history.recording(broadcast)
    if recording is None or not recording.updates:
        raise Refused("Nothing was published, so there is nothing to show again.")
    again = Rebroadcast.objects.create(
        broadcast=broadcast,
        epoch=broadcast.epoch,
        seq=broadcast.seq,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(milliseconds=recording.duration),
        by=actor.user,
    )
    record(actor, "scheduled", broadcast, f"rebroadcast {when(again)}")
    return again


@transaction.atomic
def cancel(again: Rebroadcast, actor: Actor) -> None:
    """Take a rebroadcast back. Raises `Refused` if it is over or was taken back before."""
    now = timezone.now()
    waiting = Rebroadcast.objects.filter(pk=again.pk, cancelled_at=None, ends_at__gt=now)
    if not waiting.update(cancelled_at=now):
        raise Refused("This rebroadcast is over or was cancelled.")
    record(actor, "unscheduled", again.broadcast, f"rebroadcast {when(again)}")


def to_come() -> QuerySet[Rebroadcast]:
    """Those that are on now or will be, the next first."""
    return Rebroadcast.objects.filter(cancelled_at=None, ends_at__gt=timezone.now()).select_related(
        "broadcast"
    )


def when(again: Rebroadcast) -> str:
    """Its time in words, for the audit."""
    return f"{timezone.localtime(again.starts_at):%Y-%m-%d %H:%M %Z}"
