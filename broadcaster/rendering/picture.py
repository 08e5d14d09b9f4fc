"""The map as templates draw it: shapes, boxes, table rows and tally of one state.

static/broadcaster/rendering/drawing.js updates the drawing. It finds the elements by
the attributes that the templates in templates/broadcaster/picture/ give them.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from broadcaster.domain.change import OPEN, Call, Status
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
from broadcaster.domain.geometry import Box, shipped
from broadcaster.domain.mapstate import MapState
from broadcaster.domain.summary import STATUS_WORDS
from broadcaster.domain.translation import Gettext, gettext_noop

SMALL_STATES = ("VT", "NH", "MA", "RI", "CT", "NJ", "DE", "MD", "DC")
DISTRICTS = ("ME-1", "ME-2", "NE-1", "NE-2", "NE-3")
"""Units that a map cannot show: too small to read, or not a state."""

LABEL_SIZE = 14.0  # map units: height of a label's letters when the whole country is in view
LABEL_ROOM = 18.0  # map units that such a label needs from its point to the outline

MARKS: Mapping[Status, str] = MappingProxyType(
    {Status.TOO_EARLY: "…", Status.TOO_CLOSE: "≈", Status.RETRACTED: "⚑"}
)
"""The signs that units have besides their colour; called units have their party's letter."""
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
    geometry = shipped("us-states")
    shapes = {
        each.id: Shape(each.path, view_box(each.view), *each.label, room=each.room)
        for each in geometry.shapes
    }
    return view_box(geometry.view), shapes


def view_box(box: Box) -> str:
    """Return a box as an SVG viewBox, in tenths."""
    return " ".join(f"{number:.1f}".removesuffix(".0") for number in box)


WHOLE, SHAPES = _load()


@dataclass(frozen=True, slots=True)
class Unit:
    """One electoral unit with its present call."""

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
class TotalsBar:
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
        """Spans 268 to 270: a bar with 270 votes covers it, from either side."""
        start = TOTAL_VOTES - VOTES_TO_WIN
        return Bar("", start, VOTES_TO_WIN - start)


class Picture:
    """The values that templates show of a map state, in the language of `gettext`."""

    whole = WHOLE
    whole_label_size = LABEL_SIZE
    label_room = LABEL_ROOM

    def __init__(self, state: MapState, gettext: Gettext = gettext_noop) -> None:
        self.gettext = gettext
        self.election = ELECTIONS[state.election]
        self.candidates = surnames(self.election, gettext)
        self.before = ELECTIONS.get(self.election.year - 4)
        self.focus: str = state.view.focus
        self.layer: str = state.view.layer
        self.highlight: frozenset[str] = frozenset(state.view.highlight)
        self.tally = TotalsBar(**{"O": 0, **state.totals})
        units = {unit: self._unit(unit, state.calls.get(unit, OPEN)) for unit in UNITS}
        self.rows = sorted(units.values(), key=self._alphabetical)
        self.shapes = [unit for unit in units.values() if unit.shape is not None]
        self.small_states = [units[unit] for unit in SMALL_STATES]
        self.districts = [units[unit] for unit in DISTRICTS]

    @property
    def label(self) -> str:
        """The map in one sentence, for screen readers."""
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
        """The election in the form that drawing.js and replica.js take."""
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

    def _unit(self, unit: str, call: Call) -> Unit:
        state = state_of(unit)
        return Unit(
            unit=unit,
            state=state,
            name=unit_name(unit, self.gettext),
            votes=self.election.votes[unit],
            status=call.status,
            party=call.party,
            mark=mark(call),
            result=self._result(call),
            before=self.before.winners[unit] if self.before else "",
            highlighted=not self.highlight.isdisjoint((unit, state)),
            shape=SHAPES[state] if unit in (state, f"{state}-AL") else None,
        )

    def _result(self, call: Call) -> str:
        if not call.decided:
            return self.gettext(STATUS_WORDS[call.status])
        winner = f"{self.candidates[call.party]} ({call.party})"
        if call.status is Status.CALLED:
            return winner
        return self.gettext("%(winner)s, certified") % {"winner": winner}

    def _alphabetical(self, unit: Unit) -> tuple[str, bool, str]:
        """Return the sorting key: state without accents, at large before the districts."""
        name = unicodedata.normalize("NFKD", self.gettext(STATE_NAMES[unit.state]))
        return name.encode("ascii", "ignore").decode(), unit.shape is None, unit.unit


def mark(call: Call) -> str:
    """Return the sign that a unit has besides its colour; "" for an open one."""
    if call.status is Status.CERTIFIED:
        return call.party + CERTIFIED
    return call.party or MARKS.get(call.status, "")


def percent(votes: int) -> str:
    """Return a share of all votes as an SVG length."""
    return f"{votes / TOTAL_VOTES:.3%}"


def width(view_box: str) -> float:
    return float(view_box.split()[2])
