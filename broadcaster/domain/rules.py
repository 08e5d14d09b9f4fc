"""The rules that a change must meet to be published on a map, and when that takes two people.

`publishing.publish` applies them to each change, and recording_file.py to a recording that is
imported.
"""

from broadcaster.domain.change import OPEN, Change, Kind
from broadcaster.domain.corrections import Statements, updates_behind
from broadcaster.domain.electoral import VOTES_TO_WIN
from broadcaster.domain.mapstate import MapState, Phase

_ALLOWED_IN = {
    Kind.UPDATE: {Phase.LIVE},
    Kind.CORRECT: {Phase.LIVE, Phase.HELD},
    Kind.START: {Phase.SCHEDULED},
    Kind.HOLD: {Phase.LIVE},
    Kind.RESUME: {Phase.HELD},
    Kind.END: {Phase.LIVE, Phase.HELD},
}
_WRONG_PHASE = {
    Phase.SCHEDULED: "The broadcast is off air: it has not started.",
    Phase.LIVE: "The broadcast is on air already.",
    Phase.HELD: "The broadcast is on hold; resume it first.",
    Phase.ENDED: "The broadcast is off air: it has ended.",
}


def rejection(state: MapState, change: Change, statements: Statements) -> str | None:
    """Return why `change` may not be published on `state`, in words for the desk, or None.

    `statements` are the calls of the log so far. Only a correction needs them, and of them only
    those from the update that it corrects.
    """
    if state.phase not in _ALLOWED_IN[change.kind]:
        return _WRONG_PHASE[state.phase]
    for unit, call in (change.calls or {}).items():
        now = state.calls.get(unit, OPEN)
        if change.kind is Kind.CORRECT and not now.decided:
            return f"{unit} is not called, so there is nothing to correct."
        if change.kind is Kind.CORRECT and call.party == now.party:
            return f"{unit} is called {now.party} already."
        if change.kind is Kind.UPDATE and now.decided and call.party != now.party:
            return f"{unit} is called {now.party}. Changing that takes a correction."
    if change.corrects is not None:
        others = [
            unit
            for unit in change.calls or ()
            if change.corrects not in updates_behind(unit, statements)
        ]
        if others:
            return f"Update {change.corrects} did not call {', '.join(others)}."
    return None


def needs_approval(rule: str, change: Change, before: MapState, after: MapState) -> bool:
    """Return whether another person must approve a change from `before` to `after`.

    `rule` is `Broadcast.approval`. "calls": every change that calls anything. "270": one that
    takes a party from below 270 votes to 270 or more; a change that lowers the votes, such as a
    retraction, needs no approval. "never": no change.
    """
    if rule == "calls":
        return change.decides
    return rule == "270" and bool(_winners(after) - _winners(before))


def _winners(state: MapState) -> set[str]:
    """Return the parties with 270 votes or more: one at most."""
    return {
        party
        for party, votes in state.totals.items()
        if party != "uncalled" and votes >= VOTES_TO_WIN
    }
