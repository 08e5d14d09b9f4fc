"""Putting changes on air for somebody: at once, from the rundown, or with a second person.

Each function is one transaction that holds the broadcast, so what is checked is what is
published, and the audit has it if and only if the log has it.
"""

from typing import Any

from django.db import transaction
from django.utils import timezone

from broadcaster.desk.audit import Actor, record
from broadcaster.desk.permissions import CONFIRM, TAKE, TO_PUBLISH, require
from broadcaster.desk.rundown import add, check_version, earlier, find, find_untaken, locked
from broadcaster.domain.approval import is_needed
from broadcaster.domain.change import Change, parse_change
from broadcaster.domain.electoral import unit_name
from broadcaster.domain.mapstate import MapState
from broadcaster.domain.rejection import Forbidden, Refused
from broadcaster.models import Broadcast, Cue, Publication
from broadcaster.publishing.announce import announce_rundown
from broadcaster.publishing.publish import already_taken, publish, published_as, refusal, taken_as

DONE = {
    "update": "took",
    "correct": "corrected",
    "start": "started",
    "hold": "held",
    "resume": "resumed",
    "end": "ended",
}
"""What the audit calls publishing a change of each kind."""

TITLE = 120  # characters of a cue's title


@transaction.atomic
def put_on_air(
    broadcast: Broadcast, change: Change, actor: Actor, action: str | None = None, **origin: Any
) -> Publication:
    """`publish` and its entry in the audit, without asking whether `actor` may."""
    publication = publish(broadcast, change, **{"by": actor.user} | origin)
    taken = f", which {publication.by} took" if publication.confirmed_by else ""
    reason = f"; update {change.corrects} was wrong: {change.reason}" if change.reason else ""
    record(
        actor,
        action or DONE[change.kind],
        broadcast,
        f"update {publication.seq}, {describe(change)}{taken}{reason}",
        cue=publication.cue,
        publication=publication,
    )
    return publication


@transaction.atomic
def take(
    broadcast: Broadcast, change: Change, client_id: str | None, actor: Actor
) -> Publication | Cue:
    """Publish `change`, or the cue that now waits for a second person. One for each client_id."""
    require(actor.user, TO_PUBLISH[change.kind])
    broadcast = locked(broadcast)
    if published := published_as(broadcast, client_id, change):
        return published
    if cue := earlier(broadcast, client_id, change):
        return taken_as(broadcast, cue) or cue
    if must_wait(broadcast, change, actor):
        title = describe(change)[:TITLE]
        cue = add(broadcast, title, change, by=actor.user, client_id=client_id)
        return ask(broadcast, cue, actor)
    return put_on_air(broadcast, change, actor, client_id=client_id)


@transaction.atomic
def take_cue(
    broadcast: Broadcast, pk: int, version: int, client_id: str | None, actor: Actor
) -> Publication | Cue:
    """Put a cue on air, or the cue itself: it now waits for a second person."""
    broadcast = locked(broadcast)
    cue = find(broadcast, pk)
    change = parse_change(cue.change)
    require(actor.user, TO_PUBLISH[change.kind])
    if published := _repeated(broadcast, cue, client_id):
        return published
    check_version(cue, version)
    if must_wait(broadcast, change, actor):
        return cue if cue.asked_by_id else ask(broadcast, cue, actor)
    return _release(broadcast, cue, change, actor, client_id=client_id)


@transaction.atomic
def confirm(broadcast: Broadcast, pk: int, client_id: str | None, actor: Actor) -> Publication:
    """Put a waiting cue on air, as the second person."""
    require(actor.user, CONFIRM)
    broadcast = locked(broadcast)
    cue = find(broadcast, pk)
    if published := _repeated(broadcast, cue, client_id):
        return published
    if cue.asked_by is None:
        raise Refused("Nobody waits for a confirmation of this cue.")
    if cue.asked_by == actor.user:
        raise Forbidden("You took it, so somebody else must confirm.")
    change = parse_change(cue.change)
    check(broadcast, change, actor)
    return _release(
        broadcast,
        cue,
        change,
        actor,
        action="confirmed",
        by=cue.asked_by,
        confirmed_by=actor.user,
        client_id=client_id,
    )


