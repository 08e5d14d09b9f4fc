"""The map as templates draw it: shapes, boxes, table rows and tally of one state. Pure.

static/broadcaster/drawing.js brings what was drawn up to date. It finds the elements by the
attributes that the templates in templates/broadcaster/picture/ give them.
"""

import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from broadcaster.domain.change import DECIDED
from broadcaster.domain.electoral import (
    ELECTIONS,
    STATE_NAMES,
    TOTAL_VOTES,
    UNITS,
    VOTES_TO_WIN,
    earlier,
    state_of,
    surnames,
    unit_name,
)
from broadcaster.domain.mapstate import MapState
from broadcaster.domain.translation import Gettext, gettext_noop

SMALL_STATES = ("VT", "NH", "MA", "RI", "CT", "NJ", "DE", "MD", "DC")
DISTRICTS = ("ME-1", "ME-2", "NE-1", "NE-2", "NE-3")
"""Units that a map cannot show: too small to read, or not a state."""

LABEL_SIZE = 14.0  # map units: height of a label's letters when the whole country is in view
LABEL_ROOM = 18.0  # map units that such a label needs from its point to the outline

RESULTS: Mapping[str, str] = MappingProxyType(
    {
        "open": gettext_noop("Not called"),
        "too_early": gettext_noop("Too early to call"),
        "too_close": gettext_noop("Too close to call"),
        "retracted": gettext_noop("Call withdrawn"),
    }
)
MARKS: Mapping[str, str] = MappingProxyType({"too_early": "…", "too_close": "≈", "retracted": "⚑"})
"""What stands in a unit besides its colour; called units have their party's letter."""
CERTIFIED = "✓"  # after that letter


@dataclass(frozen=True, slots=True)
class Shape:
    """One state's outline, in map units, and where its label goes."""

    path: str
    view: str  # viewBox that shows the state closely
    x: float
    y: float
    room: float  # from there to the outline


def _load() -> tuple[str, dict[str, Shape]]:
    data = json.loads(Path(__file__).parents[1].joinpath("data/us_map.json").read_text())
    shapes = {
        state: Shape(item["path"], item["view"], x=x, y=y, room=item["room"])
        for state, item in data["states"].items()
        for x, y in [item["label"]]
    }
    return data["view"], shapes


WHOLE, SHAPES = _load()


@dataclass(frozen=True, slots=True)
class Unit:
    """One electoral unit as it stands."""

    unit: str
    state: str  # postal code
    name: str
    votes: int
    status: str
    party: str  # "" unless called or certified
    mark: str
    result: str  # in words
    before: str  # the party that won it the last time, or "" if that is not known
    highlighted: bool
    shape: Shape | None  # districts have none; Maine's and Nebraska's stand for their "AL" units

    @property
    def flipped(self) -> bool:
        """Called for another party than the last time."""
        return bool(self.party and self.before and self.party != self.before)


@dataclass(frozen=True, slots=True)
class Bar:
    """One part of the tally bar, in votes from the left."""

    party: str
    start: int
    votes: int

    @property
    def x(self) -> str:
        return percent(self.start)

    @property
    def width(self) -> str:
        return percent(self.votes)


@dataclass(frozen=True, slots=True)
class Tally:
    """Electoral votes by party, and the bar that shows them."""

    D: int
    R: int
    O: int  # noqa: E741
    uncalled: int

    @property
    def passed(self) -> str:
        """The party with at least 270, or ""."""
        won = {"D": self.D, "R": self.R, "O": self.O}
        return next((party for party, votes in won.items() if votes >= VOTES_TO_WIN), "")

    @property
    def bars(self) -> list[Bar]:
        """D grows from the left and R from the right; others follow D."""
        return [
            Bar("D", 0, self.D),
            Bar("O", self.D, self.O),
            Bar("R", TOTAL_VOTES - self.R, self.R),
        ]

    @property
    def mark(self) -> Bar:
        """Spans 268 to 270: whoever has 270 votes, from either side, covers it."""
        start = TOTAL_VOTES - VOTES_TO_WIN
        return Bar("", start, VOTES_TO_WIN - start)


