"""Outlines of shapes: SVG paths, label points, close views, which shapes touch, and borders.

The makers of geometries use it: tools/build_us_map.py and manage.py geometry import.
"""

import heapq
import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

Box = tuple[float, float, float, float]
"""x, y, width and height in map units, as in SVG's viewBox."""
Point = tuple[float, float]
Ring = list[Point]
Corner = tuple[int, int]  # in tenths

TENTH = 10  # coordinates are rounded to 1/TENTH
CLEAR = 23.0  # units from label point to outline that are enough
PULL = 0.1  # units of that distance that one unit nearer to the middle is worth
MARGIN = 1.5  # a close view's size as a multiple of its shape's

_NUMBER = re.compile(r"-?(?:\d+(?:\.\d+)?|\.\d+)")
_RING = re.compile(rf"M({_NUMBER.pattern}) ?({_NUMBER.pattern})l([-\d. ]+)z")


def edges(ring: Ring) -> Iterator[tuple[Point, Point]]:
    """Return the sides of a ring, the one that closes it included."""
    return zip(ring, ring[1:] + ring[:1], strict=True)


def area(ring: Ring) -> float:
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in edges(ring))) / 2


def path(ring: Ring) -> str:
    """Return a closed ring, whose last point is its first, as short SVG.

    It is a start and relative steps on a grid of tenths.
    """
    return f"{line(on_grid(ring)[:-1])}z"


def rings(path: str) -> list[Ring]:
    """Return the closed rings of a path that path() wrote; of any other what looks like them."""
    found = []
    for left, top, rest in _RING.findall(path):
        steps = [in_tenths(each) for each in _NUMBER.findall(rest)]
        points = [(in_tenths(left), in_tenths(top))]
        for dx, dy in zip(steps[::2], steps[1::2], strict=False):
            x, y = points[-1]
            points.append((x + dx, y + dy))
        found.append([(x / TENTH, y / TENTH) for x, y in [*points, points[0]]])
    return found


def coarse(outline: str, step: float) -> str:
    """Return a path of closed rings with its corners on a grid of `step` units, for small pictures.

    Corners that shapes share stay shared, so a map gets no gaps. Rings that shrink to a line are
    left out.
    """
    found = []
    for ring in rings(outline):
        snapped = [(round(x / step) * step, round(y / step) * step) for x, y in ring]
        kept = [corner for corner, after in pairwise(snapped) if corner != after]
        if len(kept) > 2:
            found.append(path([*kept, kept[0]]))
    return "".join(found)


def in_tenths(number: str) -> int:
    return round(float(number) * TENTH)


def line(grid: Sequence[Corner]) -> str:
    """Return points in tenths as an open line, in short SVG."""
    text = f"M{number(grid[0][0])}{number(grid[0][1], True)}l"
    first = True
    for (x0, y0), (x1, y1) in pairwise(grid):
        if (x0, y0) != (x1, y1):
            text += number(x1 - x0, not first) + number(y1 - y0, True)
            first = False
    return text


def on_grid(ring: Ring) -> list[Corner]:
    """Return the points of a ring in tenths."""
    return [(round(x * TENTH), round(y * TENTH)) for x, y in ring]


def number(tenths: int, after_another: bool = False) -> str:
    """Return a number for SVG, with the space that it needs after another one."""
    text = f"{tenths / TENTH:g}"
    if abs(tenths) < TENTH:
        text = text.replace("0.", ".")
    return f" {text}" if after_another and tenths >= 0 else text


def bounds(rings: Sequence[Ring]) -> tuple[float, float, float, float]:
    """Return the least x and y, and the greatest."""
    xs = [x for ring in rings for x, _ in ring]
    ys = [y for ring in rings for _, y in ring]
    return min(xs), min(ys), max(xs), max(ys)


def close_view(rings: Sequence[Ring], whole: Box, closest: float) -> Box:
    """Return the view of a shape. It has the proportions of the whole map, and stays on it.

    It is at least `closest` wide: outlines have too few points to be looked at more closely.
    """
    left, top, right, bottom = bounds(rings)
    ratio = whole[2] / whole[3]
    width = max(right - left, (bottom - top) * ratio) * MARGIN
    width = min(max(width, closest), whole[2])
    height = width / ratio
    x, y = (left + right - width) / 2, (top + bottom - height) / 2
    x = min(max(x, whole[0]), whole[0] + whole[2] - width)
    y = min(max(y, whole[1]), whole[1] + whole[3] - height)
    return round(x, 1), round(y, 1), round(width, 1), round(height, 1)


