"""Make data/contests/, the contests that ship, from the facts beside them:

    python -m tools.build_contests

election_facts.json has the presidential elections and vote_facts.json the votes cast in them;
contest_facts.json has all others and the times at which polls closed. Each names its sources. The
races of the House are the hexagons of the map us-house. A test compares the documents with the
facts.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from broadcaster.domain.contest import SCHEMA
from broadcaster.domain.geometry import shipped

DATA = Path(__file__).resolve().parents[1] / "broadcaster" / "data"
TARGET = DATA / "contests"

Document = dict[str, Any]

STATES = {shape.id: shape.name for shape in shipped("us-states").shapes}
DISTRICTS = {"AL": "at large", "1": "1st district", "2": "2nd district", "3": "3rd district"}
DEMOCRATS = {
    **{"id": "D", "name": "Democrats", "short": "Dem.", "letter": "D", "look": "blue"},
    "feed": ["Dem", "Democrat", "Democratic"],
}
REPUBLICANS = {
    **{"id": "R", "name": "Republicans", "short": "Rep.", "letter": "R", "look": "red"},
    "feed": ["GOP", "Rep", "Republican"],
}
OTHER = {
    **{"id": "O", "name": "Other", "letter": "O", "look": "gold"},
    "feed": [
        *("Oth", "Ind", "Independent", "Lib", "Libertarian", "Grn", "Green", "CST"),
        *("Constitution", "PSL", "RFM", "Reform", "Una", "NPA", "NPD"),
    ],
}
PARTIES = [DEMOCRATS | {"side": "left"}, REPUBLICANS | {"side": "right"}, OTHER]
NEXT = 2028
"""The presidential election to come, which has an apportionment and no candidates."""

EASTERN = timezone(timedelta(hours=-5))
ELECTION_DAY = {2024: datetime(2024, 11, 5, tzinfo=EASTERN)}


def main() -> None:
    """Write a file for each contest."""
    TARGET.mkdir(exist_ok=True)
    for document in documents():
        lines = json.dumps(document, ensure_ascii=False, indent=1)
        TARGET.joinpath(f"{document['id']}.json").write_text(f"{lines}\n")


def documents() -> Iterator[Document]:
    """Yield the documents."""
    presidency = json.loads((DATA / "election_facts.json").read_text())
    popular = json.loads((DATA / "vote_facts.json").read_text())["elections"]
    others = json.loads((DATA / "contest_facts.json").read_text())
    closings = closing_times(others["poll_closings_2024"])
    for year in [*map(int, presidency["elections"]), NEXT]:
        yield president(year, presidency, popular, closings)
    for chamber, title, counting in (
        ("senate", "U.S. Senate", "seats"),
        ("governors", "U.S. Governors", "governors"),
    ):
        facts = others[chamber]
        for year, election in facts["elections"].items():
            yield {
                "schema": SCHEMA,
                "id": f"us-{chamber}-{year}",
                "title": f"{title} {year}",
                "counting": counting,
                **({"to_win": facts["to_win"]} if facts["to_win"] else {}),
                "parties": PARTIES,
                "held": election["held"],
                "geometry": "us-states",
                "races": [
                    seat(id, fact, closings if year == "2024" else {})
                    for id, fact in sorted(election["races"].items())
                ],
                "size": facts["size"],
            }
    yield house(2026)


def house(year: int) -> Document:
    """Return the contest for the House of Representatives, with a race for each district.

    It has no holders of seats, since our facts do not name them.
    """
    return {
        "schema": SCHEMA,
        "id": f"us-house-{year}",
        "title": f"U.S. House {year}",
        "counting": "seats",
        "to_win": 218,
        "parties": PARTIES,
        "geometry": "us-house",
        "races": [
            {"id": shape.id, "name": shape.name, "weight": 1, "shape": shape.id}
            for shape in shipped("us-house").shapes
            if shape.path
        ],
        "size": 435,
    }


def closing_times(facts: Mapping[str, Any]) -> dict[str, str]:
    """Return by state when its last polls closed on 5 November 2024. 25:00 is 1:00 the next day."""
    times: dict[str, str] = {}
    for clock, states in facts.items():
        if clock == "note":
            continue
        hours, minutes = map(int, clock.split(":"))
        at = ELECTION_DAY[2024] + timedelta(hours=hours, minutes=minutes)
        times |= {state: at.isoformat() for state in states}
    return times


def president(
    year: int, facts: Mapping[str, Any], popular: Mapping[str, Any], closings: Mapping[str, str]
) -> Document:
    """Return the presidential election of a year: 56 races, of which 8 share Maine and Nebraska.

    `popular` has the votes of the people by year.
    """
    elections = facts["elections"]
    votes = votes_of(year, facts)
    before = [then for then in sorted(elections, reverse=True) if int(then) < year]
    held = elections[before[0]]["winners"] if before else {}
    candidates = elections.get(str(year))
    past = [earlier(then, votes, facts, popular) for then in before]
    return {
        "schema": SCHEMA,
        "id": f"us-president-{year}",
        "title": f"U.S. President {year}",
        "counting": "electoral votes",
        "to_win": 270,
        "parties": PARTIES,
        **({"candidates": people(candidates)} if candidates else {}),
        "geometry": "us-states",
        "races": [
            {
                "id": unit,
                "name": unit_name(unit),
                "weight": votes[unit],
                "shape": unit[:2],
                **({"held_by": held[unit]} if held else {}),
                **({"closes": closings[unit[:2]]} if year == 2024 else {}),
            }
            for unit in sorted(votes, key=lambda unit: (unit[:2], not unit.endswith("-AL"), unit))
        ],
        **({"earlier": past} if past else {}),
        "size": sum(votes.values()),
    }


def votes_of(year: int, facts: Mapping[str, Any]) -> dict[str, int]:
    """Return the electoral votes of each unit in a year."""
    [votes] = [
        apportionment["units"]
        for apportionment in facts["apportionments"].values()
        if year in apportionment["elections"]
    ]
    return votes


def earlier(
    year: str, votes: Mapping[str, int], facts: Mapping[str, Any], popular: Mapping[str, Any]
) -> Document:
    """Return an election as one before another one, with `votes`, has it."""
    then = votes_of(int(year), facts)
    changed = {unit: count for unit, count in then.items() if count != votes[unit]}
    winners = facts["elections"][year]["winners"]
    return {
        "title": year,
        "winners": winners,
        "margins": {
            unit: margin(f"{year} {unit}", winners[unit], count)
            for unit, count in popular[year].items()
        },
        **({"weights": changed} if changed else {}),
        "candidates": people(facts["elections"][year]),
    }


def margin(name: str, winner: str, count: Mapping[str, int]) -> float:
    """Return how far the winner was ahead of the second, in percent of all votes.

    Raises `ValueError` if another one has the most votes.
    """
    second, first = sorted(("D", "R"), key=lambda party: count[party])
    if winner != first:
        raise ValueError(f"{name}: by the votes {first} won it, by the winners {winner} did")
    return round(100 * (count[first] - count[second]) / count["total"], 1)


def people(election: Mapping[str, Any]) -> Document:
    """Return the candidates of a presidential election, with their surnames as short names."""
    names = {party: election[party] for party in ("D", "R")}
    return {party: {"name": name, "short": name.split()[-1]} for party, name in names.items()}


def unit_name(unit: str) -> str:
    """Return the full name: "Ohio", "Maine at large", "Nebraska 2nd district"."""
    state, _, district = unit.partition("-")
    return f"{STATES[state]} {DISTRICTS[district]}" if district else STATES[state]


def seat(id: str, fact: Mapping[str, Any], closings: Mapping[str, str]) -> Document:
    """Return a race for one seat."""
    state = fact["state"]
    candidates = fact.get("candidates", {})
    return {
        "id": id,
        "name": f"{STATES[state]} (special)" if fact.get("special") else STATES[state],
        "weight": 1,
        "shape": state,
        "held_by": fact["held_by"],
        **(
            {"candidates": {party: {"name": name} for party, name in candidates.items()}}
            if candidates
            else {}
        ),
        **({"closes": closings[state]} if closings else {}),
    }


if __name__ == "__main__":
    main()
