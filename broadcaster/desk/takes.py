"""Putting changes on air: at once, from the rundown, or after another person's approval.

Each function is one transaction that locks the broadcast. So what is checked is what is published,
and the audit has an entry if and only if the log has the update.
"""

from typing import Any

from django.db import transaction
from django.utils import timezone

from broadcaster.desk.audit import add_entry
from broadcaster.desk.permissions import CONFIRM, TAKE, TO_PUBLISH, require
from broadcaster.desk.rundown import (
    add,
    check_version,
    find,
    find_untaken,
    proposed_as,
    save_cue,
)
from broadcaster.domain.approval import needs_approval
from broadcaster.domain.change import Change, Kind
from broadcaster.domain.parsing import MAX_TITLE
from broadcaster.domain.rejection import Forbidden, Rejected
from broadcaster.domain.summary import describe
from broadcaster.models import Broadcast, Cue, Publication
from broadcaster.publishing.actor import Actor
from broadcaster.publishing.publish import (
    check,
    check_untaken,
    lock_broadcast,
    publish,
    published_as,
    taken_as,
)

ACTIONS = {
    Kind.UPDATE: "took",
    Kind.CORRECT: "corrected",
    Kind.START: "started",
    Kind.HOLD: "held",
    Kind.RESUME: "resumed",
    Kind.END: "ended",
}
"""The audit's action for publishing a change of each kind."""


@transaction.atomic
def publish_and_audit(
    broadcast: Broadcast, change: Change, actor: Actor, action: str | None = None, **options: Any
) -> Publication:
    """Publish a change and record it in the audit. Permissions are not checked here.

    `options` are those of `publish`, which raises `Rejected`.
    """
    publication = publish(broadcast, change, actor, **options)
    taken = f", which {publication.by} took" if publication.confirmed_by else ""
    reason = f"; update {change.corrects} was wrong: {change.reason}" if change.reason else ""
    add_entry(
        actor,
        action or ACTIONS[change.kind],
        broadcast,
        f"update {publication.seq}, {describe(change) or change.kind}{taken}{reason}",
        cue=publication.cue,
        publication=publication,
    )
    return publication


@transaction.atomic
def take(
    broadcast: Broadcast, change: Change, client_id: str | None, actor: Actor
) -> Publication | Cue:
    """Publish `change`, or return the cue that now waits for approval.

    Taking again with the same idempotency key `client_id` returns the first outcome.
    """
    require(actor.user, TO_PUBLISH[change.kind])
    broadcast = lock_broadcast(broadcast.pk)
    if published := published_as(broadcast, client_id, change):
        return published
    if cue := proposed_as(broadcast, client_id, change):
        return taken_as(broadcast, cue) or cue
    if needs_approval(broadcast.second_person, broadcast.state, change):
        check(broadcast, change)  # a change that would be rejected must not wait
        title = (describe(change) or change.kind)[:MAX_TITLE]
        cue = add(broadcast, title, change, by=actor.user, client_id=client_id)
        return _ask(broadcast, cue, actor)
    return publish_and_audit(broadcast, change, actor, client_id=client_id)


@transaction.atomic
def take_cue(
    broadcast: Broadcast, pk: int, version: int, client_id: str | None, actor: Actor
) -> Publication | Cue:
    """Put a cue on air, or return the cue, which now waits for approval."""
    broadcast = lock_broadcast(broadcast.pk)
    cue = find(broadcast, pk)
    require(actor.user, TO_PUBLISH[cue.change.kind])
    if published := _repeated(broadcast, cue, client_id):
        return published
    check_version(cue, version)
    if needs_approval(broadcast.second_person, broadcast.state, cue.change):
        check(broadcast, cue.change)
        return cue if cue.asked_by_id else _ask(broadcast, cue, actor)
    return _release(broadcast, cue, actor, client_id=client_id)


@transaction.atomic
def confirm(broadcast: Broadcast, pk: int, client_id: str | None, actor: Actor) -> Publication:
    """Approve a waiting cue: put it on air."""
    require(actor.user, CONFIRM)
    broadcast = lock_broadcast(broadcast.pk)
    cue = find(broadcast, pk)
    if published := _repeated(broadcast, cue, client_id):
        return published
    taken_by = _asked_by(cue)
    if taken_by == actor.user:
        raise Forbidden("You took it, so somebody else must confirm.")
    return _release(broadcast, cue, actor, "confirmed", taken_by=taken_by, client_id=client_id)


@transaction.atomic
def decline(broadcast: Broadcast, pk: int, actor: Actor) -> None:
    """Leave a waiting cue in the rundown, not taken."""
    broadcast = lock_broadcast(broadcast.pk)
    cue = find_untaken(broadcast, pk)
    taken_by = _asked_by(cue)
    if taken_by != actor.user:
        require(actor.user, CONFIRM)
    cue.asked_by = cue.asked_at = None
    save_cue(cue, actor, "declined", broadcast, f"{cue.title}, which {taken_by} took")


@transaction.atomic
def undo_view(broadcast: Broadcast, client_id: str | None, actor: Actor) -> Publication:
    """Take viewers back to where they were before the last view: by a new update."""
    require(actor.user, TAKE)
    broadcast = lock_broadcast(broadcast.pk)
    rows = Publication.objects.filter(broadcast=broadcast, epoch=broadcast.epoch)
    if client_id and (published := rows.filter(client_id=client_id).first()):
        return published
    changes = rows.order_by("-seq").values_list("change", flat=True)
    views = [change.view for change in changes if change.view]
    now = broadcast.state.view
    before = next((view for view in [*views, broadcast.opening.view] if view != now), None)
    if before is None:
        raise Rejected("Nothing would change: there was no other view yet.")
    change = Change(Kind.UPDATE, view=before)
    return publish_and_audit(broadcast, change, actor, "undid", client_id=client_id)


def _ask(broadcast: Broadcast, cue: Cue, actor: Actor) -> Cue:
    """Make `cue` wait for approval."""
    cue.asked_by, cue.asked_at = actor.user, timezone.now()
    cue.due_at, cue.missed = None, ""
    save_cue(cue, actor, "asked", broadcast, f"for a second person: {cue.title}")
    return cue


def _asked_by(cue: Cue) -> Any:
    """Return the user whose take waits for approval. Raises `Rejected` if there is none."""
    if cue.asked_by is None:
        raise Rejected("Nobody waits for a confirmation of this cue.")
    return cue.asked_by


def _repeated(broadcast: Broadcast, cue: Cue, client_id: str | None) -> Publication | None:
    """Return what the same command made before. Raises `Rejected` if another took the cue."""
    taken = taken_as(broadcast, cue)
    if taken is not None and client_id and taken.client_id == client_id:
        return taken
    check_untaken(broadcast, cue)
    return None


def _release(
    broadcast: Broadcast, cue: Cue, actor: Actor, action: str | None = None, **options: Any
) -> Publication:
    """Publish a cue. Consoles read the rundown again when they are notified of the update."""
    cue.asked_by = cue.asked_at = cue.due_at = None
    cue.missed = ""
    cue.save()
    return publish_and_audit(broadcast, cue.change, actor, action, cue=cue, **options)
