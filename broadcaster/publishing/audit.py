"""Writing the audit."""

from ipaddress import ip_address

from broadcaster.models import AuditEntry, Broadcast, Cue, Publication
from broadcaster.publishing.actor import Actor


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
        address=known_address(actor.address),
    )


def known_address(text: str | None) -> str | None:
    """Return the client's IP address, or None if `text` is anything else.

    It comes from the X-Forwarded-For header of a proxy, which may hold any text, such as "unknown".
    A take must not fail because of it.
    """
    try:
        address = ip_address((text or "").strip())
    except ValueError:
        return None
    return None if getattr(address, "scope_id", None) else str(address)
