"""Make us_map.json, the shapes of the states, from us-atlas. Uses the standard library only.

Source: the npm package us-atlas 3.0.1 by Michael Bostock (ISC, see us_map.LICENSE), made from
the Census Bureau's cartographic boundaries of 2017 (public domain). To run it again:

    npm pack us-atlas@3 && tar xzf us-atlas-3.*.tgz
    python -m tools.build_us_map package/states-albers-10m.json

The input is projected (Albers, with Alaska and Hawaii moved). One unit is a pixel of a map that is
975 wide and 610 high. The Aleutians reach beyond its left edge, so VIEW begins below 0.
"""

import heapq
import json
import math
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

DATA = Path(__file__).resolve().parents[1] / "broadcaster" / "data"

Point = tuple[float, float]
Ring = list[Point]

SOURCE = "us-atlas 3.0.1, https://github.com/topojson/us-atlas, ISC: see us_map.LICENSE"
VIEW = (-58.0, 0.0, 1033.0, 610.0)  # x, y, width, height: the whole country
CLOSEST = 110.0  # width of the closest view; outlines have too few points for closer ones
MARGIN = 1.5  # a view's size as a multiple of its state's
TOLERANCE = 0.12  # square units: smaller corners are left out
SMALLEST = 1.5  # square units: smaller islands are left out
CLEAR = 23.0  # units from label point to outline that are enough
PULL = 0.1  # units of that distance that one unit nearer to the middle is worth
TENTH = 10  # coordinates are rounded to 1/TENTH

FIPS = (
    "01AL 02AK 04AZ 05AR 06CA 08CO 09CT 10DE 11DC 12FL 13GA 15HI 16ID 17IL 18IN 19IA 20KS 21KY "
    "22LA 23ME 24MD 25MA 26MI 27MN 28MS 29MO 30MT 31NE 32NV 33NH 34NJ 35NM 36NY 37NC 38ND 39OH "
    "40OK 41OR 42PA 44RI 45SC 46SD 47TN 48TX 49UT 50VT 51VA 53WA 54WV 55WI 56WY"
)
CODES = {item[:2]: item[2:] for item in FIPS.split()}

NUDGES = {"FL": (3.0, -4.0)}  # a label is wider than high, and Florida is narrow below it
BESIDE = {"HI": (277.0, 584.0, 30.0)}  # labels in the sea, with the room there


def main(source: str) -> None:
    topology = json.loads(Path(source).read_text())
    arcs = [simplify(arc) for arc in decode_arcs(topology)]
    states = {}
    for geometry in topology["objects"]["states"]["geometries"]:
        code = CODES[geometry["id"]]
        states[code] = shape(code, list(rings(geometry, arcs)))
    lines = (f"{json.dumps(code)}: {json.dumps(states[code])}" for code in sorted(states))
    text = (
        f'{{"source": {json.dumps(SOURCE)},\n"view": {json.dumps(join(VIEW))},\n"states": {{\n'
        + ",\n".join(lines)
        + "\n}}\n"
    )
    DATA.joinpath("us_map.json").write_text(text)


def shape(code: str, found: list[Ring]) -> dict[str, object]:
    """Return a state for us_map.json: path, closest view, label point, and the room there."""
    found.sort(key=area, reverse=True)
    kept = [ring for ring in found if area(ring) >= SMALLEST] or found[:1]
    x, y, room = BESIDE.get(code) or label(kept[0])
    dx, dy = NUDGES.get(code, (0.0, 0.0))
    return {
        "path": "".join(map(path, kept)),
        "view": join(view(kept)),
        "label": [round(x + dx, 1), round(y + dy, 1)],
        "room": round(room, 1),
    }


def decode_arcs(topology: dict[str, Any]) -> list[Ring]:
    """Return the arcs of a TopoJSON document: it has integer steps, a scale and an offset."""
    (sx, sy), (tx, ty) = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = []
    for steps in topology["arcs"]:
        x = y = 0
        arc = []
        for dx, dy in steps:
            x, y = x + dx, y + dy
            arc.append((x * sx + tx, y * sy + ty))
        arcs.append(arc)
    return arcs


