"""Reading geometries from untrusted JSON. Errors name row and field, such as `shapes.3.path`."""

import math
import re
from typing import Any

from broadcaster.domain.document import Problems, filled, line, parse_id, rows
from broadcaster.domain.geometry import SCHEMA, Geometry, Shape
from broadcaster.domain.outline import Box
from broadcaster.domain.parsing import MAX_TITLE, known_object, short_list
from broadcaster.domain.rejection import InvalidInput

MAX_SHAPES = 1000
MAX_BYTES = 600_000  # of all shapes' paths, uncompressed: what a page still carries well
MAX_NAME = 80  # characters
MAX_SOURCE = 300  # characters
MAX_COORDINATE = 100_000  # map units
MAX_NEIGHBOURS = 50
WIDTHS = (500, 2000)  # map units of the whole map, so that letters and patterns fit it

FIELDS = ("schema", "id", "title", "source", "whole", "view", "borders", "shapes")

_SHAPE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,23}")
_PATH = re.compile(r"[MLHVZmlhvz0-9., -]*")


def parse_geometry(data: object) -> Geometry:
    """Return the `Geometry` that decoded JSON holds. Raises `InvalidDocument`."""
    problems = Problems()
    fields: dict[str, Any] = {}
    with problems.collected():
        fields = known_object("geometry", data, FIELDS)
        if fields.get("schema") != SCHEMA:
            raise InvalidInput("schema", f"is not {SCHEMA}")
    problems.check()
    found: dict[str, Any] = {}
    with problems.collected():
        found["id"] = parse_id("id", fields.get("id"))
    with problems.collected():
        found["title"] = filled("title", fields.get("title"), MAX_TITLE)
    with problems.collected():
        found["source"] = line("source", fields.get("source"), MAX_SOURCE)
    with problems.collected():
        found["whole"] = parse_shape_id("whole", fields["whole"]) if fields.get("whole") else ""
    with problems.collected():
        found["view"] = _box("view", fields.get("view"))
        if not WIDTHS[0] <= found["view"][2] <= WIDTHS[1]:
            words = f"is {found['view'][2]:g} wide; a map is {WIDTHS[0]} to {WIDTHS[1]} units wide"
            raise InvalidInput("view", words)
    with problems.collected():
        found["borders"] = _path("borders", fields.get("borders", ""))
        if len(found["borders"]) > MAX_BYTES:
            raise InvalidInput("borders", f"has more than {MAX_BYTES} bytes")
    found["shapes"] = _shapes(fields.get("shapes"), problems)
    if found.get("whole") in [shape.id for shape in found["shapes"]]:
        problems.add("whole", f"{found['whole']} is the id of a shape")
    problems.check()
    return Geometry(**found)


def _shapes(value: object, problems: Problems) -> tuple[Shape, ...]:
    shapes: dict[str, Shape] = {}
    named: dict[str, str] = {}
    for name, row in rows("shapes", value, MAX_SHAPES, "shapes", problems):
        with problems.collected():
            shape = _shape(name, row)
            if shape.id in shapes:
                raise InvalidInput(f"{name}.id", f"{shape.id} is the id of {named[shape.id]}")
            shapes[shape.id], named[shape.id] = shape, name
    if not any(shape.path for shape in shapes.values()) and not problems.found:
        problems.add("shapes", "has no shape with a path")
    for id, shape in shapes.items():
        for other in (*shape.neighbours, *filter(None, [shape.parent])):
            if other not in shapes and not problems.found:
                problems.add(named[id], f"names {other}, and there is no such shape")
    length = sum(len(shape.path) for shape in shapes.values())
    if length > MAX_BYTES:
        problems.add("shapes", f"have paths of {length} bytes in all; {MAX_BYTES} is the most")
    return tuple(shapes.values())


def _shape(name: str, row: object) -> Shape:
    fields = known_object(name, row, Shape.__struct_fields__)
    neighbours = short_list(f"{name}.neighbours", fields.get("neighbours", []), MAX_NEIGHBOURS)
    [room] = _numbers(f"{name}.room", [fields.get("room", 0.0)], 1)
    return Shape(
        id=parse_shape_id(f"{name}.id", fields.get("id")),
        name=filled(f"{name}.name", fields.get("name"), MAX_NAME),
        view=_box(f"{name}.view", fields.get("view")),
        label=_point(f"{name}.label", fields.get("label")),
        path=_path(f"{name}.path", fields.get("path", "")),
        room=room,
        neighbours=tuple(parse_shape_id(f"{name}.neighbours", each) for each in neighbours),
        parent=parse_shape_id(f"{name}.parent", fields["parent"]) if fields.get("parent") else "",
        box=fields.get("box", False) is True,
        beside=fields.get("beside", False) is True,
    )


def parse_shape_id(name: str, value: object) -> str:
    """Return the id of a shape."""
    if not isinstance(value, str) or not _SHAPE_ID.fullmatch(value):
        words = "is not 1 to 24 letters, digits, hyphens, dots and underscores"
        raise InvalidInput(name, words)
    return value


def _path(name: str, value: object) -> str:
    if not isinstance(value, str) or not _PATH.fullmatch(value):
        raise InvalidInput(name, "is not a path of straight lines, as SVG writes it")
    if value and value[0] not in "Mm":
        raise InvalidInput(name, "does not begin with M, as an SVG path does")
    return value


def _point(name: str, value: object) -> tuple[float, float]:
    x, y = _numbers(name, value, 2)
    return x, y


def _box(name: str, value: object) -> Box:
    x, y, width, height = _numbers(name, value, 4)
    if width <= 0 or height <= 0:
        raise InvalidInput(name, "has no width or height")
    return x, y, width, height


def _numbers(name: str, value: object, count: int) -> list[float]:
    if not isinstance(value, list) or len(value) != count:
        raise InvalidInput(name, f"is not a list of {count} numbers")
    for number in value:
        if isinstance(number, bool) or not isinstance(number, int | float):
            raise InvalidInput(name, f"is not a list of {count} numbers")
        if not math.isfinite(number) or abs(number) > MAX_COORDINATE:
            raise InvalidInput(name, f"is beyond {MAX_COORDINATE} map units")
    return [float(number) for number in value]
