"""The demonstration: election night 2020 as a list of changes.

The winners and totals are those of 2020 (data/election_facts.json); order and clock are
invented.
"""

from collections.abc import Iterator
from typing import Any

from broadcaster.domain.change import Change, calls_of
from broadcaster.domain.electoral import ELECTIONS
from broadcaster.domain.mapstate import MapState
from broadcaster.domain.parsing import parse_change
from broadcaster.domain.recording import Recording
from broadcaster.domain.stream import Update
from broadcaster.domain.summary import headline_for

ELECTION = ELECTIONS[2020]

Facets = dict[str, Any]  # part of a change, as JSON

C1 = "KY IN WV SC VT"
C2 = "MA MD DE DC NJ CT RI IL AL MS OK TN AR"
C3 = "NY CO NM ND SD WY LA NE-AL NE-1 NE-3 KS MO"
C4 = "CA OR WA HI ID UT VA"
C5 = "FL OH IA MT TX NH MN NE-2 ME-AL ME-1"


def view(focus: str) -> Facets:
    return {"view": {"focus": focus}}


def story(headline: str, announce: str = "polite") -> Facets:
    return {"story": {"headline": headline, "announce": announce}}


def call(units: str, headline: str = "") -> Facets:
    """Return the calls of `units`, separated by spaces, for the parties that won them."""
    calls = calls_of({unit: ELECTION.winners[unit] for unit in units.split()})
    data = {unit: {"status": call.status, "party": call.party} for unit, call in calls.items()}
    return {"calls": data, **story(headline or headline_for(calls, ELECTION))}


def minutes(clock: str) -> int:
    """Return minutes into the show from "1:05"."""
    hours, rest = clock.split(":")
    return int(hours) * 60 + int(rest)


RUNDOWN: dict[str, Facets] = {
    "C1": call(C1, "First calls: Kentucky, Indiana, West Virginia, South Carolina, Vermont"),
    "C2": call(C2, "8 pm: thirteen calls as polls close in the East and the South"),
    "C3": view("US") | call(C3, "9 pm: New York, Colorado, New Mexico and the Plains"),
    "C4": call(C4, "11 pm: the West Coast, Hawaii, Idaho, Utah and Virginia"),
    "C5": call(C5, "Florida, Ohio and Texas go to Trump; Minnesota to Biden"),
    "AZ": call("AZ"),
    "ME-2": call("ME-2"),
    "WI": call("WI"),
    "MI": call("MI"),
    "PA": call("PA", "Pennsylvania goes to Biden: 20 electoral votes, and 270 is passed"),
    "NV": call("NV"),
    "GA": call("GA"),
    "AZ again": call("AZ"),
    "NC": call("NC"),
    "AK": call("AK"),
}
"""The prepared cues by title, in their order."""

STEPS: list[tuple[str, Facets]] = [
    ("0:00", {"kind": "start", **story("Election Night 2020: first polls close at 7 pm")}),
    ("0:00", view("US") | story("Welcome to election night")),
    ("0:05", RUNDOWN["C1"]),
    ("0:20", RUNDOWN["C2"]),
    ("0:25", view("OH")),
    ("0:27", RUNDOWN["C3"]),
    ("0:40", RUNDOWN["C4"]),
    ("1:00", RUNDOWN["C5"]),
    ("1:10", RUNDOWN["AZ"]),
    (
        "1:20",
        {
            "kind": "correct",
            "corrects": 9,
            "reason": "Called too early: too many ballots in Maricopa County are uncounted.",
            "calls": {"AZ": {"status": "retracted"}},
            **story("Correction: Arizona is not called", announce="assertive"),
        },
    ),
    ("1:33", view("TX")),
    ("1:35", view("US")),
    ("1:40", {"kind": "hold", **story("We will be right back")}),
    ("1:45", {"kind": "resume", **story("Three states will decide")}),
    ("2:00", RUNDOWN["ME-2"]),
    ("2:02", RUNDOWN["WI"]),
    ("2:04", RUNDOWN["MI"]),
    ("2:10", RUNDOWN["PA"]),
    ("2:20", RUNDOWN["NV"]),
    ("2:22", RUNDOWN["GA"]),
    ("2:24", RUNDOWN["AZ again"]),
    ("2:26", RUNDOWN["NC"]),
    ("2:28", RUNDOWN["AK"]),
    ("2:40", {"kind": "end", **story("Biden wins, 306 electoral votes to 232")}),
]
"""Show time and change. The correction's `corrects` counts the steps from 1, as `seq` does."""


def script() -> Iterator[tuple[int, Change]]:
    """Yield minutes into the show, and the change to publish then."""
    for clock, data in STEPS:
        yield minutes(clock), parse_change(data)


def recording(began: int) -> Recording:
    """Return the whole evening as a recording that begins at `began`, ms since 1970."""
    state = initial = MapState(election=ELECTION.year)
    updates = []
    for seq, (minute, change) in enumerate(script(), start=1):
        state = state.apply(change)
        updates.append(Update.of(change, seq, began + 60_000 * minute, state.totals))
    return Recording("Election Night 2020", "evening", "evening", began, initial, tuple(updates))
