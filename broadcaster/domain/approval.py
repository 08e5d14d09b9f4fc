"""The two-person rule: which takes need somebody else's approval."""

from broadcaster.domain.change import Change
from broadcaster.domain.electoral import VOTES_TO_WIN
from broadcaster.domain.mapstate import MapState


def needs_approval(rule: str, before: MapState, change: Change) -> bool:
    """Return whether `change` needs approval under `Broadcast.second_person`.

    "calls": if it calls anything. "270": if it takes a party from below 270 to 270 or more. The
    way down, a retraction, must not wait for anybody. "never": no.
    """
    if rule == "calls":
        return change.decides
    return rule == "270" and bool(winners(before.apply(change)) - winners(before))


def winners(state: MapState) -> set[str]:
    """Return the parties with 270 votes or more: one at most."""
    return {
        party
        for party, votes in state.totals.items()
        if party != "uncalled" and votes >= VOTES_TO_WIN
    }
