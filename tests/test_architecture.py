"""The one chain of imports, loadtest → viewers → broadcaster, and the modules that are pure."""

import ast
import re
import subprocess
import sys
from pathlib import Path
from unittest import TestCase

ROOT = Path(__file__).resolve().parent.parent
MAY_IMPORT = {
    "broadcaster": {"broadcaster"},
    "viewers": {"viewers", "broadcaster"},
    "loadtest": {"loadtest", "viewers", "broadcaster"},
    "mapcenter": {"mapcenter", "loadtest", "viewers", "broadcaster"},
}
PURE = {
    "broadcaster.electoral",
    "broadcaster.change",
    "broadcaster.mapstate",
    "broadcaster.stream",
    "broadcaster.delivery",
    "broadcaster.evening",
    "broadcaster.feed",
    "broadcaster.recording",
    "broadcaster.call_log",
    "broadcaster.picture",
    "broadcaster.refused",
    "broadcaster.second_person",
    "broadcaster.wording",
    "viewers.protocol",
    "viewers.raster",
    "viewers.scenario",
    "viewers.session",
    "viewers.hub",
    "viewers.receipt",
}


def imports(path: Path) -> set[str]:
    """The names of all modules that a file imports, wherever in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def javascript_imports(path: Path) -> set[str]:
    """The packages whose static files a JavaScript module imports."""
    sources = re.findall(r"""from ["'](\.[^"']+)["']""", path.read_text())
    return {(path.parent / source).resolve().parts[-2] for source in sources} & set(MAY_IMPORT)


class Chain(TestCase):
    def test_nothing_imports_against_the_chain(self):
        for package, allowed in MAY_IMPORT.items():
            forbidden = set(MAY_IMPORT) - allowed
            for path in (ROOT / package).rglob("*.py"):
                found = {name.split(".")[0] for name in imports(path)} & forbidden
                self.assertEqual(found, set(), f"{path.relative_to(ROOT)} imports {found}")

    def test_neither_does_javascript(self):
        for path in (ROOT / "broadcaster/static").rglob("*.js"):
            self.assertLessEqual(javascript_imports(path), {"broadcaster"}, path.name)
        for path in (ROOT / "viewers/static").rglob("*.js"):
            self.assertLessEqual(javascript_imports(path), {"viewers", "broadcaster"}, path.name)

    def test_only_publishing_writes_map_state(self):
        for path in (ROOT / "broadcaster").glob("*.py"):
            if path.name != "publishing.py":
                self.assertNotRegex(path.read_text(), r"\.update\(\s*(epoch|seq|state|phase)=")
                self.assertNotIn("Publication.objects.create", path.read_text(), path.name)


class Pure(TestCase):
    def test_pure_modules_and_the_simulator_load_without_django(self):
        names = ", ".join(sorted(PURE | {"loadtest.worker"}))
        code = f"import {names}, sys; print('django' in sys.modules, 'channels' in sys.modules)"

        run = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
        )

        self.assertEqual(run.stdout.split(), ["False", "False"])
