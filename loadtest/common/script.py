"""The updates that the swarm publishes, and the election that they are about."""

from collections import Counter
from typing import Any

from broadcaster.domain.electoral import (
    ELECTIONS,
    STATE_NAMES,
    VOTES_TO_WIN,
    Election,
    unit_name,
)

ELECTION = 2020


def changes(count: int) -> list[dict[str, Any]]:
    """Return `count` changes as the publishing API takes them: focus a state, call it, the next.

    After the last state the list starts over. A repeated call is the same call, so the map's
    rules reject none of them. No party wins: by default a call that crosses 270 waits for the
    approval of another person.
    """
    election = ELECTIONS[ELECTION]
    units = _states_without_a_winner(election)
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


def _states_without_a_winner(election: Election) -> list[str]:
    """Return states, as many as can be called before a party would win."""
    found, votes = [], Counter[str]()
    for unit, party in election.winners.items():
        if unit in STATE_NAMES and votes[party] + election.votes[unit] < VOTES_TO_WIN:
            votes[party] += election.votes[unit]
            found.append(unit)
    return found
