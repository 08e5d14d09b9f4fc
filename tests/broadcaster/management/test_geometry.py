"""manage.py geometry and manage.py contest: files in, documents out, clear errors."""

import io
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from django.core.management import CommandError, call_command
from django.test import TestCase

from broadcaster.domain.geometry import shipped
from broadcaster.models import AuditEntry, ContestDocument, GeometryDocument
from tests.support.contests import lakeland, lakeland_geometry

HEXES = {
    "layout": "odd-r",
    "hexes": {
        "A1": {"q": 0, "r": 0, "n": "<b>Ash & Oak</b>", "region": "South"},
        "A2": {"q": 1, "r": 0, "n": "Birch", "region": "South"},
        "B1": {"q": 0, "r": 1, "n": "Cedar", "region": "North"},
        "B2": {"q": 1, "r": 1, "n": "Elm", "region": "North"},
    },
}


def square(x: float, y: float) -> list:
    """Return the closed ring of a square of one degree."""
    return [[x, y], [x + 1, y], [x + 1, y + 1], [x, y + 1], [x, y]]


def feature(id: str, *rings: list, **properties) -> dict:
    geometry = {"type": "Polygon", "coordinates": list(rings)}
    return {"type": "Feature", "id": id, "properties": properties, "geometry": geometry}


GEOJSON = {
    "type": "FeatureCollection",
    "features": [
        feature("W", square(10, 50), name="West", land="Both"),
        feature("E", square(11, 50), name="East", land="Both"),
        feature("N", square(11, 51), name="North"),
    ],
}
TOPOJSON = {
    "type": "Topology",
    "objects": {
        "lands": {
            "type": "GeometryCollection",
            "geometries": [
                {"type": "Polygon", "id": 1, "properties": {"name": "West"}, "arcs": [[0, 1]]},
                {"type": "Polygon", "id": 2, "properties": {"name": "East"}, "arcs": [[~0, 2]]},
            ],
        }
    },
    "transform": {"scale": [0.5, 0.5], "translate": [10, 50]},
    "arcs": [
        [[2, 0], [0, 2]],
        [[2, 2], [-2, 0], [0, -2], [2, 0]],
        [[2, 0], [2, 0], [0, 2], [-2, 0]],
    ],
}


class CommandCase(TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))

    def run_command(self, *arguments) -> str:
        out = io.StringIO()
        call_command(*arguments, stdout=out)
        return out.getvalue()

    def file(self, data, name="file.json") -> str:
        path = self.folder / name
        path.write_bytes(data if isinstance(data, bytes) else json.dumps(data).encode())
        return str(path)

    def refused(self, words, *arguments):
        """Check that a command ends with an error that has `words`, and that nothing is stored."""
        before = self.stored()
        with self.assertRaises(CommandError) as caught:
            self.run_command(*arguments)
        self.assertIn(words, str(caught.exception))
        self.assertEqual(self.stored(), before)

    def stored(self):
        return [
            list(model.objects.values_list("slug", "version"))
            for model in (GeometryDocument, ContestDocument)
        ]


