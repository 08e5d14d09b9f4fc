"""Static files under hashed names: what `collectstatic` makes hangs together."""

import re
import tempfile
from pathlib import Path

from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command
from django.test import SimpleTestCase, override_settings

from viewers.pages import calculator, embed, replay
from viewers.pages.live import MODULES

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
        self.assertGreaterEqual(len(modules), len(MODULES))
        for module in modules:
            for name in IMPORT.findall(module.read_text()):
                with self.subTest(module=module.name, imports=name):
                    self.assertRegex(name, HASHED)
                    self.assertTrue((module.parent / name).is_file())

    def test_templates_get_hashed_names(self):
        self.assertRegex(staticfiles_storage.url("viewers/live/page.js"), HASHED)


class PageModules(SimpleTestCase):
    def test_pages_preload_exactly_what_their_script_imports(self):
        pages = {
            "page": MODULES,
            "embed": embed.MODULES,
            "calculator": calculator.MODULES,
            "replay": replay.MODULES,
        }
        for script, modules in pages.items():
            self.assertEqual(imported(f"viewers/{script}.js"), list(modules))


def imported(script: str) -> list[str]:
    """The path under static/ of a module and of all that it imports when it loads."""
    found, waiting = set(), [script]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            source = Path(finders.find(name) or name).read_text()
            source = source.replace("import(", "")  # those are asked for when they are needed
            waiting += [resolve(name, target) for target in IMPORT.findall(source)]
    return sorted(found)


def resolve(name: str, target: str) -> str:
    """The path under static/ that `target` means in the module `name`."""
    parts = name.split("/")[:-1]
    for part in target.split("/"):
        if part == "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)
