"""Reading the log: what everyone else uses to learn where a broadcast stands.

The log in the database is the truth. These functions block; call them from a thread.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, overload

from django.db.models import Max

from broadcaster.domain.mapstate import MapState
from broadcaster.domain.recording import Recording
from broadcaster.domain.stream import Position, Snapshot, Update
from broadcaster.models import NOBODY, AuditEntry, Broadcast, Publication

LOG = 500  # updates that the desk sees at most: more than an evening has


_1970 = datetime(1970, 1, 1, tzinfo=UTC)


@overload
def milliseconds(at: datetime) -> int: ...
@overload
def milliseconds(at: None) -> None: ...
def milliseconds(at: datetime | None) -> int | None:
    """Milliseconds since 1970, as every frame has them."""
    return None if at is None else (at - _1970) // timedelta(milliseconds=1)


def moment(at: int) -> datetime:
    """The inverse of `milliseconds`."""
    return _1970 + timedelta(milliseconds=at)


def head(broadcast_id: int) -> Position:
    """Where the log ends now. One small query."""
    return Position(*Broadcast.objects.values_list("epoch", "seq").get(pk=broadcast_id))


def snapshot(broadcast: Broadcast) -> Snapshot:
    """The map as `broadcast` was read: one row, so state and position agree."""
    return Snapshot(
        broadcast.position, milliseconds(broadcast.at), MapState.from_dict(broadcast.state)
    )


def updates_after(broadcast_id: int, position: Position, limit: int) -> list[Update] | None:
    """The updates past `position`, oldest first; None if there are more than `limit`.

    An epoch that the broadcast no longer has gives what is stored of that history.
    """
    rows = Publication.objects.filter(
        broadcast_id=broadcast_id, epoch=position.epoch, seq__gt=position.seq
    ).order_by("seq")[: limit + 1]
    updates = [to_update(row) for row in rows]
    return updates if len(updates) <= limit else None


def open_log(slug: str, count: int) -> tuple[Broadcast, list[Update]] | None:
    """A broadcast and up to `count` updates that led to where it stands, oldest first."""
    broadcast = Broadcast.objects.filter(slug=slug).first()
    if broadcast is None:
        return None
    rows = Publication.objects.filter(
        broadcast=broadcast, epoch=broadcast.epoch, seq__lte=broadcast.seq
    ).order_by("-seq")[:count]
    return broadcast, [to_update(row) for row in reversed(rows)]


def recording(broadcast: Broadcast, position: Position | None = None) -> Recording | None:
    """All updates up to `position`, or up to now; None if the log does not have that position.

    A recording begins with its first update. Histories that were started over are still stored.
    """
    position = position or broadcast.position
    rows = Publication.objects.filter(
        broadcast=broadcast, epoch=position.epoch, seq__lte=position.seq
    ).order_by("seq")
    updates = tuple(to_update(row) for row in rows)
    if len(updates) != position.seq or (not updates and position != broadcast.position):
        return None
    return Recording(
        title=broadcast.title,
        slug=broadcast.slug,
        epoch=position.epoch,
        began=updates[0].at if updates else milliseconds(broadcast.at),
        initial=broadcast.opening,
        updates=updates,
    )


def end_of(broadcast: Broadcast, epoch: str) -> Position:
    """The last position of one of this broadcast's histories, the present one or an earlier."""
    if epoch == broadcast.epoch:
        return broadcast.position
    rows = Publication.objects.filter(broadcast=broadcast, epoch=epoch)
    return Position(epoch, rows.aggregate(last=Max("seq"))["last"] or 0)


def log(broadcast: Broadcast, after: int = 0) -> list[dict[str, Any]]:
    """The newest updates past seq `after`, oldest first, each as in a frame and with `by` whom,
    `confirmed_by` (or None), the `cue` it was (or None), and `via` which way it came in."""
    rows = (
        Publication.objects.filter(
            broadcast=broadcast, epoch=broadcast.epoch, seq__gt=after, seq__lte=broadcast.seq
        )
        .select_related("by", "confirmed_by")
        .order_by("-seq")[:LOG]
    )
    ways = dict(
        AuditEntry.objects.filter(broadcast=broadcast, epoch=broadcast.epoch, seq__gt=after)
        .order_by()
        .values_list("seq", "via")
    )
    return [
        to_update(row).to_dict()
        | {
            "by": str(row.by or NOBODY[ways.get(row.seq, "command")]),
            "confirmed_by": row.confirmed_by and str(row.confirmed_by),
            "cue": row.cue_id,
            "via": ways.get(row.seq),
        }
        for row in reversed(rows)
    ]


def to_update(row: Publication) -> Update:
    """The stored row as the value that travels."""
    return Update.from_dict(
        {"seq": row.seq, "at": milliseconds(row.at), **row.change, "totals": row.totals}
    )
