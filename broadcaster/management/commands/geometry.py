"""manage.py geometry: import and list the maps that contests are drawn on."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from broadcaster.domain.contest import Contest
from broadcaster.domain.document import InvalidDocument
from broadcaster.domain.geometry import Geometry
from broadcaster.domain.geometry_making import Area, make_geometry, scaled
from broadcaster.domain.geometry_parsing import parse_geometry
from broadcaster.domain.hexjson import read_hexjson
from broadcaster.domain.rejection import InvalidInput
from broadcaster.management import geojson
from broadcaster.models import ContestDocument, GeometryDocument, Via
from broadcaster.publishing.actor import Actor
from broadcaster.publishing.audit import add_entry
from broadcaster.publishing.lineup import spread

MAX_FILE = 60 * 2**20  # bytes


class Command(BaseCommand):
    help = "Import the shapes of a map, or list the maps that there are. See docs/contests.md."

    def add_arguments(self, parser):
        actions = parser.add_subparsers(dest="action", required=True)
        importing = actions.add_parser("import", help="store a map, or replace the stored one")
        importing.add_argument("file", help="HexJSON, GeoJSON, TopoJSON, or a geometry document")
        importing.add_argument("--id", required=True, help="of the map, as contests name it")
        importing.add_argument("--title", default="", help="otherwise the id")
        importing.add_argument("--source", default="", help="where the shapes are from; licence")
        importing.add_argument("--key", default="", help="the property with a shape's id")
        importing.add_argument("--name", default="", help="the property with a shape's name")
        importing.add_argument("--parent", default="", help="the property with a shape's group")
        importing.add_argument("--object", default="", help="the object of a TopoJSON file")
        importing.add_argument(
            "--projection",
            default="",
            help="any that PROJ knows, such as EPSG:27700; none: coordinates of a plane; "
            "otherwise an equal-area one around the middle of the map",
        )
        actions.add_parser("list", help="list all maps: id, shapes and groups, title")

    def handle(self, *, action, **options):
        if action == "list":
            for stored in GeometryDocument.objects.all():
                geometry = stored.document
                self.stdout.write(f"{geometry.id:24} {size(geometry):24} {stored.title}")
            return
        try:
            self.store(self.read(Path(options["file"]), options))
        except InvalidDocument as error:
            raise CommandError("\n".join(map(str, error.problems))) from error
        except InvalidInput as error:
            raise CommandError(str(error)) from error

    def read(self, file: Path, options: dict[str, Any]) -> Geometry:
        """Return the geometry in a file of any of the formats."""
        try:
            if file.stat().st_size > MAX_FILE:
                raise CommandError(f"{file}: is larger than {MAX_FILE} bytes")
            data = json.loads(file.read_bytes())
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}") from error
        except (ValueError, RecursionError) as error:
            raise CommandError(f"{file}: is not JSON: {str(error)[:80]}") from error
        if not isinstance(data, dict):
            raise InvalidInput("file", "is not a JSON object")
        if "schema" in data:
            return parse_geometry({**data, "id": options["id"]})
        whole, areas = scaled(self.areas(data, options))
        title, source = options["title"] or options["id"], options["source"]
        return parse_geometry(make_geometry(options["id"], title, source, whole, areas))

    def areas(self, data: dict[str, Any], options: dict[str, Any]) -> list[Area]:
        parent = options["parent"]
        if "hexes" in data:
            return read_hexjson(data, options["name"] or "n", parent)
        try:
            features = geojson.read_features(
                data, options["key"], options["name"] or "name", parent, options["object"]
            )
            return geojson.to_areas(features, options["projection"])
        except ImportError as error:
            raise CommandError(
                f"GeoJSON and TopoJSON need {error.name}, which nothing else here needs. "
                "Install it: .venv/bin/pip install -r requirements-geometry.txt"
            ) from error
        except (KeyError, TypeError, ValueError, IndexError) as error:
            if isinstance(error, InvalidInput):
                raise
            raise InvalidInput("file", f"cannot be read: {type(error).__name__} {error}") from error

    @transaction.atomic
    def store(self, geometry: Geometry) -> None:
        stored = GeometryDocument.objects.filter(slug=geometry.id).first()
        words = f"the map {geometry.id}, {size(geometry)}"
        add_entry(Actor(None, Via.COMMAND), "imported", None, words)
        if stored is None:
            GeometryDocument(document=geometry).save()
            self.stdout.write(f"{geometry.id}: made, {size(geometry)}")
            return
        needing = self.check_contests(geometry)
        stored.document = geometry
        stored.version += 1
        stored.save()
        for contest in needing:
            spread(contest)
        self.stdout.write(f"{geometry.id}: changed, version {stored.version}")

    def check_contests(self, geometry: Geometry) -> list[Contest]:
        """Check that stored contests on this map find their shapes in the new one. Return them."""
        found = []
        for stored in ContestDocument.objects.all():
            contest = stored.document
            if contest.geometry == geometry.id:
                found.append(contest)
                for race in contest.races:
                    if race.shape and race.shape not in geometry.shape_of:
                        words = f"has no shape {race.shape}, which {contest.id} needs"
                        raise InvalidInput("shapes", words)
        return found


def size(geometry: Geometry) -> str:
    """Return how many shapes a map has, and how many groups of them."""
    groups = len(geometry.groups)
    shapes = f"{len(geometry.shapes) - groups} shapes"
    return f"{shapes}, {groups} groups" if groups else shapes
