"""Reading GeoJSON and TopoJSON as areas: projected, and simplified.

It needs shapely and pyproj, which only importers install (requirements-geometry.txt).
"""

import math
from collections.abc import Iterator, Sequence
from typing import Any

from broadcaster.domain import topojson
from broadcaster.domain.geometry_making import Area, scaled
from broadcaster.domain.geometry_parsing import MAX_SHAPES, parse_shape_id
from broadcaster.domain.outline import Point, Ring, path
from broadcaster.domain.rejection import InvalidInput

PLANE = "none"
"""The projection of coordinates that are of a plane already, with y downwards as in SVG."""

FINEST = 0.35  # map units by which a border may move: a third of a pixel on a wide screen
COARSER = 1.5  # by which that grows until the paths are short enough
TARGET = 120_000  # bytes of all paths: some 50 KB compressed
MAX_POINTS = 2_000_000


class Feature:
    """One area as the file has it: polygons, each an outer ring and holes, and its names."""

    def __init__(self, id: str, name: str, parent: str, polygons: list[list[Ring]]) -> None:
        self.id = id
        self.name = name
        self.parent = parent
        self.polygons = polygons


def read_features(
    data: dict[str, Any], key: str, name: str, parent: str, collection: str
) -> list[Feature]:
    """Return the features of a GeoJSON or TopoJSON document. Raises `InvalidInput`.

    `key`, `name` and `parent` are properties; without `key` it is the feature's id. `collection` is
    the object of a TopoJSON document, "" if it has only one.
    """
    if data.get("type") == "Topology":
        items = list(_topology_items(data, collection))
    else:
        items = [(item, _polygons(item.get("geometry"))) for item in _geojson_items(data)]
    if not items:
        raise InvalidInput("features", "is empty")
    if len(items) > MAX_SHAPES:
        raise InvalidInput("features", f"has {len(items)} features; there can be {MAX_SHAPES}")
    found: dict[str, Feature] = {}
    for number, (item, polygons) in enumerate(items, start=1):
        field = f"features.{number}"
        properties = item.get("properties") or {}
        id = str(properties.get(key) if key else item.get("id") or "")
        if not id or id == "None":
            words = f"has no property {key}" if key else "has no id; name a property with --key"
            raise InvalidInput(field, f"{words}. It has: {', '.join(sorted(properties)) or 'none'}")
        parse_shape_id(field, id)
        if id in found:
            raise InvalidInput(field, f"{id} is the id of two features")
        if not polygons:
            raise InvalidInput(field, f"{id} is no polygon")
        group = str(properties.get(parent) or "") if parent else ""
        found[id] = Feature(id, str(properties.get(name) or id), group, polygons)
    points = sum(len(ring) for f in found.values() for polygon in f.polygons for ring in polygon)
    if points > MAX_POINTS:
        raise InvalidInput("features", f"have {points} points; there can be {MAX_POINTS}")
    return list(found.values())


def _geojson_items(data: dict[str, Any]) -> list[dict[str, Any]]:
    items = data.get("features")
    if data.get("type") != "FeatureCollection" or not isinstance(items, list):
        words = (
            "is neither HexJSON (hexes), GeoJSON (a FeatureCollection) nor TopoJSON (a Topology)"
        )
        raise InvalidInput("file", words)
    if not all(isinstance(item, dict) for item in items):
        raise InvalidInput("features", "has something that is no feature")
    return items


def _polygons(geometry: Any) -> list[list[Ring]]:
    """Return the polygons of a GeoJSON geometry; none of one without areas."""
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind not in ("Polygon", "MultiPolygon"):
        return []
    found = [geometry["coordinates"]] if kind == "Polygon" else geometry["coordinates"]
    return [[[(float(x), float(y)) for x, y, *_ in ring] for ring in polygon] for polygon in found]


def _topology_items(
    data: dict[str, Any], collection: str
) -> Iterator[tuple[dict[str, Any], list[list[Ring]]]]:
    objects = data["objects"]
    names = ", ".join(objects)
    if not collection and len(objects) != 1:
        raise InvalidInput("objects", f"choose one with --object: {names}")
    collection = collection or names
    if collection not in objects:
        raise InvalidInput("objects", f"there is no {collection}; there is: {names}")
    arcs = topojson.decode_arcs(data)
    for item in objects[collection].get("geometries", []):
        areal = item.get("type") in ("Polygon", "MultiPolygon")
        yield item, list(topojson.polygons(item, arcs)) if areal else []


