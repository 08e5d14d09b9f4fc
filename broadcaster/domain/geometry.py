"""A geometry: the shapes that a contest's races are drawn on.

It is a document, as a contest is. geometry_parsing.py makes it from untrusted JSON.
"""

import math
from functools import cache, cached_property
from pathlib import Path
from typing import Self

import msgspec
from msgspec import Struct

from broadcaster.domain import outline
from broadcaster.domain.decodable import decodable
from broadcaster.domain.outline import Box

SCHEMA = "mapcenter.geometry/1"
SHIPPED = Path(__file__).parents[1] / "data" / "geometries"


class Shape(Struct, frozen=True, omit_defaults=True):
    """One shape. A shape without a path groups others: it can be looked at, and has borders.

    `view` shows the shape closely; `room` is the distance in map units from its label's point to
    the outline. A shape with `box` is too small to read on the whole map, so its race has a box
    beside it as well. With `beside` its label's point is outside, on the ground.
    """

    id: str
    name: str
    view: Box
    label: tuple[float, float]
    path: str = ""
    room: float = 0.0
    neighbours: tuple[str, ...] = ()
    parent: str = ""
    box: bool = False
    beside: bool = False


@decodable
class Geometry(Struct, frozen=True, omit_defaults=True, dict=True, tag_field="schema", tag=SCHEMA):
    """Shapes in their order, which is that of their boxes. `view` shows all of them.

    `whole` is the id of the whole map, as views of it may name it; "" if it has none. `borders` is
    a path of the lines between groups, to be drawn above the shapes.
    """

    id: str
    title: str
    view: Box
    shapes: tuple[Shape, ...]
    source: str = ""
    whole: str = ""
    borders: str = ""

    @cached_property
    def shape_of(self) -> dict[str, Shape]:
        """The shapes by id."""
        return {shape.id: shape for shape in self.shapes}

    @cached_property
    def least_room(self) -> float:
        """The smallest room of the shapes that have their labels on the map, in map units."""
        labelled = (each for each in self.shapes if each.path and not (each.box or each.beside))
        return min((each.room for each in labelled), default=0.0)

    @cached_property
    def inner_borders(self) -> str:
        """The lines along which two shapes touch, as one path; "" if it cannot be told."""
        drawn = {each.id: outline.rings(each.path) for each in self.shapes}
        return outline.borders(drawn)

    @cached_property
    def groups(self) -> dict[str, list[Shape]]:
        """The shapes of each group, by its id."""
        found: dict[str, list[Shape]] = {}
        for shape in self.shapes:
            if shape.parent:
                found.setdefault(shape.parent, []).append(shape)
        return found

    @cached_property
    def group_at(self) -> dict[str, str]:
        """The groups, by the id of the shape in their middle."""
        found = {}
        for id, shapes in self.groups.items():
            center = self.shape_of[id].label
            found[min(shapes, key=lambda shape: math.dist(shape.label, center)).id] = id
        return found

    def to_dict(self) -> dict[str, object]:
        """Return the document as JSON, as it is stored and exported."""
        document: dict[str, object] = msgspec.json.decode(msgspec.json.encode(self))
        return document

    @classmethod
    def from_dict(cls, data: object) -> Self:
        """Return the geometry that trusted JSON holds. Raises `msgspec.ValidationError`."""
        return msgspec.convert(data, cls)


def shipped_ids() -> list[str]:
    """Return the ids of the geometries that come with Map Center."""
    return sorted(path.stem for path in SHIPPED.glob("*.json"))


@cache
def shipped(id: str) -> Geometry:
    """Return one of the geometries that come with Map Center."""
    return msgspec.json.decode(SHIPPED.joinpath(f"{id}.json").read_bytes(), type=Geometry)
