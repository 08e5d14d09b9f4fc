"""The state of a desk, as the console's page, its socket and its polls send it."""

from typing import Any

from broadcaster.domain import rules
from broadcaster.domain.change import to_json
from broadcaster.domain.stream import Position
from broadcaster.models import Broadcast, Cue, Publication
from broadcaster.publishing import clock, history
from broadcaster.publishing.history import milliseconds
from broadcaster.publishing.publish import rejection


def desk_state(broadcast: Broadcast) -> dict[str, Any]:
    """Return all of it: {"snapshot": …, "rundown": …}."""
    return {"snapshot": snapshot(broadcast), "rundown": stamped(rundown(broadcast))}


def snapshot(broadcast: Broadcast) -> dict[str, Any]:
    """Return the map as in a viewer's snapshot, with the newest part of the log."""
    return to_json(history.snapshot(broadcast)) | {"log": history.desk_log(broadcast)}


def catch_up_frame(broadcast: Broadcast, known: Position | None) -> dict[str, Any] | None:
    """Return the frame that leads a console from `known` to now; None if it lacks nothing."""
    if known == broadcast.position:
        return None
    if (
        known is None
        or known.epoch != broadcast.epoch
        or broadcast.seq - known.seq > history.DESK_LOG
    ):
        return {"t": "snapshot", **snapshot(broadcast)}
    updates = history.desk_log(broadcast, after=known.seq)
    return {"t": "updates", "epoch": known.epoch, "seq": broadcast.seq, "updates": updates}


def rundown(broadcast: Broadcast) -> dict[str, Any]:
    """Return the rundown and what editors may change in the admin meanwhile.

    See docs/protocol.md for the fields.
    """
    return {"plan": _plan(broadcast), "cues": _cues(broadcast)}


def stamped(rundown: dict[str, Any]) -> dict[str, Any]:
    """Return the rundown with the server's time, from which consoles count down."""
    return {"now": milliseconds(clock.now()), **rundown}


def _plan(broadcast: Broadcast) -> dict[str, Any]:
    return {
        "starts_at": milliseconds(broadcast.starts_at),
        "ends_at": milliseconds(broadcast.ends_at),
        "automatic": broadcast.automatic,
        "approval": broadcast.approval,
        "contests": dict(broadcast.contests),
    }


def _cues(broadcast: Broadcast) -> list[dict[str, Any]]:
    """Return the cues in their order."""
    taken = {
        row.cue_id: row
        for row in Publication.objects.filter(epoch=broadcast.epoch, cue__broadcast=broadcast)
        .select_related("by", "confirmed_by")
        .order_by("seq")
    }
    cues = broadcast.cues.filter(removed_at=None).select_related(
        "by", "scheduled_by", "asked_by", "declined_by"
    )
    return [_cue(broadcast, cue, taken.get(cue.pk)) for cue in cues]


def _cue(broadcast: Broadcast, cue: Cue, taken: Publication | None) -> dict[str, Any]:
    reason = None if taken else rejection(broadcast, cue.change)
    ready = not taken and not reason
    contests = broadcast.show.contests
    before = broadcast.state
    after = before.apply(cue.change, contests) if ready else before
    needs_approval = rules.needs_approval(broadcast.approval, cue.change, before, after, contests)
    return {
        "id": cue.pk,
        "version": cue.version,
        "title": cue.title,
        "change": cue.change.to_dict(),
        "by": str(cue.by),
        "proposed": cue.proposed,
        "due": milliseconds(None if cue.missed else cue.due_at),
        "missed": {"at": milliseconds(cue.due_at), "why": cue.missed} if cue.missed else None,
        "scheduled_by": cue.scheduled_by and str(cue.scheduled_by),
        "asked": cue.asked_by and {"by": str(cue.asked_by), "at": milliseconds(cue.asked_at)},
        "declined": cue.declined_by and str(cue.declined_by),
        "taken": taken
        and {
            "by": taken.who,
            "confirmed_by": taken.confirmed_by and str(taken.confirmed_by),
            "seq": taken.seq,
            "at": milliseconds(taken.at),
        },
        "after": after.totals if ready else None,
        "rejection": reason,
        "needs_approval": ready and needs_approval,
    }
