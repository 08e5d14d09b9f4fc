"""The rundown: cues in their order, prepared, edited, moved, removed and scheduled.

A cue is a whole change that was checked when it was written, so any may be taken at any time.
What puts one on air is taking.py's.
"""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from broadcaster.desk.audit import Actor, record
from broadcaster.desk.permissions import PREPARE, SCHEDULE, TAKE, TO_PUBLISH, require
from broadcaster.desk.schedule_queue import set_alarm
from broadcaster.domain.approval import is_needed
from broadcaster.domain.change import Change, parse_change
from broadcaster.domain.mapstate import MapState
from broadcaster.domain.rejection import Missing, Refused
from broadcaster.models import Broadcast, Cue, Publication
from broadcaster.publishing.announce import announce_rundown
from broadcaster.publishing.history import milliseconds
from broadcaster.publishing.publish import already_taken, refusal, taken_as

MAX_CUES = 300  # that wait in a rundown: consoles get all of it whenever it changes


def listing(broadcast: Broadcast) -> list[dict[str, Any]]:
    """The cues in their order, as the desk shows them: see docs/protocol.md."""
    taken = {
        row.cue_id: row
        for row in Publication.objects.filter(epoch=broadcast.epoch, cue__broadcast=broadcast)
        .select_related("by", "confirmed_by")
        .order_by("seq")
    }
    cues = broadcast.cues.filter(removed_at=None).select_related("by", "scheduled_by", "asked_by")
    return [_shown(broadcast, cue, taken.get(cue.pk)) for cue in cues]


def plan(broadcast: Broadcast) -> dict[str, Any]:
    """What editors may change in the admin while consoles are open."""
    return {
        "starts_at": milliseconds(broadcast.starts_at),
        "ends_at": milliseconds(broadcast.ends_at),
        "automatic": broadcast.automatic,
        "second_person": broadcast.second_person,
    }


def told(broadcast: Broadcast) -> dict[str, Any]:
    """What consoles are told of the rundown, whenever it differs."""
    return {"plan": plan(broadcast), "cues": listing(broadcast)}


def _shown(broadcast: Broadcast, cue: Cue, taken: Publication | None) -> dict[str, Any]:
    change = parse_change(cue.change)
    state = MapState.from_dict(broadcast.state)
    reason = None if taken else refusal(broadcast, change)
    open_ = not taken and not reason
    return {
        "id": cue.pk,
        "version": cue.version,
        "title": cue.title,
        "change": cue.change,
        "by": str(cue.by),
        "proposed": cue.proposed,
        "due": milliseconds(None if cue.missed else cue.due_at),
        "missed": {"at": milliseconds(cue.due_at), "why": cue.missed} if cue.missed else None,
        "scheduled_by": cue.scheduled_by and str(cue.scheduled_by),
        "asked": cue.asked_by and {"by": str(cue.asked_by), "at": milliseconds(cue.asked_at)},
        "taken": taken
        and {
            "by": str(taken.by or "command line"),
            "confirmed_by": taken.confirmed_by and str(taken.confirmed_by),
            "seq": taken.seq,
            "at": milliseconds(taken.at),
        },
        "after": state.apply(change).totals if open_ else None,
        "refusal": reason,
        "crosses": open_ and is_needed(broadcast.second_person, state, change),
    }


def find(broadcast: Broadcast, pk: int) -> Cue:
    """The cue `pk` of this rundown, locked. Raises `Missing`."""
    cue = Cue.objects.select_for_update().filter(broadcast=broadcast, pk=pk).first()
    if cue is None or cue.removed_at:
        raise Missing("There is no such cue in this rundown, or no longer.")
    return cue


def find_untaken(broadcast: Broadcast, pk: int) -> Cue:
    """The same. Raises `Refused`, too, if it was taken."""
    cue = find(broadcast, pk)
    if taken := taken_as(broadcast, cue):
        raise already_taken(taken)
    return cue


def check_version(cue: Cue, version: int) -> None:
    """Raise `Refused` if the cue is not as its reader saw it."""
    if cue.version != version:
        raise Refused("The cue was edited meanwhile. Look at it again.", version=cue.version)


def locked(broadcast: Broadcast) -> Broadcast:
    """The broadcast as it stands, for this transaction alone: nothing moves it meanwhile."""
    return Broadcast.objects.select_for_update().get(pk=broadcast.pk)


def add(broadcast: Broadcast, title: str, change: Change, **more: Any) -> Cue:
    """A new cue at the end of the rundown. Raises `Refused` if that is full."""
    waiting = broadcast.cues.filter(removed_at=None).exclude(publications__epoch=broadcast.epoch)
    if waiting.count() >= MAX_CUES:
        raise Refused(f"The rundown is full: {MAX_CUES} cues. Remove some first.")
    last = broadcast.cues.aggregate(last=Max("rank"))["last"] or 0
    announce_rundown(broadcast)
    return Cue.objects.create(
        broadcast=broadcast, rank=last + 1, title=title, change=change.to_dict(), **more
    )


