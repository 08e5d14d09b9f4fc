"""Writing the audit: actions, and rejected requests."""

import csv
import io
from collections.abc import Iterable
from datetime import UTC

from broadcaster.desk.requests import Reply, invalid
from broadcaster.domain.rejection import InvalidInput, Rejected
from broadcaster.models import AuditEntry, Broadcast, Cue, Publication
from broadcaster.publishing.actor import Actor

MAX_REJECTION = 1000  # characters of an entry that quotes a request


def add_entry(
    actor: Actor,
    action: str,
    broadcast: Broadcast | None,
    detail: str,
    *,
    cue: Cue | None = None,
    publication: Publication | None = None,
) -> None:
    """Record that `actor` did `action` (one of `models.audit.Action`), with `detail` in words.

    Call it in the transaction of the action, so that neither is stored without the other.
    """
    AuditEntry.objects.create(
        action=action,
        who=str(actor),
        by=actor.user,
        broadcast=broadcast,
        cue=cue,
        epoch=publication.epoch if publication else "",
        seq=publication.seq if publication else None,
        detail=detail,
        via=actor.via,
        address=actor.address or None,
    )


def reject(
    error: Rejected | InvalidInput,
    actor: Actor,
    broadcast: Broadcast | None,
    what: str = "",
    cue: Cue | None = None,
) -> Reply:
    """Record a rejection in the audit and return the reply to its sender.

    The entry has the words of the reply, after `what` was tried. Anonymous requests are not
    recorded: they would fill the table.
    """
    if actor.user.is_authenticated:
        words = f"{what}: {error}" if what else str(error)
        # Field names come from the request: cut them, and drop what a database refuses.
        clean = words[:MAX_REJECTION].replace("\0", "").encode(errors="replace").decode()
        add_entry(actor, "refused", broadcast, clean, cue=cue)
    if isinstance(error, InvalidInput):
        return invalid(error)
    return error.status, {"error": str(error), **error.more}


def as_csv(entries: Iterable[AuditEntry]) -> str:
    """Return the entries as a CSV table, times as ISO 8601 in UTC."""
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(["at", "who", "action", "broadcast", "epoch", "seq", "detail", "via", "address"])
    for entry in entries:
        row = (
            entry.at.astimezone(UTC).isoformat(),
            entry.who,
            entry.action,
            entry.broadcast.slug if entry.broadcast else "",
            entry.epoch,
            entry.seq,
            entry.detail,
            entry.via,
            entry.address,
        )
        table.writerow([_plain(cell) for cell in row])
    return out.getvalue()


def _plain(cell: object) -> object:
    """Return text quoted where a spreadsheet would take it for a formula."""
    text = isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r")
    return f"'{cell}" if text else cell
