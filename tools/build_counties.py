"""Make the lines between counties: a file for each state, in the static files of rendering/.

Source and licence are those of us-states.json (see build_us_map.py). To run it again:

    npm pack us-atlas@3 && tar xzf us-atlas-3.*.tgz
    python -m tools.build_counties package/counties-albers-10m.json

Only lines between two counties of one state are kept, since the map has the states' outlines.
"""

import json
import shutil
import sys
from collections import defaultdict
from pathlib import Path

from broadcaster.domain.outline import Ring, path
from broadcaster.domain.topojson import decode_arcs
from tools.build_us_map import CODES, DATA, simplify

BROADCASTER = Path(__file__).resolve().parents[1] / "broadcaster"
TARGET = BROADCASTER / "static" / "broadcaster" / "rendering" / "counties"
TOLERANCE = 0.15  # square units: smaller corners are left out


def main(source: str) -> None:
    topology = json.loads(Path(source).read_text())
    arcs = decode_arcs(topology)
    owners = defaultdict(list)  # by arc: the states of the counties on its sides
    for county in topology["objects"]["counties"]["geometries"]:
        for arc in outline(county):
            owners[arc].append(CODES.get(county["id"][:2]))
    lines = defaultdict(list)
    for arc, states in sorted(owners.items()):
        if len(states) == 2 and states[0] == states[1] is not None:
            lines[states[0]].append(simplify(arcs[arc], TOLERANCE))
    TARGET.mkdir(parents=True, exist_ok=True)
    for state in CODES.values():
        text = "".join(open_path(line) for line in lines[state])
        (TARGET / f"{state}.json").write_text(json.dumps(text) + "\n")
    shutil.copy(DATA / "geometries" / "us-states.LICENSE", TARGET / "LICENSE")


def outline(county: dict) -> set[int]:
    """Return the indices of the arcs around a county, regardless of their direction."""
    polygons = county["arcs"] if county["type"] == "MultiPolygon" else [county["arcs"]]
    return {arc if arc >= 0 else ~arc for polygon in polygons for ring in polygon for arc in ring}


def open_path(line: Ring) -> str:
    """Return a line as SVG, or "" if it is a single point.

    `path` draws rings: it leaves out the last point, since it closes them.
    """
    text = path([*line, line[-1]]).removesuffix("z")
    return "" if text.endswith("l") else text


if __name__ == "__main__":
    main(*sys.argv[1:])