@transaction.atomic
def decline(broadcast: Broadcast, pk: int, actor: Actor) -> None:
    """Leave a waiting cue in the rundown, not taken."""
    broadcast = locked(broadcast)
    cue = find_untaken(broadcast, pk)
    if cue.asked_by is None:
        raise Refused("Nobody waits for a confirmation of this cue.")
    if cue.asked_by != actor.user:
        require(actor.user, CONFIRM)
    record(actor, "declined", broadcast, f"{cue.title}, which {cue.asked_by} took", cue=cue)
    cue.asked_by = cue.asked_at = None
    cue.save()
    announce_rundown(broadcast)


@transaction.atomic
def undo_view(broadcast: Broadcast, client_id: str | None, actor: Actor) -> Publication:
    """Take viewers back to where they were before the last view: by a new update."""
    require(actor.user, TAKE)
    broadcast = locked(broadcast)
    rows = Publication.objects.filter(broadcast=broadcast, epoch=broadcast.epoch)
    if client_id and (published := rows.filter(client_id=client_id).first()):
        return published
    views = [row.change["view"] for row in rows.order_by("-seq") if "view" in row.change]
    now = broadcast.state["view"]
    before = next((v for v in [*views, broadcast.opening.view] if v != now), None)
    if before is None:
        raise Refused("Nothing would change: there was no other view yet.")
    return put_on_air(broadcast, Change(view=before), actor, "undid", client_id=client_id)


def must_wait(broadcast: Broadcast, change: Change, actor: Actor) -> bool:
    """Whether a second person is needed. Raises `Refused` if the change may not go out at all."""
    state = check(broadcast, change, actor)
    return is_needed(broadcast.second_person, state, change)


def check(broadcast: Broadcast, change: Change, actor: Actor) -> MapState:
    """The map before `change`. Raises `Refused` if that may not go out now, or does nothing."""
    if broadcast.archived_at:
        raise Refused("The broadcast is archived.")
    if reason := refusal(broadcast, change):
        raise Refused(reason)
    state = MapState.from_dict(broadcast.state)
    if actor.via != "api" and state.apply(change) == state:
        raise Refused("Nothing would change: viewers see this already.")
    return state


def ask(broadcast: Broadcast, cue: Cue, actor: Actor) -> Cue:
    """Have `cue` wait for a second person."""
    cue.asked_by, cue.asked_at = actor.user, timezone.now()
    cue.due_at, cue.missed = None, ""
    cue.save()
    record(actor, "asked", broadcast, f"for a second person: {cue.title}", cue=cue)
    announce_rundown(broadcast)
    return cue


def describe(change: Change) -> str:
    """A change in a few words, for the audit and for cues without a title."""
    if headline := (change.story or {}).get("headline"):
        return headline
    if change.calls:
        return ", ".join(f"{unit_name(unit)} {c['status']}" for unit, c in change.calls.items())
    if change.view:
        return f"view {change.view['focus']}"
    return change.kind


def _repeated(broadcast: Broadcast, cue: Cue, client_id: str | None) -> Publication | None:
    """What the same command made before. Raises `Refused` if another took the cue."""
    taken = taken_as(broadcast, cue)
    if taken is None or (client_id and taken.client_id == client_id):
        return taken
    raise already_taken(taken)


def _release(
    broadcast: Broadcast, cue: Cue, change: Change, actor: Actor, **more: Any
) -> Publication:
    cue.asked_by = cue.asked_at = cue.due_at = None
    cue.missed = ""
    cue.save()
    announce_rundown(broadcast)
    return put_on_air(broadcast, change, actor, cue=cue, **more)
