"""Making a geometry of areas: scaled to the size of a map, with labels, views and neighbours."""

from collections import defaultdict
from collections.abc import Sequence

from msgspec import Struct

from broadcaster.domain.change import JsonObject
from broadcaster.domain.geometry import SCHEMA
from broadcaster.domain.outline import (
    Box,
    Ring,
    area,
    borders,
    bounds,
    close_view,
    label,
    neighbours,
    path,
)
from broadcaster.domain.rejection import InvalidInput

WIDTH = 1000.0  # map units: letters have the same size on every map
EDGE = 10.0  # map units around the shapes
CLOSEST = 110.0  # map units: width of the closest view
LABEL_POINTS = 150  # of an outline, that are enough to find the place of its label
SMALLEST = 1.5  # square units: smaller islands are left out, but for the largest of an area


class Area(Struct, frozen=True):
    """One area of a map, in any unit, with y downwards. The last point of a ring is its first."""

    id: str
    name: str
    rings: list[Ring]
    parent: str = ""  # the id of its group


def scaled(areas: Sequence[Area]) -> tuple[Box, list[Area]]:
    """Return the view of the whole map, and the areas in map units without the smallest islands.

    A map that is higher than wide gets room at its sides, so that it is no higher than a page.
    """
    left, top, right, bottom = bounds([ring for each in areas for ring in each.rings])
    side = max(right - left, bottom - top)
    scale = (WIDTH - 2 * EDGE) / side
    height = round((bottom - top) * scale + 2 * EDGE, 1)
    x0 = EDGE + (side - (right - left)) * scale / 2 - left * scale
    y0 = EDGE - top * scale

    def kept(rings: list[Ring]) -> list[Ring]:
        moved = [
            # Rounded, so that the corners of neighbours are equal.
            [(round(x * scale + x0, 4), round(y * scale + y0, 4)) for x, y in ring]
            for ring in sorted(rings, key=area, reverse=True)
        ]
        return [ring for ring in moved if area(ring) >= SMALLEST] or moved[:1]

    found = [Area(each.id, each.name, kept(each.rings), each.parent) for each in areas]
    return (0.0, 0.0, WIDTH, height), found


def thinned(ring: Ring) -> Ring:
    """Return some of the points of a long ring."""
    return ring[:: len(ring) // LABEL_POINTS + 1]


def make_geometry(
    id: str, title: str, source: str, whole: Box, areas: Sequence[Area]
) -> JsonObject:
    """Return a geometry as JSON. Groups follow the areas. parse_geometry() checks the result.

    Raises `InvalidInput` if a group has the id of an area.
    """
    touching = neighbours({each.id: each.rings for each in areas})
    groups: dict[str, list[Ring]] = defaultdict(list)
    shapes: list[JsonObject] = []
    for each in areas:
        x, y, room = label(thinned(each.rings[0]))
        shape: JsonObject = {
            "id": each.id,
            "name": each.name,
            "view": list(close_view(each.rings, whole, CLOSEST)),
            "label": [round(x, 1), round(y, 1)],
            "path": "".join(map(path, each.rings)),
            "room": round(room, 1),
            "neighbours": list(touching[each.id]),
        }
        if each.parent:
            groups[each.parent] += each.rings
            shape["parent"] = each.parent
        shapes.append(shape)
    for group, rings in groups.items():
        if group in touching:
            raise InvalidInput("parent", f"the group {group} has the id of a shape; rename one")
        left, top, right, bottom = bounds(rings)
        middle = [round((left + right) / 2, 1), round((top + bottom) / 2, 1)]
        view = list(close_view(rings, whole, CLOSEST))
        shapes.append({"id": group, "name": group, "view": view, "label": middle})
    return {
        "schema": SCHEMA,
        "id": id,
        "title": title,
        "source": source,
        "view": list(whole),
        "borders": borders(groups),
        "shapes": shapes,
    }
