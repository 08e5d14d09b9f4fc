"""The updates that the swarm publishes, and the election that they are about."""

from typing import Any

from broadcaster.domain.electoral import ELECTIONS, STATE_NAMES, unit_name

ELECTION = 2020


def changes(count: int) -> list[dict[str, Any]]:
    """Return `count` changes as the publishing API takes them: focus a state, call it, the next.

    After the last state the list starts over. A repeated call is the same call, so the map's
    rules reject none of them.
    """
    election = ELECTIONS[ELECTION]
    units = [unit for unit in election.winners if unit in STATE_NAMES]
    found: list[dict[str, Any]] = []
    for number in range(count):
        unit = units[number // 2 % len(units)]
        if number % 2 == 0:
            found.append({"view": {"focus": unit, "highlight": [unit]}})
            continue
        party = election.winners[unit]
        headline = f"{unit_name(unit)} goes to {election.candidates[party]}"
        found.append(
            {
                "calls": {unit: {"status": "called", "party": party}},
                "story": {"headline": headline},
            }
        )
    return found
