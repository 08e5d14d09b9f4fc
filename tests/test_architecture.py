"""The structure: the imports that each folder may have. docs/architecture.md shows the same."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from unittest import TestCase

ROOT = Path(__file__).resolve().parent.parent

PACKAGES = ("broadcaster", "viewers", "loadtest", "mapcenter")
"""From the bottom up: each may import itself and those before it."""

ROOMS = {
    "broadcaster": (
        ("domain",),
        ("rendering", "models", "layer"),
        ("publishing",),
        ("desk",),
        ("api", "admin", "checks"),
        ("management", "apps", "routing"),
    ),
    "viewers": (
        ("protocol",),
        ("fanout",),
        ("transports", "database_log"),
        ("registry",),
        ("ops", "pages"),
        ("management", "apps", "routing", "urls"),
    ),
    "loadtest": (
        ("common",),
        ("peers", "models"),
        ("swarm", "benchmark", "experiments"),
        ("control",),
        ("admin",),
        ("management", "apps"),
    ),
}
"""The layers of each package, from the bottom up: a room (a folder, or a file beside the folders)
may import itself and rooms of lower layers."""

MAX_LAYERS = 6
"""Of rooms in a package, and of modules in a room."""

STANDARD_LIBRARY = sys.stdlib_module_names - {"asyncio"}
PURE = STANDARD_LIBRARY | {"msgpack", "msgspec"}
MAY_USE = {
    "broadcaster/domain": PURE,
    "broadcaster/rendering": PURE,
    "broadcaster/layer": PURE | {"asyncio"},
    "viewers/protocol": PURE,
    "viewers/fanout": PURE | {"asyncio"},
    "loadtest/common": PURE | {"asyncio", "psutil"},
}
"""Top-level packages that restricted folders may import, besides modules of this project. They may
import modules of this project only from folders with no more rights than their own."""

HEAVY = ("matplotlib", "numpy", "picows", "psutil", "hdrh", "rich", "shapely", "pyproj")
"""Packages of the load test and of geometry imports that the production server does not load."""


def imports(path: Path) -> set[str]:
    """Return the dotted names of all modules that a file imports, at any depth in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def modules(folder: Path) -> dict[str, Path]:
    """Return the Python modules below a folder by dotted name, migrations left out."""
    found = {}
    for path in folder.rglob("*.py"):
        parts = path.relative_to(ROOT).with_suffix("").parts
        if "migrations" not in parts:
            found[".".join(parts).removesuffix(".__init__")] = path
    return found


OURS = {name: path for package in PACKAGES for name, path in modules(ROOT / package).items()}
GRAPH = {name: {other for other in imports(path) if other in OURS} for name, path in OURS.items()}


def depth(nodes: Iterable[str], edges: dict[str, set[str]]) -> int:
    """Return the number of layers of an import graph. Raises AssertionError for a circle."""
    layers: dict[str, int] = {}

    def layer(node: str, above: tuple[str, ...]) -> int:
        if node in above:
            raise AssertionError(f"a circle of imports: {' → '.join((*above, node))}")
        if node not in layers:
            below = [layer(each, (*above, node)) for each in edges[node] if each != node]
            layers[node] = 1 + max(below, default=0)
        return layers[node]

    return max(layer(node, ()) for node in nodes)


def room_of(module: str) -> str:
    """Return the room of a module: the second part of its dotted name."""
    return module.split(".")[1] if "." in module else ""


class Layers(TestCase):
    def test_packages_import_no_package_above_them(self):
        for name, imported in GRAPH.items():
            package = name.split(".")[0]
            above = PACKAGES[PACKAGES.index(package) + 1 :]
            wrong = {other for other in imported if other.split(".")[0] in above}
            self.assertEqual(wrong, set(), f"{name} imports upwards")

    def test_rooms_import_only_rooms_below_them(self):
        for package, layers in ROOMS.items():
            self.assertLessEqual(len(layers), MAX_LAYERS)
            floor = {room: height for height, rooms in enumerate(layers) for room in rooms}
            for name in modules(ROOT / package):
                room = room_of(name)
                if not room:
                    continue
                self.assertIn(room, floor, f"{name} is in no room that is named here")
                wrong = {
                    other
                    for other in GRAPH[name]
                    if other.startswith(f"{package}.")
                    and room_of(other) != room
                    and floor[room_of(other)] >= floor[room]
                }
                self.assertEqual(wrong, set(), f"{name} imports upwards")

    def test_rooms_have_at_most_six_layers_of_modules_and_no_circle(self):
        for package in ROOMS:
            for room in {room_of(name) for name in modules(ROOT / package)} - {""}:
                inside = {n for n in modules(ROOT / package) if room_of(n) == room}
                edges = {n: GRAPH[n] & inside - {f"{package}.{room}"} for n in inside}
                self.assertLessEqual(depth(inside, edges), MAX_LAYERS, f"{package}/{room}")

    def test_javascript_imports_follow_the_chain_of_packages(self):
        for package, allowed in (
            ("broadcaster", {"broadcaster"}),
            ("viewers", {"viewers", "broadcaster"}),
        ):
            for path in (ROOT / package / "static").rglob("*.js"):
                self.assertLessEqual(javascript_packages(path), allowed, path.name)


def javascript_packages(path: Path) -> set[str]:
    """Return the packages whose static files a JavaScript module imports."""
    sources = re.findall(r"""from ["'](\.[^"']+)["']""", path.read_text())
    served = path.as_posix().split("/static/")[1]
    targets = [(Path("/", served).parent / source).resolve() for source in sources]
    return {target.parts[1] for target in targets}


class FolderRights(TestCase):
    def test_folders_import_only_allowed_modules(self):
        for folder, allowed in MAY_USE.items():
            rooms_with_no_more = {
                other.replace("/", ".") for other, theirs in MAY_USE.items() if theirs <= allowed
            }
            for name, path in modules(ROOT / folder).items():
                for used in imports(path):
                    top = used.split(".")[0]
                    if top in PACKAGES:
                        room = ".".join(used.split(".")[:2])
                        ok = room in rooms_with_no_more or room == top
                        self.assertTrue(ok, f"{name} imports {used}")
                    else:
                        self.assertTrue(top in allowed, f"{name} imports {used}")

    def test_simulator_loads_without_django(self):
        self.assertEqual(loaded("loadtest.swarm.simulator", ["django", "channels"]), [])

    def test_judgements_load_without_django(self):
        rooms = "loadtest.common.plan", "loadtest.swarm.tally", "loadtest.swarm.verdict"
        judgements = (f"loadtest.control.{name}" for name in ("thresholds", "limit", "compare"))
        start = ", ".join([*rooms, *judgements, "loadtest.experiments.hypotheses"])

        self.assertEqual(loaded(start, ["django", "channels"]), [])

    def test_production_server_loads_without_packages_of_other_commands(self):
        start = "mapcenter.asgi, viewers.management.commands.serve"

        self.assertEqual(loaded(start, HEAVY), [])


def loaded(names: str, among: Iterable[str]) -> list[str]:
    """Return which packages `among` those given a fresh interpreter loads with `names`."""
    code = f"import {names}, sys; print(*[p for p in {list(among)} if p in sys.modules])"
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return run.stdout.split()


class PublishingGate(TestCase):
    def test_only_publish_writes_map_state(self):
        for name, path in modules(ROOT / "broadcaster").items():
            if name != "broadcaster.publishing.publish":
                self.assertNotRegex(path.read_text(), r"\.update\(\s*(epoch|seq|state|phase)=")
                self.assertNotIn("Publication.objects.create", path.read_text(), name)
