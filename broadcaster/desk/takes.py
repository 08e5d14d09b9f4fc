"""Putting changes on air: at once, from the rundown, or after another person's approval.

Each function is one transaction that locks the broadcast, so its checks hold until it publishes.
"""

from typing import Any

from django.db import transaction

from broadcaster.desk.permissions import CONFIRM, TAKE, TO_PUBLISH, require
from broadcaster.desk.rundown import (
    add_waiting,
    ask_approval,
    asked_by,
    check_version,
    find,
)
from broadcaster.domain.change import Change, Kind
from broadcaster.domain.rejection import Forbidden, Rejected
from broadcaster.models import Broadcast, Cue, Publication
from broadcaster.publishing.actor import Actor
from broadcaster.publishing.publish import (
    ApprovalNeeded,
    InRundown,
    check_untaken,
    lock_broadcast,
    publish_locked,
    taken_as,
)


@transaction.atomic
def take(
    broadcast: Broadcast, change: Change, client_id: str | None, actor: Actor
) -> Publication | Cue:
    """Publish `change`, or return the cue that now waits for approval.

    Taking again with the same idempotency key `client_id` returns the first outcome.
    """
    require(actor.user, TO_PUBLISH[change.kind])
    broadcast = lock_broadcast(broadcast.pk)
    try:
        return publish_locked(broadcast, change, actor, client_id=client_id)
    except InRundown as earlier:
        return earlier.cue
    except ApprovalNeeded:
        return add_waiting(broadcast, change, client_id, actor)


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
    try:
        return _release(broadcast, cue, actor, client_id=client_id)
    except ApprovalNeeded:
        return cue if cue.asked_by_id else ask_approval(broadcast, cue, actor)


@transaction.atomic
def confirm(
    broadcast: Broadcast, pk: int, version: int, client_id: str | None, actor: Actor
) -> Publication:
    """Approve a waiting cue: put it on air.

    `version` is the one that `actor` has looked at. Raises `Rejected` if the cue is another now: a
    take that was withdrawn can be edited and taken again before the approval arrives.
    """
    require(actor.user, CONFIRM)
    broadcast = lock_broadcast(broadcast.pk)
    cue = find(broadcast, pk)
    if published := _repeated(broadcast, cue, client_id):
        return published
    taken_by = asked_by(cue)
    if taken_by == actor.user:
        raise Forbidden("You took it, so somebody else must confirm.")
    check_version(cue, version)
    return _release(
        broadcast, cue, actor, client_id=client_id, taken_by=taken_by, action="confirmed"
    )


@transaction.atomic
def undo_view(broadcast: Broadcast, client_id: str | None, actor: Actor) -> Publication:
    """Publish the view before the last one as a new update."""
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
    return publish_locked(broadcast, change, actor, client_id=client_id, action="undid")


def _repeated(broadcast: Broadcast, cue: Cue, client_id: str | None) -> Publication | None:
    """Return the outcome of the same command. Raises `Rejected` if another command took the cue."""
    taken = taken_as(broadcast, cue)
    if taken is not None and client_id and taken.client_id == client_id:
        return taken
    check_untaken(broadcast, cue)
    return None


def _release(broadcast: Broadcast, cue: Cue, actor: Actor, **options: Any) -> Publication:
    """Publish a cue. Consoles read the rundown again when they are notified of the update."""
    publication = publish_locked(broadcast, cue.change, actor, cue=cue, **options)
    cue.asked_by = cue.asked_at = cue.due_at = cue.declined_by = None
    cue.missed = ""
    cue.save()
    return publication
