"""Reading HexJSON, maps of hexagons in rows or columns: https://odileeds.org/projects/hexmaps."""

import math
from typing import Any

from broadcaster.domain.geometry_making import Area
from broadcaster.domain.geometry_parsing import MAX_SHAPES, parse_shape_id
from broadcaster.domain.outline import Ring
from broadcaster.domain.parsing import one_of, whole_number
from broadcaster.domain.rejection import InvalidInput, shown_key

LAYOUTS = ("odd-r", "even-r", "odd-q", "even-q")
"""Rows of pointed hexagons (r) or columns of flat ones (q); the odd or the even ones are shifted
by half a hexagon, to the right or down."""

MAX_STEP = 10_000  # hexagons from the origin
HALF = math.sqrt(3) / 2


def read_hexjson(data: dict[str, Any], name: str, parent: str) -> list[Area]:
    """Return the hexagons of a document, with y downwards.

    `name` and `parent` are the fields of a hexagon with its name and its group; "" for no groups.
    Raises `InvalidInput`.
    """
    layout = one_of("layout", data.get("layout"), LAYOUTS)
    hexes = data.get("hexes")
    if not isinstance(hexes, dict) or not hexes:
        raise InvalidInput("hexes", "has no hexagons")
    if len(hexes) > MAX_SHAPES:
        raise InvalidInput("hexes", f"has {len(hexes)} hexagons; there can be {MAX_SHAPES}")
    areas = []
    taken: dict[tuple[int, int], str] = {}
    for id, item in hexes.items():
        field = f"hexes.{shown_key(id)}"
        parse_shape_id(field, id)
        if not isinstance(item, dict):
            raise InvalidInput(field, "is not an object")
        what = f"a whole number from {-MAX_STEP} to {MAX_STEP}"
        q = whole_number(f"{field}.q", item.get("q"), -MAX_STEP, MAX_STEP, what)
        r = whole_number(f"{field}.r", item.get("r"), -MAX_STEP, MAX_STEP, what)
        if (q, r) in taken:
            raise InvalidInput(field, f"is at the place of {taken[q, r]}: column {q}, row {r}")
        taken[q, r] = id
        areas.append(
            Area(
                id=id,
                name=str(item.get(name) or id),
                parent=str(item.get(parent) or "") if parent else "",
                rings=[hexagon(layout, q, r)],
            )
        )
    return areas


def hexagon(layout: str, q: int, r: int) -> Ring:
    """Return the closed outline of a hexagon with sides of 1. Rows count upwards."""
    parity, kind = layout.split("-")
    shift = 1 if parity == "odd" else 0
    if kind == "r":
        x, y = 2 * HALF * (q + 0.5 * ((r & 1) == shift)), -1.5 * r
        corners = [(0.0, -1.0), (HALF, -0.5), (HALF, 0.5), (0.0, 1.0), (-HALF, 0.5), (-HALF, -0.5)]
    else:
        x, y = 1.5 * q, 2 * HALF * (0.5 * ((q & 1) == shift) - r)
        corners = [(1.0, 0.0), (0.5, HALF), (-0.5, HALF), (-1.0, 0.0), (-0.5, -HALF), (0.5, -HALF)]
    ring = [(x + dx, y + dy) for dx, dy in corners]
    return [*ring, ring[0]]