def earlier(broadcast: Broadcast, client_id: str | None, change: Change) -> Cue | None:
    """The cue that `client_id` made. Raises `Refused` if that was for another change."""
    cue = broadcast.cues.filter(client_id=client_id).first() if client_id else None
    if cue is not None and cue.version == 1 and cue.change != change.to_dict():
        raise Refused(f"client_id {client_id} was used for another cue, “{cue.title}”.")
    return cue


@transaction.atomic
def prepare(
    broadcast: Broadcast, title: str, change: Change, client_id: str | None, actor: Actor
) -> Cue:
    """A new cue; the same again by `client_id` is one. What a robot prepares is a proposal."""
    require(actor.user, PREPARE)
    broadcast = locked(broadcast)
    if cue := earlier(broadcast, client_id, change):
        return cue
    robot = actor.via == "api"
    cue = add(broadcast, title, change, by=actor.user, client_id=client_id, proposed=robot)
    record(actor, "proposed" if robot else "prepared", broadcast, title, cue=cue)
    return cue


@transaction.atomic
def edit(
    broadcast: Broadcast, pk: int, version: int, title: str, change: Change, actor: Actor
) -> Cue:
    """Write a cue anew. What others rely on, because it waits or is scheduled, stays."""
    require(actor.user, PREPARE)
    cue = _at_rest(broadcast, pk)
    check_version(cue, version)
    cue.title, cue.change, cue.version, cue.missed = title, change.to_dict(), version + 1, ""
    cue.save()
    record(actor, "edited", broadcast, title, cue=cue)
    announce_rundown(broadcast)
    return cue


@transaction.atomic
def move(broadcast: Broadcast, pk: int, before: int | None, actor: Actor) -> None:
    """Put a cue before another one, or at the end."""
    require(actor.user, PREPARE)
    broadcast = locked(broadcast)
    cue = find(broadcast, pk)
    others = list(broadcast.cues.filter(removed_at=None).exclude(pk=pk))
    places = {None: len(others)} | {other.pk: place for place, other in enumerate(others)}
    if before not in places:
        raise Missing("There is no such cue to put it before.")
    others.insert(places[before], cue)
    for rank, other in enumerate(others, start=1):
        other.rank = rank
    Cue.objects.bulk_update(others, ["rank"])
    record(actor, "moved", broadcast, f"{cue.title}, to place {places[before] + 1}", cue=cue)
    announce_rundown(broadcast)


@transaction.atomic
def remove(broadcast: Broadcast, pk: int, actor: Actor) -> None:
    """Take a cue out of the rundown. It stays stored."""
    require(actor.user, PREPARE)
    cue = _at_rest(broadcast, pk)
    cue.removed_at = timezone.now()
    cue.save()
    record(actor, "removed", broadcast, cue.title, cue=cue)
    announce_rundown(broadcast)


def _at_rest(broadcast: Broadcast, pk: int) -> Cue:
    """A cue that nobody else relies on. Raises `Refused`."""
    broadcast = locked(broadcast)
    cue = find_untaken(broadcast, pk)
    if cue.asked_by_id:
        raise Refused("It waits for a second person. Decline it first.")
    if cue.due_at and not cue.missed:
        raise Refused("It is scheduled. Take it off the schedule first.")
    return cue


@transaction.atomic
def schedule(broadcast: Broadcast, pk: int, version: int, at: datetime, actor: Actor) -> None:
    """Have a cue taken at a time, by itself. See jobs.py. The same again changes nothing."""
    require(actor.user, SCHEDULE)
    broadcast = locked(broadcast)
    cue = find(broadcast, pk)
    require(
        actor.user, TO_PUBLISH[parse_change(cue.change).kind]
    )  # at its time it goes out for them
    if taken := taken_as(broadcast, cue):
        raise already_taken(taken)
    if cue.asked_by_id:
        raise Refused("It waits for a second person. Decline it first.")
    check_version(cue, version)
    if (cue.due_at, cue.scheduled_by, cue.missed) == (at, actor.user, ""):
        return
    if at <= timezone.now():
        raise Refused("That time has passed.")
    cue.due_at, cue.scheduled_by, cue.missed = at, actor.user, ""
    cue.save()
    record(actor, "scheduled", broadcast, f"{cue.title}, for {_clock(at)}", cue=cue)
    set_alarm(at)
    announce_rundown(broadcast)


@transaction.atomic
def unschedule(broadcast: Broadcast, pk: int, actor: Actor) -> None:
    """Take a cue off the schedule. Who is on air may too: it is an emergency brake."""
    require(actor.user, SCHEDULE, TAKE)
    broadcast = locked(broadcast)
    cue = find_untaken(broadcast, pk)
    if cue.due_at is None:
        raise Refused("It is not scheduled.")
    cue.due_at, cue.scheduled_by, cue.missed = None, None, ""
    cue.save()
    record(actor, "unscheduled", broadcast, cue.title, cue=cue)
    announce_rundown(broadcast)


def _clock(at: datetime) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M:%S %Z}"
