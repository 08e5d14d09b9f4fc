"""Reading the log: positions, snapshots, updates and recordings.

The log in the database is authoritative. These functions block; call them from a thread.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, overload

from django.db.models import Max, Q

from broadcaster.domain.recording import Recording
from broadcaster.domain.stream import Position, Snapshot, Update
from broadcaster.models import Broadcast, Publication

DESK_LOG = 500  # updates that the desk shows at most: more than an evening has

_1970 = datetime(1970, 1, 1, tzinfo=UTC)


@overload
def milliseconds(at: datetime) -> int: ...
@overload
def milliseconds(at: None) -> None: ...
def milliseconds(at: datetime | None) -> int | None:
    """Return milliseconds since 1970, the unit of time in frames."""
    return None if at is None else (at - _1970) // timedelta(milliseconds=1)


def moment(at: int) -> datetime:
    """Return the inverse of `milliseconds`."""
    return _1970 + timedelta(milliseconds=at)


def head(broadcast_id: int) -> tuple[Position, dict[str, str]]:
    """Return the position of the log's end, and the editions of the contests by key.

    One small query. Raises `Broadcast.DoesNotExist`.
    """
    found = Broadcast.objects.values_list("epoch", "seq", "contests").get(pk=broadcast_id)
    epoch, seq, lineup = found
    return Position(epoch, seq), dict(lineup)


def snapshot(broadcast: Broadcast) -> Snapshot:
    """Return the map of `broadcast` when it was read: one row, so state and position agree."""
    at = milliseconds(broadcast.at)
    digests = dict(broadcast.contests)
    return Snapshot(broadcast.epoch, broadcast.seq, at, digests, broadcast.state)


def updates_after(broadcast_id: int, position: Position, limit: int) -> list[Update] | None:
    """Return the updates past `position`, oldest first; None if there are more than `limit`.

    For an earlier epoch of the broadcast, return the updates stored of that history.
    """
    rows = Publication.objects.filter(
        broadcast_id=broadcast_id, epoch=position.epoch, seq__gt=position.seq
    ).order_by("seq")[: limit + 1]
    updates = [to_update(row) for row in rows]
    return updates if len(updates) <= limit else None


def open_log(slug: str, count: int) -> tuple[Broadcast, list[Update]] | None:
    """Return a broadcast and the last updates of its log, up to `count`, oldest first."""
    broadcast = Broadcast.objects.filter(slug=slug).first()
    if broadcast is None:
        return None
    rows = Publication.objects.filter(
        broadcast=broadcast, epoch=broadcast.epoch, seq__lte=broadcast.seq
    ).order_by("-seq")[:count]
    return broadcast, [to_update(row) for row in reversed(rows)]


def recording(broadcast: Broadcast, position: Position | None = None) -> Recording | None:
    """Return all updates up to `position`, or to now; None if the log lacks that position.

    A recording begins with its first update. Histories before a new epoch are still stored.
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
        show=broadcast.show,
        initial=broadcast.opening,
        updates=updates,
    )


def end_of(broadcast: Broadcast, epoch: str) -> Position:
    """Return the last position of one of this broadcast's histories, present or earlier."""
    if epoch == broadcast.epoch:
        return broadcast.position
    rows = Publication.objects.filter(broadcast=broadcast, epoch=epoch)
    return Position(epoch, rows.aggregate(last=Max("seq"))["last"] or 0)


def desk_log(broadcast: Broadcast, after: int = 0) -> list[dict[str, Any]]:
    """Return the newest updates past seq `after`, oldest first, as the desk shows them.

    From the beginning on, updates with nothing but counts are left out, which would leave no room
    for others. Each is as in a frame, with the names `by` and `confirmed_by` (or None), the `cue`
    that it took (or None), and `via`, the way it was published by.
    """
    rows = (
        Publication.objects.filter(
            broadcast=broadcast, epoch=broadcast.epoch, seq__gt=after, seq__lte=broadcast.seq
        )
        .select_related("by", "confirmed_by")
        .order_by("-seq")
    )
    if after == 0:
        rows = rows.exclude(
            ~Q(change__has_any_keys=["calls", "view", "story"]), change__has_key="counts"
        )
    return [
        to_update(row).to_dict()
        | {
            "by": row.who,
            "confirmed_by": row.confirmed_by and str(row.confirmed_by),
            "cue": row.cue_id,
            "via": row.via,
        }
        for row in reversed(rows[:DESK_LOG])
    ]


def to_update(row: Publication) -> Update:
    """Return the update in a stored row."""
    return Update.of(row.change, row.seq, milliseconds(row.at), row.totals)
