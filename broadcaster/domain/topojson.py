"""Reading the arcs of TopoJSON: https://github.com/topojson/topojson-specification."""

from collections.abc import Iterator
from typing import Any

from broadcaster.domain.outline import Ring


def decode_arcs(topology: dict[str, Any]) -> list[Ring]:
    """Return the arcs of a document: points, or steps with a scale and an offset."""
    transform = topology.get("transform")
    if transform is None:
        return [[(float(x), float(y)) for x, y, *_ in arc] for arc in topology["arcs"]]
    (sx, sy), (tx, ty) = transform["scale"], transform["translate"]
    arcs = []
    for steps in topology["arcs"]:
        x = y = 0
        arc = []
        for dx, dy, *_ in steps:
            x, y = x + dx, y + dy
            arc.append((x * sx + tx, y * sy + ty))
        arcs.append(arc)
    return arcs


def polygons(geometry: dict[str, Any], arcs: list[Ring]) -> Iterator[list[Ring]]:
    """Yield the polygons of a Polygon or MultiPolygon: an outer ring, and those of holes."""
    found = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
    for polygon in found:
        yield [_ring(indices, arcs) for indices in polygon]


def rings(geometry: dict[str, Any], arcs: list[Ring]) -> Iterator[Ring]:
    """Yield all rings of a Polygon or MultiPolygon."""
    for polygon in polygons(geometry, arcs):
        yield from polygon


def _ring(indices: list[int], arcs: list[Ring]) -> Ring:
    """Return the arcs of a ring, joined. Index ~i means arc i backwards."""
    ring: Ring = []
    for i in indices:
        arc = arcs[i] if i >= 0 else arcs[~i][::-1]
        ring += arc if not ring else arc[1:]
    return ring
