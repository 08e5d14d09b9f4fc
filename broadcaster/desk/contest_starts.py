"""What a new contest can start from: a preset, another contest, or a map."""

from typing import Any

from broadcaster.domain import contest as contests
from broadcaster.domain.contest import SCHEMA
from broadcaster.domain.geometry import Geometry
from broadcaster.models import ContestDocument, GeometryDocument

PRESET, COPY, MAP = "preset", "copy", "map"


def starts() -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the choices of a menu in groups: presets, stored contests, maps."""
    presets = [contests.shipped(id) for id in contests.shipped_ids()]
    stored = ContestDocument.objects.only("slug", "title")
    maps = GeometryDocument.objects.only("slug", "title")
    return [
        ("A preset, as it ships", [(f"{PRESET}:{each.id}", each.title) for each in presets]),
        (
            "A contest here",
            [(f"{COPY}:{each.slug}", f"{each.title} ({each.slug})") for each in stored],
        ),
        (
            "A map, with a race for each shape",
            [(f"{MAP}:{each.slug}", each.title) for each in maps],
        ),
    ]


def start(choice: str) -> dict[str, Any] | None:
    """Return the document of a choice as JSON; None if there is no such choice any more."""
    kind, _, id = choice.partition(":")
    if kind == PRESET and id in contests.shipped_ids():
        return contests.shipped(id).to_dict()
    if kind == COPY and (stored := ContestDocument.objects.filter(slug=id).first()):
        return stored.document.to_dict()
    if kind == MAP and (geometry := GeometryDocument.objects.filter(slug=id).first()):
        return from_map(geometry.document)
    return None


def from_map(geometry: Geometry) -> dict[str, Any]:
    """Return a contest with a race for each shape of a map, and two parties to be renamed."""
    return {
        "schema": SCHEMA,
        "id": geometry.id,
        "title": geometry.title,
        "counting": "seats",
        "parties": [
            {"id": "A", "name": "Party A", "letter": "A", "look": "blue", "side": "left"},
            {"id": "B", "name": "Party B", "letter": "B", "look": "red", "side": "right"},
        ],
        "geometry": geometry.id,
        "races": [
            {"id": shape.id, "name": shape.name, "weight": 1, "shape": shape.id}
            for shape in geometry.shapes
            if shape.path
        ],
    }
