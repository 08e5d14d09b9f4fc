"""The two-person rule: which takes need the approval of another person."""

from broadcaster.domain.electoral import VOTES_TO_WIN
from broadcaster.domain.mapstate import MapState


def needs_approval(rule: str, decides: bool, before: MapState, after: MapState) -> bool:
    """Return whether a change from `before` to `after` needs approval.

    `rule` is `Broadcast.second_person`, `decides` whether the change calls anything. "calls": if it
    does. "270": if it takes a party from below 270 to 270 or more. A change that lowers the
    votes, such as a retraction, needs none. "never": no.
    """
    if rule == "calls":
        return decides
    return rule == "270" and bool(winners(after) - winners(before))


def winners(state: MapState) -> set[str]:
    """Return the parties with 270 votes or more: one at most."""
    return {
        party
        for party, votes in state.totals.items()
        if party != "uncalled" and votes >= VOTES_TO_WIN
    }
