"""When somebody else must confirm a take. Pure."""

from broadcaster.domain.change import DECIDED, Change
from broadcaster.domain.electoral import VOTES_TO_WIN
from broadcaster.domain.mapstate import MapState


def is_needed(rule: str, before: MapState, change: Change) -> bool:
    """Whether `change` needs a second person under `Broadcast.second_person`.

    "calls": it calls something. "270": it takes a party from below 270 to 270 or more; the way
    down, a retraction, must not wait for anybody.
    """
    if rule == "calls":
        return any(call["status"] in DECIDED for call in (change.calls or {}).values())
    return rule == "270" and bool(winners(before.apply(change)) - winners(before))


def winners(state: MapState) -> set[str]:
    """The parties with 270 votes or more: one at most."""
    return {
        party
        for party, votes in state.totals.items()
        if party != "uncalled" and votes >= VOTES_TO_WIN
    }
