"""Presidential elections, as broadcasts of protocol version 1 have them.

Everything in it comes from data: candidates, votes and names from the contests and the geometry
that ship (data/contests/us-president-*.json, data/geometries/us-states.json), the winners from
data/election_facts.json. The *units* are the races of those contests: 48 states and DC as a whole,
Maine and Nebraska at large and by congressional district; 56 in all.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from broadcaster.domain import contest, geometry
from broadcaster.domain.change import Call
from broadcaster.domain.translation import Gettext, gettext_noop

_PREFIX = "us-president-"
_LATEST = contest.shipped(f"{_PREFIX}2024")

VOTES_TO_WIN = _LATEST.to_win or 0
PARTIES = tuple(_LATEST.party_of)
"""Democrats, Republicans, and all other parties together."""

LOOKS: Mapping[str, str] = MappingProxyType({each.id: each.look for each in _LATEST.parties})

STATE_NAMES: Mapping[str, str] = MappingProxyType(
    {shape.id: shape.name for shape in geometry.shipped(_LATEST.geometry).shapes}
)
_NAMES = {**STATE_NAMES, **{race.id: race.name for race in _LATEST.races}}


@dataclass(frozen=True, slots=True)
class Election:
    """One presidential election: its candidates, and how many votes each unit casts."""

    year: int
    candidates: Mapping[str, str]  # party -> name
    votes: Mapping[str, int]  # unit -> electoral votes, adds up to 538
    winners: Mapping[str, str]  # unit -> party that carried it
    pledged: Mapping[str, int]  # party -> votes on election night


def unit_name(unit: str, gettext: Gettext = gettext_noop) -> str:
    """Return the full name: "Ohio", "Maine at large", "Nebraska 2nd district"."""
    return gettext(_NAMES[unit])


def place_name(place: str, gettext: Gettext = gettext_noop) -> str:
    """Return the name of a place that a view can focus on: a unit, a state, or the country."""
    return gettext("United States") if place == "US" else unit_name(place, gettext)


def totals(votes: Mapping[str, int], calls: Mapping[str, Call]) -> dict[str, int]:
    """Return electoral votes by party over the units that are called or certified.

    Always holds "D", "R" and "uncalled"; "O" (any other party) only once it has a vote.
    The values add up to the sum of `votes`.
    """
    count = {"D": 0, "R": 0, "uncalled": 0}
    won = 0
    for unit, call in calls.items():
        if call.party:
            count[call.party] = count.get(call.party, 0) + votes[unit]
            won += votes[unit]
    count["uncalled"] = sum(votes.values()) - won
    return count


def _load() -> dict[int, Election]:
    facts: dict[str, Any] = json.loads(
        Path(__file__).parents[1].joinpath("data/election_facts.json").read_text()
    )
    elections = {}
    for year, fact in facts["elections"].items():
        document = contest.shipped(f"{_PREFIX}{year}")
        elections[int(year)] = Election(
            year=int(year),
            candidates=MappingProxyType(
                {party: candidate.name for party, candidate in document.candidates.items()}
            ),
            votes=MappingProxyType(dict(sorted(document.weights.items()))),
            winners=MappingProxyType(fact["winners"]),
            pledged=MappingProxyType(fact["pledged"]),
        )
    return elections


ELECTIONS: Mapping[int, Election] = MappingProxyType(_load())
UNITS: tuple[str, ...] = tuple(ELECTIONS[2020].votes)
"""The 56 units, the same in every election here, in alphabetical order."""


def earlier(year: int) -> list[int]:
    """Return the years of the elections before `year`, newest first."""
    return sorted((each for each in ELECTIONS if each < year), reverse=True)


def surnames(election: Election, gettext: Gettext = gettext_noop) -> dict[str, str]:
    """Return the candidates' surnames by party; "O" is "Other"."""
    names = {party: name.split()[-1] for party, name in election.candidates.items()}
    return names | {"O": gettext("Other")}
