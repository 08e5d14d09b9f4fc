"""Where a shape has room for its label on a small map, on which letters are large for the shapes.

The point of a label is clear of the outline in all directions, as a mark alone needs it. A code
with its mark needs another place: below each other where the shape is high, or side by side where
it is wide and low.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import repeat

from broadcaster.domain import outline
from broadcaster.domain.outline import Point

Interval = tuple[float, float]

STEP = 0.075  # em between the rows in which room is looked for: two map units on the map of the US
CAPITAL = 0.73  # em: height of a capital letter
GAP = 0.15  # em between two lines
HIGH = 2 * CAPITAL + GAP  # em: height of two lines
SPACE = 0.3  # em between the code and the mark in one line
MARK = 0.8  # em: width of a mark
LETTER = {"I": 0.4, "M": 1.0, "W": 1.1}  # em: width of bold letters that are not as wide as most
USUAL = 0.76  # em: in wide fonts
TRIED = ((1.0, 1.3), (1.0, 1.15), (1.0, 1.06), (0.85, 0.95), (0.75, 0.9))
"""Sizes of the letters, and how much of the room that they need must be there. What has more room
stands clear of the borders. Small letters may overlap them a little, as in West Virginia; the edge
of the letters hides that. picture.css has the sizes, too."""


@dataclass(frozen=True, slots=True)
class SmallLabel:
    """Where the code and the mark stand, in map units from the label's point: x and baseline.

    x is the middle of a text, but a mark in the line of the code begins there: with the sign for
    certified it is longer, and must not cover the code. The letters have `size` times
    the usual size.
    """

    code: Point
    mark: Point
    size: float = 1.0

    @property
    def is_one_line(self) -> bool:
        """Whether the mark is in the line of the code, not below it."""
        return self.code[1] == self.mark[1]


@lru_cache(maxsize=8192)  # the shapes of eight of the largest maps
def small_label(path: str, code: str, near: Point, em: float) -> SmallLabel | None:
    """Return where a shape has its code and mark in letters of `em` map units.

    The place is the roomiest one, near the label's point `near`. Return None if there is no room.
    """
    wide = sum(LETTER.get(letter, USUAL) for letter in code)
    line = wide + SPACE + MARK
    rows = list(_rows(path, STEP * em))
    for size, room in TRIED:
        letters, needed = em * size, em * size * room
        if found := _place(rows, (wide * needed, MARK * needed), HIGH * size * room, near):
            x, y = found[0] - near[0], found[1] - near[1]
            return _below_each_other(x, y, letters, size)
        if found := _place(rows, (line * needed,), CAPITAL * size * room, near):
            x, baseline = found[0] - near[0], found[1] - near[1] + CAPITAL / 2 * letters
            return SmallLabel(
                _point(x - (line - wide) / 2 * letters, baseline),
                _point(x + (line / 2 - MARK) * letters, baseline),
                size,
            )
    return None


def beside(em: float) -> SmallLabel:
    """Return where a label stands whose point is on the ground beside its shape."""
    return _below_each_other(0.0, 0.0, em)


def _below_each_other(x: float, y: float, em: float, size: float = 1.0) -> SmallLabel:
    return SmallLabel(_point(x, y - GAP / 2 * em), _point(x, y + HIGH / 2 * em), size)


def _point(x: float, y: float) -> Point:
    return round(x, 1), round(y, 1)


def _rows(path: str, step: float) -> Iterator[tuple[float, list[Interval]]]:
    """Yield the y of horizontal lines through a shape, and the parts of each that are inside."""
    rings = outline.rings(path)
    if not rings:
        return  # another program wrote the path, with other commands
    _, top, _, bottom = outline.bounds(rings)
    sides = [side for ring in rings for side in outline.edges(ring)]
    for number in range(int((bottom - top) / step)):
        y = top + (number + 0.5) * step
        crossed = sorted(
            (bx - ax) * (y - ay) / (by - ay) + ax
            for (ax, ay), (bx, by) in sides
            if (ay > y) != (by > y)
        )
        yield y, list(zip(crossed[::2], crossed[1::2], strict=True))


def _place(
    rows: list[tuple[float, list[Interval]]], widths: Sequence[float], high: float, near: Point
) -> Point | None:
    """Return the middle of lines that fit, `high` em together, where it is nearest to `near`."""
    each = math.ceil(high / len(widths) / STEP)
    needed = [width for width in widths for _ in repeat(None, each)]
    found: list[tuple[float, float, float]] = []
    for start in range(len(rows) - len(needed) + 1):
        part = rows[start : start + len(needed)]
        y = (part[0][0] + part[-1][0]) / 2
        free: list[Interval] = [(-math.inf, math.inf)]
        for (_, inside), width in zip(part, needed, strict=True):
            free = [
                (max(left, begin + width / 2), min(right, end - width / 2))
                for left, right in free
                for begin, end in inside
                if max(left, begin + width / 2) <= min(right, end - width / 2)
            ]
        for left, right in free:
            x = min(max(near[0], left), right)
            found.append((math.dist((x, y), near), x, y))
    return min(found)[1:] if found else None
