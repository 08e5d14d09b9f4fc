"""Who did what, and who was refused what: written once, never changed."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from broadcaster.desk.requests import Answer, invalid
from broadcaster.domain.change import InvalidChange
from broadcaster.domain.rejection import Refused
from broadcaster.models import NOBODY, AuditEntry, Broadcast, Cue, Publication

MAX_REFUSAL = 1000  # characters of an entry that quotes what came from outside


@dataclass(frozen=True)
class Actor:
    """Who acts, by which way (one of `AuditEntry.VIA`), and from which address."""

    user: Any  # None: the command line, or the clock
    via: str
    address: str | None = None

    def __str__(self) -> str:
        return str(self.user or NOBODY[self.via])


def record(
    actor: Actor,
    action: str,
    broadcast: Broadcast | None,
    detail: str,
    *,
    cue: Cue | None = None,
    publication: Publication | None = None,
) -> None:
    """Write down that `actor` did `action` (one of `AuditEntry.ACTIONS`), and `detail` in words.

    Call it in the transaction that does it, so that neither stands without the other.
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


def refuse(
    error: Refused | InvalidChange,
    actor: Actor,
    broadcast: Broadcast | None,
    what: str = "",
    cue: Cue | None = None,
) -> Answer:
    """The answer to what is refused, the one way there is to it.

    What somebody known is refused is in the audit, in the words that they read; `what` they tried
    comes first. Who is not logged in fills no table.
    """
    if actor.user.is_authenticated:
        words = f"{what}: {error}" if what else str(error)
        # Field names are the sender's: neither long, nor what a database or UTF-8 does not take.
        clean = words[:MAX_REFUSAL].replace("\0", "").encode(errors="replace").decode()
        record(actor, "refused", broadcast, clean, cue=cue)
    if isinstance(error, InvalidChange):
        return invalid(error)
    return error.status, {"error": str(error), **error.more}


def as_csv(entries: Iterable[AuditEntry]) -> str:
    """The entries as a table, times as ISO 8601 in UTC."""
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
    """Text that a spreadsheet must not take for a formula."""
    text = isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r")
    return f"'{cell}" if text else cell