def label(ring: Ring) -> tuple[float, float, float]:
    """Return x and y of a label, near the middle but clear of the outline, and its distance to it.

    Squares are split in four, the ones that may contain the best point first (as in polylabel).
    """
    left, top, right, bottom = bounds([ring])
    middle = centroid(ring)
    half = max(right - left, bottom - top) / 2
    best = (-math.inf, 0.0, 0.0, 0.0)
    queue = [(-math.inf, (left + right) / 2, (top + bottom) / 2, half)]
    while queue:
        hope, x, y, half = heapq.heappop(queue)
        if -hope < best[0] + 0.05:
            break
        half /= 2
        for cx in (x - half, x + half):
            for cy in (y - half, y + half):
                room = distance(cx, cy, ring)
                merit = min(room, CLEAR) - PULL * math.dist((cx, cy), middle)
                best = max(best, (merit, cx, cy, room))
                heapq.heappush(queue, (-(merit + (1 + PULL) * half * math.sqrt(2)), cx, cy, half))
    return best[1:]


def centroid(ring: Ring) -> Point:
    parts = [(a[0] * b[1] - b[0] * a[1], a, b) for a, b in edges(ring)]
    whole = 3 * sum(part for part, _, _ in parts)
    x = sum(part * (a[0] + b[0]) for part, a, b in parts)
    y = sum(part * (a[1] + b[1]) for part, a, b in parts)
    return x / whole, y / whole


def distance(x: float, y: float, ring: Ring) -> float:
    """Return the distance from a point to the outline, negative outside."""
    inside = False
    nearest = math.inf
    for (ax, ay), (bx, by) in edges(ring):
        if (ay > y) != (by > y) and x < (bx - ax) * (y - ay) / (by - ay) + ax:
            inside = not inside
        dx, dy = bx - ax, by - ay
        t = max(0.0, min(1.0, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy or 1.0)))
        nearest = min(nearest, math.hypot(ax + t * dx - x, ay + t * dy - y))
    return nearest if inside else -nearest


def neighbours(shapes: Mapping[str, Sequence[Ring]]) -> dict[str, tuple[str, ...]]:
    """Return which shapes share a border. One common point, a corner, is none.

    Borders have the same points on both sides, as in a simplified coverage and in a grid.
    """
    owners: dict[Corner, set[str]] = defaultdict(set)
    for id, rings in shapes.items():
        for ring in rings:
            for point in on_grid(ring):
                owners[point].add(id)
    common: dict[tuple[str, str], int] = defaultdict(int)
    for ids in owners.values():
        for one in ids:
            for other in ids - {one}:
                common[one, other] += 1
    return {
        id: tuple(sorted(other for other in shapes if common.get((id, other), 0) > 1))
        for id in shapes
    }


def borders(groups: Mapping[str, Sequence[Ring]]) -> str:
    """Return the lines between groups of shapes as one path; "" if none touch.

    As in neighbours(), borders have the same points on both sides.
    """
    owners: dict[frozenset[Corner], set[str]] = defaultdict(set)
    for id, rings in groups.items():
        for ring in rings:
            for side in pairwise(on_grid(ring)):
                owners[frozenset(side)].add(id)
    return "".join(map(line, chains(side for side, ids in owners.items() if len(ids) > 1)))


def chains(sides: Iterable[frozenset[Corner]]) -> Iterator[list[Corner]]:
    """Yield lines that have each of these sides once, as long as they can easily be."""
    ends: dict[Corner, set[Corner]] = defaultdict(set)
    for one, other in sides:
        ends[one].add(other)
        ends[other].add(one)
    for start in sorted(ends, key=lambda corner: (len(ends[corner]) % 2 == 0, corner)):
        while ends[start]:
            chain = [start]
            while ends[chain[-1]]:
                after = min(ends[chain[-1]])
                ends[chain[-1]].remove(after)
                ends[after].remove(chain[-1])
                chain.append(after)
            yield chain