class GeometryImport(CommandCase):
    def import_map(self, data, *options):
        self.run_command("geometry", "import", self.file(data), "--id", "land", *options)
        return GeometryDocument.objects.get(slug="land").document

    def test_hexjson_makes_a_hexagon_of_each(self):
        found = self.import_map(HEXES, "--title", "The Land", "--parent", "region")
        self.assertEqual((found.title, len(found.shapes)), ("The Land", 6))
        ash = found.shape_of["A1"]
        self.assertEqual(ash.name, "<b>Ash & Oak</b>")
        self.assertEqual(ash.path.count("l"), 1)
        self.assertEqual(set(ash.neighbours), {"A2", "B1"})
        self.assertEqual(set(found.shape_of["B1"].neighbours), {"A1", "A2", "B2"})
        self.assertEqual((ash.parent, found.shape_of["South"].path), ("South", ""))
        self.assertRegex(found.borders, "^M[^z]+$")  # between the groups, and not around them
        # Rows count upwards, and the odd one is shifted to the right.
        cedar = found.shape_of["B1"]
        self.assertLess(cedar.label[1], ash.label[1])
        self.assertTrue(ash.label[0] < cedar.label[0] < found.shape_of["A2"].label[0])

    def test_shapes_are_counted_without_their_groups(self):
        arguments = "--id", "land", "--parent", "region"
        made = self.run_command("geometry", "import", self.file(HEXES), *arguments)
        self.assertEqual(made, "land: made, 4 shapes, 2 groups\n")
        self.assertRegex(self.run_command("geometry", "list"), r"land +4 shapes, 2 groups +land")

    def test_columns_of_hexjson_are_flat_hexagons(self):
        found = self.import_map(HEXES | {"layout": "even-q"})
        self.assertEqual(set(found.shape_of["A1"].neighbours), {"A2", "B1"})
        self.assertEqual(set(found.shape_of["B1"].neighbours), {"A1", "A2", "B2"})

    def test_geojson_is_projected_and_has_its_borders_on_both_sides(self):
        found = self.import_map(GEOJSON, "--parent", "land")
        west, east, north = (found.shape_of[id] for id in "WEN")
        self.assertEqual([west.name, east.name, north.name], ["West", "East", "North"])
        self.assertLess(west.label[0], east.label[0])
        self.assertLess(north.label[1], east.label[1])  # y grows downwards
        self.assertEqual(east.neighbours, ("N", "W"))
        self.assertEqual(west.neighbours, ("E",))  # a corner is no border
        width = found.view[2]
        self.assertEqual(width, 1000)
        # At 51° a degree is narrower than high: the map is not stretched.
        self.assertLess((east.label[0] - west.label[0]) / (east.label[1] - north.label[1]), 0.7)
        self.assertEqual((west.parent, north.parent), ("Both", ""))

    def test_hole_stays_a_hole(self):
        hole = [[10.4, 50.4], [10.4, 50.6], [10.6, 50.6], [10.6, 50.4], [10.4, 50.4]]
        data = GEOJSON | {"features": [feature("W", square(10, 50), hole), feature("H", hole)]}
        found = self.import_map(data)
        self.assertEqual(found.shape_of["W"].path.count("M"), 2)
        self.assertEqual(found.shape_of["W"].neighbours, ("H",))

    def test_topojson_is_read_with_its_arcs_and_transform(self):
        found = self.import_map(TOPOJSON, "--name", "name")
        self.assertEqual([shape.name for shape in found.shapes], ["West", "East"])
        self.assertEqual(found.shape_of["1"].neighbours, ("2",))

    def test_map_across_the_180th_meridian_stays_together(self):
        islands = [feature("A", square(178, -17)), feature("B", square(-180, -17))]
        found = self.import_map(GEOJSON | {"features": islands})
        self.assertLess(found.shape_of["A"].label[0], found.shape_of["B"].label[0])
        self.assertLess(found.shape_of["B"].label[0] - found.shape_of["A"].label[0], 800)

    def test_geometry_document_is_imported_as_it_is(self):
        found = self.import_map(shipped("us-states").to_dict())
        self.assertEqual(found.shapes, shipped("us-states").shapes)
        self.assertIn("land", self.run_command("geometry", "list"))

    def test_long_coast_is_simplified_until_a_page_carries_it(self):
        coast = [[10 + n / 100_000, 51 + 0.01 * (n % 2)] for n in range(100_000)]
        ring = [[10, 50], [11, 50], *reversed(coast), [10, 50]]
        found = self.import_map(GEOJSON | {"features": [feature("W", ring)]})
        self.assertLess(len(found.shape_of["W"].path), 120_000)

    def test_file_that_cannot_be_imported_is_rejected_with_a_reason(self):
        hexes = HEXES["hexes"]
        planar = [feature("W", [[x * 1e4, y * 1e4] for x, y in square(10, 50)])]
        for data, words, *options in (
            (b"\xff", "is not JSON"),
            (b"[" * 100_000, "is not JSON"),
            ([], "file: is not a JSON object"),
            ({}, "is neither HexJSON (hexes), GeoJSON (a FeatureCollection) nor TopoJSON"),
            ({"hexes": {}, "layout": "odd-r"}, "hexes: has no hexagons"),
            (HEXES | {"layout": "round"}, "layout: is not one of even-q, even-r, odd-q, odd-r"),
            (HEXES | {"hexes": hexes | {"B2": {"q": "1", "r": 1}}}, "hexes.B2.q: is not a whole"),
            (HEXES | {"hexes": hexes | {"X": {"q": 1, "r": 1}}}, "X: is at the place of B2"),
            (
                HEXES | {"hexes": hexes | {"North": {"q": 5, "r": 1}}},
                "parent: the group North has the id of a shape; rename one",
                *("--parent", "region"),
            ),
            (HEXES | {"hexes": hexes | {"a b": {"q": 5, "r": 1}}}, "hexes.a b: is not 1 to 24"),
            (
                HEXES | {"hexes": {f"H{n}": {"q": n, "r": 0} for n in range(1200)}},
                "has 1200 hexagons; there can be 1000",
            ),
            (GEOJSON | {"features": []}, "features: is empty"),
            (GEOJSON, "features.1: has no property code. It has: land, name", "--key", "code"),
            (GEOJSON | {"features": planar}, "are not longitude and latitude"),
            (GEOJSON, "projection: moon is not one that PROJ knows", "--projection", "moon"),
            (TOPOJSON, "objects: there is no seas; there is: lands", "--object", "seas"),
            (TOPOJSON | {"arcs": []}, "file: cannot be read: IndexError"),
            (GEOJSON | {"features": GEOJSON["features"] * 2}, "W is the id of two features"),
            (GEOJSON | {"features": [{"id": "P", "geometry": None}]}, "P is no polygon"),
        ):
            with self.subTest(words):
                path = self.file(data)
                self.refused(words, "geometry", "import", path, "--id", "land", *options)
        self.refused("No such file", "geometry", "import", "/nowhere", "--id", "land")
        self.refused("id: is not 1 to 50", "geometry", "import", self.file(HEXES), "--id", "A B")

    def test_map_that_contests_need_keeps_their_shapes(self):
        document = shipped("us-states").to_dict()
        document["shapes"] = document["shapes"][1:]
        for shape in document["shapes"]:
            shape.pop("neighbours", None)
        path = self.file(document)
        words = "shapes: has no shape AK, which us-governors-2026 needs"
        self.refused(words, "geometry", "import", path, "--id", "us-states")

    def test_without_the_libraries_the_error_has_the_line_that_installs_them(self):
        hide = (
            "import sys; sys.modules['shapely'] = None; sys.argv = ['manage.py', *sys.argv[1:]]; "
        )
        run = subprocess.run(
            [
                *(sys.executable, "-c", f"{hide}import manage; manage.main()"),
                *("geometry", "import", self.file(GEOJSON), "--id", "land"),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        self.assertIn("GeoJSON and TopoJSON need shapely", run.stderr)
        self.assertIn("pip install -r requirements-geometry.txt", run.stderr)


class ContestCommand(CommandCase):
    def test_shipped_contests_and_maps_are_there_after_migrate(self):
        listed = self.run_command("contest", "list")
        for id in ("us-president-2028", "us-senate-2026", "us-governors-2026"):
            self.assertIn(id, listed)
        self.assertIn("us-states", self.run_command("geometry", "list"))

    def test_export_imports_elsewhere_unchanged(self):
        text = self.run_command("contest", "export", "us-senate-2024")
        ContestDocument.objects.filter(slug="us-senate-2024").delete()
        path = self.file(text.encode())
        self.assertIn("made", self.run_command("contest", "import", path))
        self.assertEqual(self.run_command("contest", "export", "us-senate-2024"), text)
        self.assertIn("as it was", self.run_command("contest", "import", path))

    def test_import_changes_the_stored_contest_and_is_audited(self):
        geometry = self.file(lakeland_geometry(), "map.json")
        self.run_command("geometry", "import", geometry, "--id", "lakeland")
        document = lakeland()
        self.run_command("contest", "import", self.file(document))
        document["parties"][0]["name"] = "Greens"
        self.assertIn(
            "changed, version 2", self.run_command("contest", "import", self.file(document))
        )
        stored = ContestDocument.objects.get(slug="lakeland-2027")
        self.assertEqual(stored.document.party_of["GRN"].name, "Greens")
        self.assertEqual(
            list(AuditEntry.objects.order_by("pk").values_list("who", "detail")),
            [
                ("command line", "the map lakeland, 7 shapes"),
                ("command line", "made the contest lakeland-2027"),
                ("command line", "changed the contest lakeland-2027: version 2"),
            ],
        )

    def test_wrong_file_stores_nothing_and_names_every_problem(self):
        document = json.loads(self.run_command("contest", "export", "us-governors-2026"))
        document["races"][0]["weight"] = 0
        document["races"][1]["shape"] = "ZZ"
        path = self.file(document)
        self.refused("races.1.weight: is not a whole number", "contest", "import", path)
        self.refused("races.2.shape: the geometry has no shape ZZ", "contest", "import", path)
        self.refused("file: is not JSON", "contest", "import", self.file(b"\xff"))
        self.refused("is larger than", "contest", "import", self.file(b" " * 1_000_001))
        self.refused("there is no contest nope", "contest", "export", "nope")
