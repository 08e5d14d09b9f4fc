"""The only writer of map state.

An update is on the log or it is not: one transaction moves the broadcast from seq n to n + 1,
stores the new state and the log row, and after the commit the announcement goes out.
"""

from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.utils import timezone

from broadcaster.domain.change import Change
from broadcaster.domain.mapstate import MapState
from broadcaster.domain.recording import Recording
from broadcaster.domain.rejection import Refused
from broadcaster.models import Broadcast, Cue, Publication, new_epoch
from broadcaster.publishing import history
from broadcaster.publishing.announce import announce

ATTEMPTS = 100
"""Two publishers at once: one wins, the other reads again. One of n waits n - 1 rounds."""


def publish(
    broadcast: Broadcast,
    change: Change,
    *,
    by=None,
    client_id: str | None = None,
    cue: Cue | None = None,
    confirmed_by=None,
) -> Publication:
    """Put `change` on the log of `broadcast` and announce it. Returns the `Publication`.

    Idempotent by `client_id`: the same change again returns the first publication. A cue is taken
    once: by whoever is first.
    Raises `Refused` if the broadcast is off air, on hold, the change contradicts a call, or the
    cue was taken.
    """
    origin = {"by": by, "client_id": client_id, "cue": cue, "confirmed_by": confirmed_by}
    for _ in range(ATTEMPTS):
        with transaction.atomic():
            seen = Broadcast.objects.get(pk=broadcast.pk)
            if earlier := published_as(seen, client_id, change):
                return earlier
            if cue is not None and (earlier := taken_as(seen, cue)):
                raise already_taken(earlier)
            publication = _append(seen, change, timezone.now(), origin)
            if publication is not None:
                transaction.on_commit(partial(announce, publication))
                return publication
    raise Refused("Too many people publish at once. Nothing was sent; try again.")


def start_over(broadcast: Broadcast) -> None:
    """Begin a new history: an empty map under a new epoch. The old log stays stored.

    For rehearsals and demonstrations. Viewers get the new snapshot within the head check.
    """
    Broadcast.objects.filter(pk=broadcast.pk).update(
        epoch=new_epoch(),
        seq=0,
        at=timezone.now(),
        phase=broadcast.opening.phase,
        state=broadcast.opening.to_dict(),
    )


def refusal(broadcast: Broadcast, change: Change) -> str | None:
    """Why `change` may not be published on `broadcast` as it was read; None if it may."""
    state = MapState.from_dict(broadcast.state)
    return state.refusal(change) or _wrong_correction(broadcast, change)


def published_as(broadcast: Broadcast, client_id: str | None, change: Change) -> Publication | None:
    """What `client_id` was published as. Raises `Refused` if that was another change."""
    if client_id is None:
        return None
    earlier = Publication.objects.filter(
        broadcast=broadcast, epoch=broadcast.epoch, client_id=client_id
    ).first()
    if earlier is not None and earlier.change != change.to_dict():
        raise Refused(f"client_id {client_id} was used for another update, seq {earlier.seq}.")
    return earlier


def taken_as(broadcast: Broadcast, cue: Cue) -> Publication | None:
    """What `cue` was published as in the present epoch."""
    return Publication.objects.filter(epoch=broadcast.epoch, cue=cue).first()


def already_taken(earlier: Publication) -> Refused:
    """What the second one to press Take is told."""
    who = earlier.by or "the schedule"
    return Refused(f"Already taken by {who}, update {earlier.seq}.", seq=earlier.seq)


def store(recording: Recording, *, slug: str, title: str, by=None) -> Broadcast:
    """A new broadcast, unlisted and over, with `recording` as its log under an epoch of its own.

    A recording that does not end gets an `end`. Raises `Refused` if it was never on air.
    """
    *_, state = recording.states()
    changes = [(history.moment(update.at), update.change) for update in recording.updates]
    at = changes[-1][0] if changes else history.moment(recording.began)
    if state.phase == "scheduled":
        raise Refused("This recording does not start: there is nothing in it to see.")
    if state.phase != "ended":
        changes.append((at, Change(kind="end")))
    with transaction.atomic():
        broadcast = Broadcast.objects.create(
            slug=slug,
            title=title,
            election=state.election,
            listed=False,
            initial=recording.initial.to_dict(),
        )
        state = recording.initial
        rows = []
        for seq, (when, change) in enumerate(changes, start=1):
            state = state.apply(change)
            rows.append(
                Publication(
                    broadcast=broadcast,
                    epoch=broadcast.epoch,
                    seq=seq,
                    at=when,
                    kind=change.kind,
                    change=change.to_dict(),
                    totals=state.totals,
                    by=by,
                )
            )
        Publication.objects.bulk_create(rows)
        Broadcast.objects.filter(pk=broadcast.pk).update(
            seq=len(rows), at=at, phase=state.phase, state=state.to_dict()
        )
    broadcast.refresh_from_db()
    return broadcast


def _append(
    seen: Broadcast, change: Change, at: datetime, origin: dict[str, Any]
) -> Publication | None:
    """The row for seq + 1, or None if somebody else took that seq meanwhile."""
    if reason := refusal(seen, change):
        raise Refused(reason)
    after = MapState.from_dict(seen.state).apply(change)
    moved = Broadcast.objects.filter(pk=seen.pk, epoch=seen.epoch, seq=seen.seq).update(
        seq=seen.seq + 1, at=at, phase=after.phase, state=after.to_dict()
    )
    if not moved:
        return None
    return Publication.objects.create(
        broadcast=seen,
        epoch=seen.epoch,
        seq=seen.seq + 1,
        at=at,
        kind=change.kind,
        change=change.to_dict(),
        totals=after.totals,
        **origin,
    )


def _wrong_correction(broadcast: Broadcast, change: Change) -> str | None:
    """A correction names the update that made each call it takes back: it called the unit as it
    stands, and none after it said otherwise."""
    if change.corrects is None:
        return None
    rows = Publication.objects.filter(
        broadcast=broadcast, epoch=broadcast.epoch, seq__gte=change.corrects
    )
    said = [(0, broadcast.opening.calls)] if change.corrects == 0 else []
    said += [(seq, row.get("calls", {})) for seq, row in rows.values_list("seq", "change")]
    standing = broadcast.state["calls"]
    missing = []
    for unit in change.calls or ():
        parties = {seq: calls[unit].get("party") for seq, calls in said if unit in calls}
        if change.corrects not in parties or {*parties.values()} != {standing[unit]["party"]}:
            missing.append(unit)
    return f"Update {change.corrects} did not call {', '.join(missing)}." if missing else None
