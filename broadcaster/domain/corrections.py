"""The update that made a call.

static/broadcaster/domain/corrections.js has the same rule for the desk; both are tested with
tests/vectors/corrections.json.
"""

from collections.abc import Iterable, Mapping, Sequence

from broadcaster.domain.change import Call, RaceKey

Statements = Sequence[tuple[int, Mapping[RaceKey, Call]]]
"""Seq and calls of a log's updates, oldest first. Seq 0 holds the calls of the initial map."""


def updates_behind(race: RaceKey, statements: Statements) -> list[int]:
    """Return the updates that gave `race` to the party that it has now, newest first.

    They are the last that mention the race, back to the first with another call. Empty if
    the race is not decided.
    """
    found: list[int] = []
    party = ""
    for seq, calls in reversed(statements):
        call = calls.get(race)
        if call is None:
            continue
        party = party or call.party
        if not party or call.party != party:
            break
        found.append(seq)
    return found


def update_to_correct(races: Iterable[RaceKey], statements: Statements) -> int | None:
    """Return the newest update behind the calls of all `races`; None if there is no such update."""
    behind = [updates_behind(race, statements) for race in races]
    common = set.intersection(*map(set, behind)) if behind else set()
    return max(common, default=None)
