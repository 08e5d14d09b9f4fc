"""The rules that a change must meet to be published on a map, and when that takes two people.

`publishing.publish` applies them to each change, and recording_file.py to a recording that is
imported.
"""

from collections.abc import Mapping

from msgspec.structs import replace

from broadcaster.domain.change import OPEN, Call, Change, Kind, RaceKey, by_contest, flat
from broadcaster.domain.corrections import Statements, updates_behind
from broadcaster.domain.mapstate import Contests, MapState, Phase

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


def rejection(
    state: MapState, change: Change, contests: Contests, statements: Statements
) -> str | None:
    """Return why `change` may not be published on `state`, in words for the desk, or None.

    `statements` are the calls of the log so far. Only a correction needs them, and of them only
    those from the update that it corrects.
    """
    if state.phase not in _ALLOWED_IN[change.kind]:
        return _WRONG_PHASE[state.phase]
    if unknown := _unknown(change, contests):
        return unknown
    standing = flat(state.calls)
    for race, call in change.called.items():
        now, name = standing.get(race, OPEN), race_name(race, contests)
        if change.kind is Kind.CORRECT and not now.decided:
            return f"{name} is not called, so there is nothing to correct."
        if change.kind is Kind.CORRECT and call.party == now.party:
            return f"{name} is called {now.party} already."
        if change.kind is Kind.UPDATE and now.decided and call.party != now.party:
            return f"{name} is called {now.party}. Changing that takes a correction."
    if change.corrects is not None:
        others = [
            race_name(race, contests)
            for race in change.called
            if change.corrects not in updates_behind(race, statements)
        ]
        if others:
            return f"Update {change.corrects} did not call {', '.join(others)}."
    return None


def news(standing: Mapping[RaceKey, Call], change: Change) -> Change:
    """Return `change` without the calls that stand already. The map after it is the same.

    A correction names each of its calls, so nothing is left out of it.
    """
    called = change.called
    new = {race: call for race, call in called.items() if standing.get(race, OPEN) != call}
    if change.kind is not Kind.UPDATE or len(new) == len(called):
        return change
    return replace(change, calls=by_contest(new) or None)


def nothing_new(state: MapState, change: Change, contests: Contests) -> str | None:
    """Return in words that all calls of an update stand already; None if one is new, or none is.

    Such an update would announce as news what viewers have seen. A recording may have it.
    """
    if not change.calls or news(flat(state.calls), change).calls:
        return None
    names = [race_name(race, contests) for race in change.called]
    if len(names) > 1:
        return f"All of its calls stand already: {', '.join(names)}."
    [call] = change.called.values()
    words = f"called {call.party}" if call.decided else call.status.replace("_", " ")
    return f"{names[0]} is {words} already."


def _unknown(change: Change, contests: Contests) -> str | None:
    """Return what the change names that the show does not have any more, or None."""
    keys = [
        *(change.calls or ()),
        *(change.counts or ()),
        *([change.view.contest] if change.view else []),
    ]
    for key in keys:
        if key not in contests:
            return f"There is no contest {key} in this show."
    for (key, race), call in change.called.items():
        if race not in contests[key].race_of:
            return f"There is no race {race} in {contests[key].title}."
        if call.party and call.party not in contests[key].party_of:
            return f"There is no party {call.party} in {contests[key].title}."
    return None


def race_name(race: RaceKey, contests: Contests) -> str:
    """Return "OH", or "senate OH" where there are several contests."""
    return " ".join(race) if len(contests) > 1 else race[1]


def needs_approval(
    rule: str, change: Change, before: MapState, after: MapState, contests: Contests
) -> bool:
    """Return whether another person must approve a change from `before` to `after`.

    `rule` is `Broadcast.approval`. "calls": every change that calls anything. "wins": one by which
    a party reaches the threshold of a contest; a change that lowers a party's total, such as a
    retraction, needs no approval. "never": no change.
    """
    if rule == "calls":
        return change.decides
    return rule == "wins" and bool(winners(after, contests) - winners(before, contests))


def winners(state: MapState, contests: Contests) -> set[tuple[str, str]]:
    """Return contests with a party that has reached the threshold, and that party."""
    found = ((key, contest.winner(state.totals[key])) for key, contest in contests.items())
    return {(key, party) for key, party in found if party}
