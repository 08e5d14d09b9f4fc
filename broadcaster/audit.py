"""Who did what, and who was refused what: written once, never changed.

The admin's History tab of a broadcast gets the same words.
"""

from dataclasses import dataclass
from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType

from broadcaster.models import NOBODY, AuditEntry, Broadcast, Cue, Publication


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
    broadcast: Broadcast,
    detail: str,
    *,
    cue: Cue | None = None,
    publication: Publication | None = None,
) -> None:
    """Write down that `actor` did `action` (one of `AuditEntry.ACTIONS`) and `detail`, in words.

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
    if actor.user is not None:
        LogEntry.objects.create(
            user_id=actor.user.pk,
            # Not from Django's cache: a process may outlive a database that was restored.
            content_type=ContentType.objects.get(app_label="broadcaster", model="broadcast"),
            object_id=str(broadcast.pk),
            object_repr=str(broadcast)[:200],
            action_flag=CHANGE,
            change_message=f"{action}: {detail}",
        )
