"""Rebroadcasts: a recording shown at a set time, at the same second for all viewers.

The server only sets the time. Viewers load the recording from one file and use the server's clock.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from broadcaster.domain.rejection import Rejected
from broadcaster.models import Broadcast, Rebroadcast
from broadcaster.publishing import clock, history
from broadcaster.publishing.actor import Actor
from broadcaster.publishing.audit import add_entry


@transaction.atomic
def schedule(broadcast: Broadcast, starts_at: datetime, actor: Actor) -> Rebroadcast:
    """Plan a rebroadcast of the log. Raises `Rejected` if it cannot be shown at that time."""
    if broadcast.phase != "ended":
        raise Rejected("Only a broadcast that has ended can be shown again.")
    if broadcast.rehearsal:
        raise Rejected("This is a rehearsal. It is not for viewers.")
    if starts_at <= clock.read():
        raise Rejected("That time has passed.")
    recording = history.recording(broadcast)
    if recording is None or not recording.updates:
        raise Rejected("Nothing was published, so there is nothing to show again.")
    again = Rebroadcast.objects.create(
        broadcast=broadcast,
        epoch=broadcast.epoch,
        seq=broadcast.seq,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(milliseconds=recording.duration),
        by=actor.user,
    )
    add_entry(actor, "scheduled", broadcast, f"rebroadcast {when(again)}")
    return again


@transaction.atomic
def cancel(again: Rebroadcast, actor: Actor) -> None:
    """Cancel a rebroadcast. Raises `Rejected` if it is over or was cancelled before."""
    now = clock.read()
    waiting = Rebroadcast.objects.filter(pk=again.pk, cancelled_at=None, ends_at__gt=now)
    if not waiting.update(cancelled_at=now):
        raise Rejected("This rebroadcast is over or was cancelled.")
    add_entry(actor, "unscheduled", again.broadcast, f"rebroadcast {when(again)}")


def to_come() -> QuerySet[Rebroadcast]:
    """Return the current and future rebroadcasts, the next first."""
    return Rebroadcast.objects.filter(cancelled_at=None, ends_at__gt=clock.now()).select_related(
        "broadcast"
    )


def when(again: Rebroadcast) -> str:
    """Return the time of a rebroadcast in words, for the audit."""
    return f"{timezone.localtime(again.starts_at):%Y-%m-%d %H:%M %Z}"
