"""Static files: imports between hashed names, and the modules that pages preload."""

import re
import tempfile
from pathlib import Path

from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command
from django.test import SimpleTestCase, override_settings

from viewers.pages import board, calculator, embed, live, replay

IMPORT = re.compile(r"""(?:\bfrom|\bimport)\s*\(?\s*["']([^"']+)["']""")
HASHED = re.compile(r"\.[0-9a-f]{12}\.\w+$")


class CollectedFiles(SimpleTestCase):
    root: Path

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = cls.enterClassContext(tempfile.TemporaryDirectory())
        cls.enterClassContext(override_settings(STATIC_ROOT=folder))
        call_command("collectstatic", interactive=False, verbosity=0)
        cls.root = Path(folder)

    def test_every_import_of_a_hashed_module_is_a_hashed_module(self):
        modules = [
            path
            for app in ("broadcaster", "viewers")
            for path in (self.root / app).rglob("*.js")
            if HASHED.search(path.name)
        ]
        self.assertGreaterEqual(len(modules), len(live.MODULES))
        for module in modules:
            for name in IMPORT.findall(module.read_text()):
                with self.subTest(module=module.name, imports=name):
                    self.assertRegex(name, HASHED)
                    self.assertTrue((module.parent / name).is_file())

    def test_hashed_styles_contain_those_that_they_import(self):
        picture, page = (
            (self.root / staticfiles_storage.stored_name(name)).read_text()
            for name in ("broadcaster/rendering/picture.css", "viewers/shared/page.css")
        )
        self.assertIn(picture, page)
        self.assertNotIn("@import", page)

    def test_templates_get_hashed_names(self):
        self.assertRegex(staticfiles_storage.url("viewers/live/live.js"), HASHED)


class PageModules(SimpleTestCase):
    def test_pages_preload_the_modules_that_their_script_imports(self):
        for name, page in {
            "board": board,
            "calculator": calculator,
            "embed": embed,
            "live": live,
            "replay": replay,
        }.items():
            self.assertEqual(imported(f"viewers/{name}/{name}.js"), list(page.MODULES))


def imported(script: str) -> list[str]:
    """Return the paths below static/ of a module and of all that it imports when it loads."""
    found, waiting = set(), [script]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            source = Path(finders.find(name) or name).read_text()
            source = source.replace("import(", "")  # a dynamic import loads later
            waiting += [resolve(name, target) for target in IMPORT.findall(source)]
    return sorted(found)


def resolve(name: str, target: str) -> str:
    """Return the path below static/ to which `target` leads from the module `name`."""
    parts = name.split("/")[:-1]
    for part in target.split("/"):
        if part == "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)
