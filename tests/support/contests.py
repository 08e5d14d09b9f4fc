"""Contests and geometries made for tests: a country of hexagons with three parties, and large ones.

Lakeland has no threshold, a race without a shape, two races on one shape, and two letters in a
party's sign.
"""

from typing import Any

from msgspec.structs import replace

from broadcaster.domain import contest, geometry
from broadcaster.domain.contest import Contest
from broadcaster.domain.contest_parsing import parse_contest
from broadcaster.domain.geometry import Geometry
from broadcaster.domain.geometry_parsing import parse_geometry
from broadcaster.domain.show import Edition, Show
from broadcaster.models.contests import keep_all

LOOKS = ("green", "purple", "orange", "teal", "blue", "red", "gold", "grey")


def hexagons(id: str, title: str, ids: list[str], columns: int) -> dict[str, Any]:
    """Return a geometry of hexagons in rows, as JSON. The map is 1000 units wide."""
    shapes = []
    half = 1000 // (2 * columns + 1)  # of a hexagon's width
    for number, each in enumerate(ids):
        row, column = divmod(number, columns)
        x, y = half * (2 * column + row % 2 + 1), 2 * half * row + half
        shapes.append(
            {
                "id": each,
                "name": f"{title} {each}",
                "view": [x - 3 * half, y - 3 * half, 6 * half, 6 * half],
                "label": [x, y],
                "path": f"M{x} {y - half}l{half} {half // 2} 0 {half}-{half} {half // 2}"
                f"-{half}-{half // 2} 0-{half}z",
                "room": half - 1,
            }
        )
    rows = -(-len(ids) // columns)
    return {
        "schema": geometry.SCHEMA,
        "id": id,
        "title": title,
        "view": [0, 0, 1000, 2 * half * rows + half],
        "shapes": shapes,
    }


def lakeland_geometry() -> dict[str, Any]:
    """Return a map of seven hexagons, as JSON."""
    return hexagons("lakeland", "Lakeland", ["N", "NE", "E", "C", "W", "SW", "S"], 3)


def lakeland() -> dict[str, Any]:
    """Return the parliament of Lakeland, as JSON: 26 seats of 3 parties, 6 of them not up."""
    return {
        "schema": contest.SCHEMA,
        "id": "lakeland-2027",
        "title": "Lakeland 2027",
        "counting": "seats",
        "parties": [
            {"id": "GRN", "name": "Green Alliance", "letter": "G", "look": "green", "side": "left"},
            {"id": "FAR", "name": "Farmers", "letter": "Fa", "look": "orange", "side": "right"},
            {"id": "LIB", "name": "Liberals & <Friends>", "letter": "L", "look": "purple"},
        ],
        "held": {"GRN": 2, "FAR": 3, "LIB": 1},
        "geometry": "lakeland",
        "races": [
            {"id": "N", "name": "North", "shape": "N", "weight": 4, "held_by": "FAR"},
            {"id": "NE", "name": "Northeast", "shape": "NE", "weight": 2},
            {
                "id": "E",
                "name": "East",
                "shape": "E",
                "weight": 3,
                "candidates": {"LIB": {"name": "Ann “the Lake” O’Hara", "short": "O’Hara"}},
                "closes": "2027-05-02T20:00+02:00",
            },
            {"id": "C1", "name": "Capital, first seat", "shape": "C", "weight": 1},
            {"id": "C2", "name": "Capital, second seat", "shape": "C", "weight": 1},
            {"id": "W", "name": "West", "shape": "W", "weight": 3},
            {"id": "SW", "name": "Southwest", "shape": "SW", "weight": 2},
            {"id": "S", "name": "South", "shape": "S", "weight": 3},
            {"id": "ABROAD", "name": "Citizens abroad", "weight": 1},
        ],
        "earlier": [
            {
                "title": "2023",
                "winners": {"N": "FAR", "C1": "GRN", "C2": "LIB"},
                "margins": {"N": 9.46, "C1": 0},
                "weights": {"N": 5},
            }
        ],
    }


def parliament(seats: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a made-up parliament of `seats` on a grid of hexagons, and that grid, as JSON."""
    ids = [f"S{number}" for number in range(1, seats + 1)]
    grid = hexagons(f"grid-{seats}", "Seat", ids, 30)
    return {
        "schema": contest.SCHEMA,
        "id": f"parliament-{seats}",
        "title": f"Parliament of {seats}",
        "counting": "seats",
        "to_win": seats // 2 + 1,
        "parties": [
            {"id": f"P{number}", "name": f"Party {number}", "letter": str(number), "look": look}
            for number, look in enumerate(LOOKS, start=1)
        ],
        "geometry": grid["id"],
        "races": [{"id": id, "name": f"Seat {id}", "shape": id, "weight": 1} for id in ids],
    }, grid


def parsed(document: dict[str, Any], geometry: dict[str, Any]) -> tuple[Contest, Geometry]:
    """Return a contest and its geometry from their JSON."""
    found = parse_geometry(geometry)
    return parse_contest(document, {found.id: found}.get), found


def edition(id: str) -> Edition:
    """Return a contest that ships on its map, or that of Lakeland."""
    if id == "lakeland-2027":
        return Edition(*parsed(lakeland(), lakeland_geometry()))
    found = contest.shipped(id)
    return Edition(found, geometry.shipped(found.geometry))


def show(**ids: str) -> Show:
    """Return the contests of these ids, by key, as the vectors name them."""
    return Show({key: edition(id) for key, id in ids.items()})


CHOSEN = {"chosen_0": "president", "chosen_1": "us-president-2024"}
"""The contest of a broadcast in the admin's form."""

PRESIDENT_2020 = show(president="us-president-2020")


def president(year: int = 2020) -> list[list[str]]:
    """Return the lineup of a show with the presidential contest of a year, stored."""
    return keep_all(show(president=f"us-president-{year}").editions)


def with_names(contest: Contest, **names: str) -> Contest:
    """Return a contest in which candidates have other short names, by party."""
    candidates = {id: replace(contest.candidates[id], short=name) for id, name in names.items()}
    return replace(contest, candidates=contest.candidates | candidates)