def to_areas(features: Sequence[Feature], projection: str) -> list[Area]:
    """Return the features as areas: projected, and simplified until a page carries them.

    `projection` is PLANE, any CRS that PROJ knows such as EPSG:27700, or "" for an equal-area
    projection around the middle of the map. Raises `InvalidInput`.
    """
    import shapely

    project = _projection(features, projection)
    shapes = []
    for feature in features:
        polygons = [
            shapely.Polygon(project(outer), list(map(project, holes)))
            for outer, *holes in feature.polygons
            if len(outer) >= 4
        ]
        valid = shapely.unary_union(shapely.make_valid(polygons))
        areal = [part for part in _parts(valid) if part.geom_type == "Polygon"]
        shapes.append(shapely.orient_polygons(shapely.MultiPolygon(areal)))
    left, top, right, bottom = shapely.total_bounds(shapes)
    unit = max(right - left, bottom - top) / 1000  # of the file, in a map unit
    tolerance = FINEST
    while True:
        simple = shapely.coverage_simplify(shapes, tolerance * unit)
        areas = [
            Area(feature.id, feature.name, rings, feature.parent)
            for feature, shape in zip(features, simple, strict=True)
            if (rings := _rings(shape))
        ]
        if len(areas) < len(features):
            lost = sorted({f.id for f in features} - {each.id for each in areas})
            raise InvalidInput("features", f"have no area: {', '.join(lost[:10])}")
        _, drawn = scaled(areas)
        if sum(len(path(ring)) for each in drawn for ring in each.rings) <= TARGET:
            return areas
        tolerance *= COARSER


def _rings(shape: Any) -> list[Ring]:
    """Return the rings of a shape's polygons, outer ones and holes."""
    return [
        list(ring.coords)
        for part in _parts(shape)
        if not part.is_empty
        for ring in (part.exterior, *part.interiors)
    ]


def _parts(shape: Any) -> Iterator[Any]:
    """Yield the simple shapes in a collection, such as the polygons of a multipolygon."""
    if hasattr(shape, "geoms"):
        for part in shape.geoms:
            yield from _parts(part)
    else:
        yield shape


def _projection(features: Sequence[Feature], projection: str) -> Any:
    """Return the function that projects a ring."""
    if projection == PLANE:
        return lambda ring: ring
    points = [point for f in features for polygon in f.polygons for point in polygon[0]]
    if any(abs(x) > 180 or abs(y) > 90 for x, y in points):
        words = "are not longitude and latitude; for a plane, use --projection none"
        raise InvalidInput("coordinates", words)
    from pyproj import CRS, Transformer
    from pyproj.exceptions import ProjError

    longitude, latitude = _middle(points)
    default = f"+proj=laea +lon_0={longitude:.4f} +lat_0={latitude:.4f} +datum=WGS84"
    try:
        target = CRS.from_user_input(projection or default)
        transform = Transformer.from_crs("EPSG:4326", target, always_xy=True).transform
    except ProjError as error:
        raise InvalidInput("projection", f"{projection} is not one that PROJ knows") from error

    def project(ring: Ring) -> Ring:
        xs, ys = transform([x for x, _ in ring], [y for _, y in ring])
        if not all(map(math.isfinite, (*xs, *ys))):
            raise InvalidInput("projection", "does not reach all of the map; choose another")
        return [(x, -y) for x, y in zip(xs, ys, strict=True)]

    return project


def _middle(points: Sequence[Point]) -> Point:
    """Return longitude and latitude of the middle, also of a country across the 180th meridian."""
    x = y = z = 0.0
    for longitude, latitude in points:
        a, b = math.radians(longitude), math.radians(latitude)
        x += math.cos(b) * math.cos(a)
        y += math.cos(b) * math.sin(a)
        z += math.sin(b)
    return math.degrees(math.atan2(y, x)), math.degrees(math.atan2(z, math.hypot(x, y)))
