"""Make data/geometries/us-house.json, a hexagon for each seat in the House of Representatives:

    python -m tools.build_us_house

us_house.txt has the hexagons as they lie. It was made once, from us-states.json: a cartogram in
which the area of a state is proportional to its seats (diffusion, by Gastner and Newman) was laid
on a grid, and simulated annealing then exchanged hexagons until each state was connected and
compact, and beside its neighbours. Alaska and Hawaii were placed by hand. Within a state the
districts are numbered as one reads, so a number says nothing about geography.
"""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

from broadcaster.domain.geometry import SHIPPED, shipped
from broadcaster.domain.geometry_making import make_geometry, scaled
from broadcaster.domain.hexjson import read_hexjson

GRID = Path(__file__).with_name("us_house.txt")
TARGET = SHIPPED / "us-house.json"

Document = dict[str, Any]

CODE = re.compile("[A-Z]{2}")
CELL = 4  # characters for each hexagon; every second line begins with half of that
SOURCE = (
    "A grid of our own, made from us-states as tools/build_us_house.py says. "
    "Districts are numbered by their place on the grid, not by geography."
)
ENDINGS = {1: "st", 2: "nd", 3: "rd"}
STATES = {shape.id: shape.name for shape in shipped("us-states").shapes}


def main() -> None:
    """Write the document: a shape in each line."""
    document = geometry()
    lines = ",\n".join(json.dumps(each) for each in document.pop("shapes"))
    TARGET.write_text(f'{json.dumps(document)[:-1]}, "shapes": [\n{lines}\n]}}\n')


def geometry() -> Document:
    """Return the document, as `manage.py geometry import` makes it, with the names of states."""
    whole, areas = scaled(read_hexjson(hexjson(), "n", "state"))
    document: Document = make_geometry("us-house", "U.S. House", SOURCE, whole, areas)
    for shape in document["shapes"]:
        shape["name"] = STATES.get(shape["id"], shape["name"])
    return document


def hexjson() -> Document:
    """Return the grid as HexJSON, in the order of states and districts."""
    found: Counter[str] = Counter()
    hexes = {}
    text = GRID.read_text()
    seats = Counter(CODE.findall(text))
    for row, line in enumerate(text.splitlines()):
        for match in CODE.finditer(line):
            state = match[0]
            found[state] += 1
            is_only = seats[state] == 1
            hexes[f"{state}-AL" if is_only else f"{state}-{found[state]}"] = {
                "q": match.start() // CELL,
                "r": -row,
                "n": f"{STATES[state]} {'at large' if is_only else ordinal(found[state])}",
                "state": state,
            }
    ordered = sorted(hexes.items(), key=lambda item: item[0][:2])  # districts stay in their order
    return {"layout": "odd-r", "hexes": dict(ordered)}


def ordinal(number: int) -> str:
    """Return "2nd": "Alabama 2" would read as two seats."""
    is_teen = number // 10 % 10 == 1
    return f"{number}{'th' if is_teen else ENDINGS.get(number % 10, 'th')}"


if __name__ == "__main__":
    main()
