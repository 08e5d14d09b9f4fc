"""Make data/geometries/us-states.json from us-atlas. Uses the standard library only.

Source: the npm package us-atlas 3.0.1 by Michael Bostock (ISC, see us-states.LICENSE), made from
the Census Bureau's cartographic boundaries of 2017 (public domain). To run it again:

    npm pack us-atlas@3 && tar xzf us-atlas-3.*.tgz
    python -m tools.build_us_map package/states-albers-10m.json

The input is projected (Albers, with Alaska and Hawaii moved). One unit is a pixel of a map that is
975 wide and 610 high. The Aleutians reach beyond its left edge, so VIEW begins below 0.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from broadcaster.domain.geometry import SCHEMA
from broadcaster.domain.outline import Box, Ring, area, close_view, label, neighbours, path
from broadcaster.domain.topojson import decode_arcs, rings

DATA = Path(__file__).resolve().parents[1] / "broadcaster" / "data"
TARGET = DATA / "geometries" / "us-states.json"

SOURCE = "us-atlas 3.0.1, https://github.com/topojson/us-atlas, ISC: see us-states.LICENSE"
VIEW: Box = (-58.0, 0.0, 1033.0, 610.0)  # the whole country
CLOSEST = 110.0  # width of the closest view
TOLERANCE = 0.12  # square units: smaller corners are left out
SMALLEST = 1.5  # square units: smaller islands are left out

FIPS = (
    "01AL 02AK 04AZ 05AR 06CA 08CO 09CT 10DE 11DC 12FL 13GA 15HI 16ID 17IL 18IN 19IA 20KS 21KY "
    "22LA 23ME 24MD 25MA 26MI 27MN 28MS 29MO 30MT 31NE 32NV 33NH 34NJ 35NM 36NY 37NC 38ND 39OH "
    "40OK 41OR 42PA 44RI 45SC 46SD 47TN 48TX 49UT 50VT 51VA 53WA 54WV 55WI 56WY"
)
CODES = {item[:2]: item[2:] for item in FIPS.split()}

BOXES = ("VT", "NH", "MA", "RI", "CT", "NJ", "DE", "MD", "DC")
"""States that are too small to read on the map, from north to south."""
NUDGES = {"FL": (3.0, -4.0)}  # a label is wider than high, and Florida is narrow below it
BESIDE = {"HI": (277.0, 584.0, 30.0)}  # labels in the sea, with the room there


def main(source: str) -> None:
    """Write the document: a shape in each line."""
    topology = json.loads(Path(source).read_text())
    arcs = [simplify(arc) for arc in decode_arcs(topology)]
    names, outlines = {}, {}
    for state in topology["objects"]["states"]["geometries"]:
        code = CODES[state["id"]]
        names[code] = state["properties"]["name"]
        outlines[code] = kept(list(rings(state, arcs)))
    touching = neighbours(outlines)
    order = [*sorted(set(names) - set(BOXES)), *BOXES]
    shapes = [shape(code, names[code], outlines[code], touching[code]) for code in order]
    head = {
        "schema": SCHEMA,
        "id": "us-states",
        "title": "United States",
        "whole": "US",
        "source": SOURCE,
        "view": VIEW,
    }
    lines = ",\n".join(json.dumps(each) for each in shapes)
    TARGET.write_text(f'{json.dumps(head)[:-1]}, "shapes": [\n{lines}\n]}}\n')


def kept(found: list[Ring]) -> list[Ring]:
    """Return the outlines of a state without the smallest islands, the largest first."""
    found.sort(key=area, reverse=True)
    return [ring for ring in found if area(ring) >= SMALLEST] or found[:1]


def shape(code: str, name: str, found: Sequence[Ring], touching: Sequence[str]) -> dict[str, Any]:
    """Return a state as the document has it."""
    x, y, room = BESIDE.get(code) or label(found[0])
    dx, dy = NUDGES.get(code, (0.0, 0.0))
    return {
        "id": code,
        "name": name,
        "view": close_view(found, VIEW, CLOSEST),
        "label": [round(x + dx, 1), round(y + dy, 1)],
        "path": "".join(map(path, found)),
        "room": round(room, 1),
        "neighbours": touching,
        **({"box": True} if code in BOXES else {}),
        **({"beside": True} if code in BESIDE else {}),
    }


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


def cross(a: Sequence[float], b: Sequence[float], c: Sequence[float]) -> float:
    """Return twice the signed area of a triangle."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


if __name__ == "__main__":
    main(*sys.argv[1:])
