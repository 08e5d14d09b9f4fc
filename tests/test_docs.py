"""What people rely on is in the docs: commands, settings, frames, close codes."""

import re
from pathlib import Path
from unittest import TestCase

from viewers.protocol.frames import Close

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text()
DOCS = {path.name: path.read_text() for path in (ROOT / "docs").glob("*.md")}


class Docs(TestCase):
    def test_every_command_is_named_in_the_readme(self):
        for path in ROOT.glob("*/management/commands/[a-z]*.py"):
            self.assertIn(f"manage.py {path.stem}", README)
        for verb in ("make run", "make test", "make check"):
            self.assertIn(verb, README)

    def test_every_option_of_every_command_is_in_the_docs(self):
        everything = README + "".join(DOCS.values())
        for path in ROOT.glob("*/management/commands/[a-z]*.py"):
            for option in re.findall(r'"(--[a-z-]+)"', path.read_text()):
                self.assertIn(option, everything, f"manage.py {path.stem}")

    def test_every_environment_variable_is_in_the_table(self):
        sources = [path.read_text() for path in (ROOT / "mapcenter").glob("*.py")]
        names = set(re.findall(r'\benv_[a-z]+\(\s*"([A-Z_]+)"', "".join(sources)))
        self.assertLessEqual({"SECRET_KEY", "DATABASE_URL", "STATE_DIRECTORY"}, names)
        for name in names:
            self.assertRegex(DOCS["operating.md"], rf"(?m)^\| `{name}`")

    def test_settings_read_the_environment_only_through_the_helpers(self):
        for path in (ROOT / "mapcenter").glob("*.py"):
            if path.name != "env.py":
                self.assertNotRegex(path.read_text(), r"environ(\.get\(|\[)|getenv", path.name)

    def test_every_frame_and_close_code_is_in_the_protocol(self):
        source = (ROOT / "viewers/protocol/frames.py").read_text()
        for frame in set(re.findall(r'"t": "([a-z]+)"', source)):
            self.assertIn(f'"t":"{frame}"', DOCS["protocol.md"])
        for code in [*Close, 1008]:
            self.assertRegex(DOCS["protocol.md"], rf"(?m)^\| {int(code)} ")

    def test_every_address_is_in_the_protocol(self):
        for path in ("broadcaster/api/urls.py", "viewers/urls.py", "viewers/routing.py"):
            for address in re.findall(r'path\("([^"]+)"', (ROOT / path).read_text()):
                shown = re.sub(r"<slug:slug>", "<slug>", address)
                self.assertIn(shown, DOCS["protocol.md"])

    def test_links_between_the_docs_lead_somewhere(self):
        for name, text in {"../README.md": README, **DOCS}.items():
            folder = (ROOT / "docs" / name).resolve().parent
            for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
                self.assertTrue((folder / target).exists(), f"{name}: {target}")
