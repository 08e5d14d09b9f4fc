"""Presidential elections: states, electoral units, their votes, and totals.

The *units* are called on election night: 48 states and DC as a whole, Maine and
Nebraska at large (two votes each) and by congressional district (one each); 56 in all.
The votes and past winners are in data/election_facts.json, with their sources;
tests/broadcaster/domain/test_electoral.py derives every total again.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from broadcaster.domain.change import Call
from broadcaster.domain.translation import Gettext, gettext_noop

TOTAL_VOTES = 538
VOTES_TO_WIN = 270
PARTIES = ("D", "R", "O")
"""Democrats, Republicans, and all other parties together."""

STATE_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "AL": "Alabama", "AK": "Alaska", "AZ": "Arizona", "AR": "Arkansas",
        "CA": "California", "CO": "Colorado", "CT": "Connecticut", "DE": "Delaware",
        "DC": "District of Columbia", "FL": "Florida", "GA": "Georgia", "HI": "Hawaii",
        "ID": "Idaho", "IL": "Illinois", "IN": "Indiana", "IA": "Iowa", "KS": "Kansas",
        "KY": "Kentucky", "LA": "Louisiana", "ME": "Maine", "MD": "Maryland",
        "MA": "Massachusetts", "MI": "Michigan", "MN": "Minnesota", "MS": "Mississippi",
        "MO": "Missouri", "MT": "Montana", "NE": "Nebraska", "NV": "Nevada",
        "NH": "New Hampshire", "NJ": "New Jersey", "NM": "New Mexico", "NY": "New York",
        "NC": "North Carolina", "ND": "North Dakota", "OH": "Ohio", "OK": "Oklahoma",
        "OR": "Oregon", "PA": "Pennsylvania", "RI": "Rhode Island", "SC": "South Carolina",
        "SD": "South Dakota", "TN": "Tennessee", "TX": "Texas", "UT": "Utah",
        "VT": "Vermont", "VA": "Virginia", "WA": "Washington", "WV": "West Virginia",
        "WI": "Wisconsin", "WY": "Wyoming",
    }
)  # fmt: skip

DISTRICTS: Mapping[str, str] = MappingProxyType(
    {
        "AL": gettext_noop("%(state)s at large"),
        "1": gettext_noop("%(state)s 1st district"),
        "2": gettext_noop("%(state)s 2nd district"),
        "3": gettext_noop("%(state)s 3rd district"),
    }
)


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
    state, _, district = unit.partition("-")
    name = gettext(STATE_NAMES[state])
    return gettext(DISTRICTS[district]) % {"state": name} if district else name


def place_name(place: str, gettext: Gettext = gettext_noop) -> str:
    """Return the name of a place that a view can focus on: a unit, a state, or the country."""
    return gettext("United States") if place == "US" else unit_name(place, gettext)


def state_of(unit: str) -> str:
    """Return the postal code of the state that a unit lies in: "NE" for "NE-2"."""
    return unit.partition("-")[0]


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
        units = facts["apportionments"][fact["apportionment"]]["units"]
        elections[int(year)] = Election(
            year=int(year),
            candidates=MappingProxyType({"D": fact["D"], "R": fact["R"]}),
            votes=MappingProxyType(dict(sorted(units.items()))),
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
