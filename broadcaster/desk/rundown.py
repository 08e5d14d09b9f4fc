"""The rundown: cues in their order, prepared, edited, moved, removed and scheduled.

A cue is a whole change that was validated when it was written, so any may be taken at any time.
takes.py publishes them.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils import timezone

from broadcaster.desk.permissions import CONFIRM, PREPARE, SCHEDULE, TAKE, TO_PUBLISH, require
from broadcaster.desk.schedule_queue import enqueue_check
from broadcaster.domain.change import Change
from broadcaster.domain.parsing import MAX_TITLE
from broadcaster.domain.rejection import NotFound, Rejected
from broadcaster.domain.summary import describe
from broadcaster.models import Broadcast, Cue, Via
from broadcaster.publishing import clock
from broadcaster.publishing.actor import Actor
from broadcaster.publishing.announce import announce_rundown
from broadcaster.publishing.audit import add_entry
from broadcaster.publishing.publish import check_untaken, lock_broadcast, prepared_as

MAX_CUES = 300  # of staff, not taken: consoles get all of them whenever one changes
MAX_PROPOSALS = 100  # of programs: more than staff can check; see `waiting`


def find(broadcast: Broadcast, pk: int) -> Cue:
    """Return the cue `pk` of this rundown, locked. Raises `NotFound`."""
    cue = Cue.objects.select_for_update().filter(broadcast=broadcast, pk=pk).first()
    if cue is None or cue.removed_at:
        raise NotFound("There is no such cue in this rundown, or no longer.")
    return cue


def find_untaken(broadcast: Broadcast, pk: int) -> Cue:
    """Return the cue `pk`, locked. Raises `NotFound`, and `Rejected` if it was taken."""
    cue = find(broadcast, pk)
    check_untaken(broadcast, cue)
    return cue


def check_version(cue: Cue, version: int) -> None:
    """Raise `Rejected` if the cue was edited after its reader saw this version."""
    if cue.version != version:
        raise Rejected("The cue was edited meanwhile. Look at it again.", version=cue.version)


def waiting(broadcast: Broadcast) -> QuerySet[Cue]:
    """Return the cues that are not taken.

    Proposals are counted apart from staff's cues, so that no program can fill the rundown. A take
    that needs approval is never rejected for a full rundown.
    """
    return broadcast.cues.filter(removed_at=None).exclude(publications__epoch=broadcast.epoch)


def add(broadcast: Broadcast, change: Change, actor: Actor, title: str = "", **fields: Any) -> Cue:
    """Add a cue at the end of the rundown, by default under the change in a few words."""
    last = broadcast.cues.aggregate(last=Max("rank"))["last"] or 0
    announce_rundown(broadcast)
    title = title or describe(change, broadcast.show)[:MAX_TITLE]
    return Cue.objects.create(
        broadcast=broadcast, rank=last + 1, title=title, change=change, by=actor.user, **fields
    )


@transaction.atomic
def prepare(
    broadcast: Broadcast, title: str, change: Change, client_id: str | None, actor: Actor
) -> Cue:
    """Add a cue. One that comes through the API is a proposal.

    Preparing again with the same idempotency key `client_id` returns the first cue.
    """
    require(actor.user, PREPARE)
    broadcast = lock_broadcast(broadcast.pk)
    if cue := prepared_as(broadcast, client_id, change):
        return cue
    if actor.via == Via.API:
        return add_proposal(broadcast, title, change, client_id, actor, MAX_PROPOSALS)
    if waiting(broadcast).filter(proposed=False).count() >= MAX_CUES:
        raise Rejected(f"The rundown is full: {MAX_CUES} cues. Remove some first.")
    cue = add(broadcast, change, actor, title, client_id=client_id)
    add_entry(actor, "prepared", broadcast, title, cue=cue)
    return cue


def add_proposal(
    broadcast: Broadcast,
    title: str,
    change: Change,
    client_id: str | None,
    actor: Actor,
    limit: int | None = None,
) -> Cue:
    """Add a cue that comes from a program, for staff to check.

    If the same change is proposed and waits already, return that cue. Raises `Rejected` if `limit`
    others wait.
    """
    proposals = list(waiting(broadcast).filter(proposed=True))
    if cue := _with_change(proposals, change):
        return cue
    if limit is not None and len(proposals) >= limit:
        raise Rejected(f"{limit} proposals wait in the rundown. Take or remove some first.")
    cue = add(broadcast, change, actor, title, client_id=client_id, proposed=True)
    add_entry(actor, "proposed", broadcast, title, cue=cue)
    return cue


@transaction.atomic
def edit(
    broadcast: Broadcast, pk: int, version: int, title: str, change: Change, actor: Actor
) -> Cue:
    """Replace the title and change of a cue, unless it waits for approval or is scheduled."""
    require(actor.user, PREPARE)
    cue = _find_editable(broadcast, pk)
    check_version(cue, version)
    cue.title, cue.change, cue.version, cue.missed = title, change, version + 1, ""
    cue.declined_by = None
    save_cue(cue, actor, "edited", broadcast, title)
    return cue


@transaction.atomic
def move(broadcast: Broadcast, pk: int, before: int | None, actor: Actor) -> None:
    """Put a cue before another one, or at the end."""
    require(actor.user, PREPARE)
    broadcast = lock_broadcast(broadcast.pk)
    cue = find(broadcast, pk)
    others = list(broadcast.cues.filter(removed_at=None).exclude(pk=pk))
    places = {None: len(others)} | {other.pk: place for place, other in enumerate(others)}
    if before not in places:
        raise NotFound("There is no such cue to put it before.")
    others.insert(places[before], cue)
    for rank, other in enumerate(others, start=1):
        other.rank = rank
    Cue.objects.bulk_update(others, ["rank"])
    add_entry(actor, "moved", broadcast, f"{cue.title}, to place {places[before] + 1}", cue=cue)
    announce_rundown(broadcast)


@transaction.atomic
def remove(broadcast: Broadcast, pk: int, actor: Actor) -> None:
    """Take a cue out of the rundown. It stays stored."""
    require(actor.user, PREPARE)
    cue = _find_editable(broadcast, pk)
    cue.removed_at = clock.now()
    save_cue(cue, actor, "removed", broadcast, cue.title)


def _find_editable(broadcast: Broadcast, pk: int) -> Cue:
    """Return a cue that neither waits for approval nor is scheduled. Raises `Rejected`."""
    broadcast = lock_broadcast(broadcast.pk)
    cue = find_untaken(broadcast, pk)
    if cue.asked_by_id:
        raise Rejected("It waits for approval. Decline it first.")
    if cue.due_at and not cue.missed:
        raise Rejected("It is scheduled. Take it off the schedule first.")
    return cue


@transaction.atomic
def schedule(broadcast: Broadcast, pk: int, version: int, at: datetime, actor: Actor) -> None:
    """Schedule a cue: schedule.py takes it at its time. Repeating this changes nothing."""
    require(actor.user, SCHEDULE)
    broadcast = lock_broadcast(broadcast.pk)
    cue = find(broadcast, pk)
    require(actor.user, TO_PUBLISH[cue.change.kind])  # at its time it is taken in this user's name
    check_untaken(broadcast, cue)
    if cue.asked_by_id:
        raise Rejected("It waits for approval. Decline it first.")
    check_version(cue, version)
    if (cue.due_at, cue.scheduled_by, cue.missed) == (at, actor.user, ""):
        return
    if at <= clock.read():
        raise Rejected("That time has passed.")
    cue.due_at, cue.scheduled_by, cue.missed = at, actor.user, ""
    save_cue(cue, actor, "scheduled", broadcast, f"{cue.title}, for {_local_time(at)}")
    enqueue_check(at)


@transaction.atomic
def unschedule(broadcast: Broadcast, pk: int, actor: Actor) -> None:
    """Take a cue off the schedule. Users who may take may also do this: an emergency brake."""
    require(actor.user, SCHEDULE, TAKE)
    broadcast = lock_broadcast(broadcast.pk)
    cue = find_untaken(broadcast, pk)
    if cue.due_at is None:
        raise Rejected("It is not scheduled.")
    cue.due_at, cue.scheduled_by, cue.missed = None, None, ""
    save_cue(cue, actor, "unscheduled", broadcast, cue.title)


@transaction.atomic
def decline(broadcast: Broadcast, pk: int, actor: Actor) -> None:
    """Leave a waiting cue in the rundown, not taken. Its taker withdraws it that way."""
    broadcast = lock_broadcast(broadcast.pk)
    cue = find_untaken(broadcast, pk)
    taken_by = asked_by(cue)
    if taken_by != actor.user:
        require(actor.user, CONFIRM)
    cue.asked_by = cue.asked_at = None
    cue.declined_by = None if taken_by == actor.user else actor.user
    save_cue(cue, actor, "declined", broadcast, f"{cue.title}, which {taken_by} took")


def add_waiting(broadcast: Broadcast, change: Change, client_id: str | None, actor: Actor) -> Cue:
    """Return a cue that waits for approval.

    If the same user's take of the same change waits already, return that cue.
    """
    if cue := _with_change(waiting(broadcast).filter(asked_by=actor.user), change):
        return cue
    program = actor.via == Via.API
    cue = add(broadcast, change, actor, client_id=client_id, proposed=program)
    return ask_approval(broadcast, cue, actor)


def _with_change(cues: Iterable[Cue], change: Change) -> Cue | None:
    """Return the first cue that holds this change; None if none does."""
    return next((cue for cue in cues if cue.change == change), None)


def ask_approval(broadcast: Broadcast, cue: Cue, actor: Actor) -> Cue:
    """Make `cue`, which `actor` took, wait for approval."""
    cue.asked_by, cue.asked_at = actor.user, clock.now()
    cue.due_at, cue.missed, cue.declined_by = None, "", None
    save_cue(cue, actor, "asked", broadcast, f"for approval: {cue.title}")
    return cue


def asked_by(cue: Cue) -> Any:
    """Return the user whose take waits for approval. Raises `Rejected` if there is none."""
    if cue.asked_by is None:
        raise Rejected("No take of this cue waits for approval.")
    return cue.asked_by


def save_cue(cue: Cue, actor: Actor, action: str, broadcast: Broadcast, detail: str) -> None:
    """Store a cue, record why in the audit, and notify consoles after the commit."""
    cue.save()
    add_entry(actor, action, broadcast, detail, cue=cue)
    announce_rundown(broadcast)


def _local_time(at: datetime) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M:%S %Z}"