def rings(geometry: dict[str, Any], arcs: list[Ring]) -> Iterator[Ring]:
    """Yield the rings of a polygon or multipolygon. Index ~i means arc i backwards."""
    polygons = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
    for polygon in polygons:
        for indices in polygon:
            ring: Ring = []
            for i in indices:
                arc = arcs[i] if i >= 0 else arcs[~i][::-1]
                ring += arc if not ring else arc[1:]
            yield ring


def simplify(arc: Ring, tolerance: float = TOLERANCE) -> Ring:
    """Return an arc without its flattest corners (Visvalingam's algorithm).

    Neighbouring states share arcs, so no gaps open between them.
    """
    kept = list(arc)
    while len(kept) > 4:
        flattest, i = min(
            (abs(cross(kept[i - 1], kept[i], kept[i + 1])) / 2, i) for i in range(1, len(kept) - 1)
        )
        if flattest >= tolerance:
            break
        del kept[i]
    return kept


def cross(a: Point, b: Point, c: Point) -> float:
    """Return twice the signed area of a triangle."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def edges(ring: Ring) -> Iterator[tuple[Point, Point]]:
    """Return the sides of a ring, the one that closes it included."""
    return zip(ring, ring[1:] + ring[:1], strict=True)


def area(ring: Ring) -> float:
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in edges(ring))) / 2


def path(ring: Ring) -> str:
    """Return a ring as short SVG: a start, then relative steps on a grid of tenths."""
    grid = [(round(x * TENTH), round(y * TENTH)) for x, y in ring]
    text = f"M{number(grid[0][0])}{number(grid[0][1], True)}l"
    first = True
    for (x0, y0), (x1, y1) in pairwise(grid[:-1]):
        if (x0, y0) != (x1, y1):
            text += number(x1 - x0, not first) + number(y1 - y0, True)
            first = False
    return text + "z"


def number(tenths: int, after_another: bool = False) -> str:
    """Return a number for SVG, with the space that it needs after another one."""
    text = f"{tenths / TENTH:g}"
    if abs(tenths) < TENTH:
        text = text.replace("0.", ".")
    return f" {text}" if after_another and tenths >= 0 else text


def view(found: list[Ring]) -> tuple[float, ...]:
    """Return the view of a state, as x, y, width, height.

    It has the proportions of the whole map, and is at least CLOSEST wide.
    """
    xs = [x for ring in found for x, _ in ring]
    ys = [y for ring in found for _, y in ring]
    ratio = VIEW[2] / VIEW[3]
    width = max(max(xs) - min(xs), (max(ys) - min(ys)) * ratio) * MARGIN
    width = min(max(width, CLOSEST), VIEW[2])
    height = width / ratio
    x, y = (min(xs) + max(xs) - width) / 2, (min(ys) + max(ys) - height) / 2
    return (
        min(max(x, VIEW[0]), VIEW[0] + VIEW[2] - width),
        min(max(y, VIEW[1]), VIEW[1] + VIEW[3] - height),
        width,
        height,
    )


def join(numbers: tuple[float, ...]) -> str:
    return " ".join(f"{n:.1f}".removesuffix(".0") for n in numbers)


def label(ring: Ring) -> tuple[float, float, float]:
    """Return x and y of a label, near the middle but clear of the outline, and its distance to it.

    Squares are split in four, the ones that may contain the best point first (as in polylabel).
    """
    xs, ys = [x for x, _ in ring], [y for _, y in ring]
    middle = centroid(ring)
    half = max(max(xs) - min(xs), max(ys) - min(ys)) / 2
    best = (-math.inf, 0.0, 0.0, 0.0)
    queue = [(-math.inf, (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2, half)]
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


if __name__ == "__main__":
    main(*sys.argv[1:])
