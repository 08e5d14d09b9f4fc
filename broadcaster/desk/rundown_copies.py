"""Rundowns in other broadcasts: copied with their broadcast, exported, and imported."""

from collections.abc import Iterable

from django.db import transaction

from broadcaster.desk.rundown import prepare
from broadcaster.domain.change import Kind
from broadcaster.domain.rundown_file import PreparedChange
from broadcaster.models import Broadcast
from broadcaster.publishing.actor import Actor
from broadcaster.publishing.audit import add_entry

COPIED = ("contests", "source", "approval", "feed")
"""The fields of a broadcast that its copy has. Times are left out: they are those of one night."""


def prepared_changes(broadcast: Broadcast) -> list[PreparedChange]:
    """Return the cues of a rundown in their order, taken ones too.

    Corrections are left out: each names an update of this log.
    """
    cues = broadcast.cues.filter(removed_at=None)
    return [
        PreparedChange(cue.title, cue.change) for cue in cues if cue.change.kind is not Kind.CORRECT
    ]


@transaction.atomic
def add_cues(broadcast: Broadcast, cues: Iterable[PreparedChange], key: str, actor: Actor) -> int:
    """Add all of the cues at the end of a rundown, or none of them. Return their number.

    `key` is an idempotency key: adding twice with the same key adds the cues once. Raises
    `Rejected` if the rundown cannot take them, or the user may not prepare cues.
    """
    count = 0
    for count, cue in enumerate(cues, start=1):
        prepare(broadcast, cue.title, cue.change, f"{key}:{count}", actor)
    return count


@transaction.atomic
def copy(
    broadcast: Broadcast, *, title: str, slug: str, rehearsal: bool, actor: Actor
) -> Broadcast:
    """Make a broadcast like another one, with its rundown: off air, unlisted, nothing taken.

    Raises `ValidationError` for a slug or title that cannot be, `Rejected` as `add_cues` does.
    """
    made = Broadcast(title=title, slug=slug, rehearsal=rehearsal, listed=False)
    for name in COPIED:
        setattr(made, name, getattr(broadcast, name))
    made.full_clean(exclude=["state"])
    made.save()
    add_entry(actor, "changed", made, f"created as a copy of {broadcast} ({broadcast.slug})")
    add_cues(made, prepared_changes(broadcast), "copy", actor)
    return made
