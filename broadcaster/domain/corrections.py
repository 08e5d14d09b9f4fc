"""The update that made a call.

static/broadcaster/domain/corrections.js has the same rule for the desk; both are tested with
tests/vectors/corrections.json.
"""

from collections.abc import Iterable, Mapping, Sequence

from broadcaster.domain.change import Call

Statements = Sequence[tuple[int, Mapping[str, Call]]]
"""Seq and calls of a log's updates, oldest first. Seq 0 holds the calls of the initial map."""


def updates_behind(unit: str, statements: Statements) -> list[int]:
    """Return the updates that gave `unit` to the party that it has now, newest first.

    They are the last that mention the unit, back to the first with another call. Empty if
    the unit is not decided.
    """
    found: list[int] = []
    party = ""
    for seq, calls in reversed(statements):
        call = calls.get(unit)
        if call is None:
            continue
        party = party or call.party
        if not party or call.party != party:
            break
        found.append(seq)
    return found


def update_to_correct(units: Iterable[str], statements: Statements) -> int | None:
    """Return the newest update behind the calls of all `units`; None if there is no such update."""
    behind = [updates_behind(unit, statements) for unit in units]
    common = set.intersection(*map(set, behind)) if behind else set()
    return max(common, default=None)