class Picture:
    """Everything that templates show of a state, in the language of `gettext`."""

    whole = WHOLE
    whole_label_size = LABEL_SIZE
    label_room = LABEL_ROOM

    def __init__(self, state: MapState, gettext: Gettext = gettext_noop) -> None:
        self.gettext = gettext
        self.election = ELECTIONS[state.election]
        self.candidates = surnames(self.election, gettext)
        self.before = ELECTIONS.get(self.election.year - 4)
        self.focus: str = state.view["focus"]
        self.layer: str = state.view["layer"]
        self.highlight: frozenset[str] = frozenset(state.view["highlight"])
        self.tally = Tally(**{"O": 0, **state.totals})
        units = {unit: self._unit(unit, state.calls.get(unit, {})) for unit in UNITS}
        self.rows = sorted(units.values(), key=self._alphabetical)
        self.shapes = [unit for unit in units.values() if unit.shape is not None]
        self.small_states = [units[unit] for unit in SMALL_STATES]
        self.districts = [units[unit] for unit in DISTRICTS]

    @property
    def label(self) -> str:
        """The map in one sentence, for those who do not see it."""
        votes = {party: getattr(self.tally, party) for party in self.candidates}
        won = [
            f"{self.candidates[party]} {count}"
            for party, count in votes.items()
            if count or party != "O"
        ]
        return self.gettext(
            "Map of the United States: %(won)s, not called %(uncalled)s. "
            "The table of results has every state."
        ) % {"won": ", ".join(won), "uncalled": self.tally.uncalled}

    @property
    def view_box(self) -> str:
        """The part of the map in view."""
        return self.whole if self.focus == "US" else SHAPES[state_of(self.focus)].view

    @property
    def label_size(self) -> float:
        """Height of the labels' letters in map units: on the screen it is always the same."""
        return round(LABEL_SIZE / self._zoom, 2)

    @property
    def labels(self) -> list[tuple[Unit, Shape, bool]]:
        """Shapes with whether their label fits at this zoom."""
        return [
            (unit, unit.shape, unit.shape.room * self._zoom >= LABEL_ROOM)
            for unit in self.shapes
            if unit.shape
        ]

    @property
    def outlines(self) -> str:
        """All highlighted states as one path, to be drawn above their neighbours."""
        return "".join(unit.shape.path for unit in self.shapes if unit.shape and unit.highlighted)

    @property
    def script_data(self) -> dict[str, Any]:
        """The election, as drawing.js and replica.js take it."""
        return {
            "year": self.election.year,
            "candidates": dict(self.candidates),
            "votes": dict(self.election.votes),
            "before": dict(self.before.winners) if self.before else {},
        }

    @property
    def past(self) -> list[dict[str, Any]]:
        """The elections before this one, newest first; winners and votes in the units' order."""
        return [
            {
                "year": year,
                "candidates": surnames(ELECTIONS[year], self.gettext),
                "winners": "".join(ELECTIONS[year].winners[unit] for unit in UNITS),
                "votes": [ELECTIONS[year].votes[unit] for unit in UNITS],
            }
            for year in earlier(self.election.year)
        ]

    @property
    def _zoom(self) -> float:
        return width(self.whole) / width(self.view_box)

    def _unit(self, unit: str, call: Mapping[str, str]) -> Unit:
        state = state_of(unit)
        status, party = call.get("status", "open"), call.get("party", "")
        return Unit(
            unit=unit,
            state=state,
            name=unit_name(unit, self.gettext),
            votes=self.election.votes[unit],
            status=status,
            party=party,
            mark=mark(status, party),
            result=self._result(status, party),
            before=self.before.winners[unit] if self.before else "",
            highlighted=not self.highlight.isdisjoint((unit, state)),
            shape=SHAPES[state] if unit in (state, f"{state}-AL") else None,
        )

    def _result(self, status: str, party: str) -> str:
        if status not in DECIDED:
            return self.gettext(RESULTS[status])
        winner = f"{self.candidates[party]} ({party})"
        certified = self.gettext("%(winner)s, certified") % {"winner": winner}
        return certified if status == "certified" else winner

    def _alphabetical(self, unit: Unit) -> tuple[str, bool, str]:
        """By state, whatever its accents; at large before the districts."""
        name = unicodedata.normalize("NFKD", self.gettext(STATE_NAMES[unit.state]))
        return name.encode("ascii", "ignore").decode(), unit.shape is None, unit.unit


def mark(status: str, party: str) -> str:
    """What stands in a unit besides its colour; "" for an open one. `party` is "" if undecided."""
    return party + CERTIFIED * (status == "certified") or MARKS.get(status, "")


def percent(votes: int) -> str:
    """A share of all votes, as SVG takes lengths."""
    return f"{votes / TOTAL_VOTES:.3%}"


def width(view_box: str) -> float:
    return float(view_box.split()[2])
