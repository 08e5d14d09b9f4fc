"""The table of results: its rows in order, and in groups by winner. drawing.js moves the rows."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from broadcaster.domain.geometry import Geometry
from broadcaster.domain.translation import Gettext, name_in
from broadcaster.rendering.tally import Tally
from broadcaster.rendering.unit import Unit

DIGITS = 6  # of numbers in names, to which they are filled to be sorted


@dataclass(frozen=True, slots=True)
class RowGroup:
    """The races that one party has won, or with `party` "" those that are not decided.

    `rows` have their place among all rows of the table.
    """

    party: str
    name: str  # of the party's candidate, or its own
    letter: str
    look: str
    rows: list[tuple[int, Unit]]
    is_shown: bool

    @property
    def weight(self) -> int:
        """The sum of the weights of its races."""
        return sum(unit.votes for _, unit in self.rows)


def row_groups(rows: Sequence[Unit], tally: Tally, gettext: Gettext) -> list[RowGroup]:
    """Return a group for the undecided races and one for each party, in the contest's order."""
    by_party: dict[str, list[tuple[int, Unit]]] = {"": []}
    for place, unit in enumerate(rows):
        by_party.setdefault(unit.party, []).append((place, unit))
    return [
        RowGroup("", gettext("Undecided"), "", "", by_party[""], is_shown=True),
        *(
            RowGroup(
                share.party,
                share.name,
                share.letter,
                share.look,
                by_party.get(share.party, []),
                is_shown=share in tally.shown,
            )
            for share in tally.in_order
        ),
    ]


def alphabetical(units: Iterable[Unit], geometry: Geometry, gettext: Gettext) -> list[Unit]:
    """Return races by the names of their places, without accents.

    The race on the map is before others of the same place. Numbers are sorted as such: "Ohio 2" is
    before "Ohio 10".
    """

    def key(unit: Unit) -> tuple[str, bool, str]:
        shape = geometry.shape_of.get(unit.state)
        name = name_in(gettext, shape.name) if shape else unit.name
        return sortable(name), unit.shape is None, unit.unit

    return sorted(units, key=key)


def sortable(name: str) -> str:
    """Return what orders a name among others."""
    name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"\d+", lambda number: number[0].zfill(DIGITS), name)
