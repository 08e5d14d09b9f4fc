"""The docs are complete (commands, settings, frames, close codes), and their links work."""

import re
from pathlib import Path
from unittest import TestCase

from mapcenter import __version__
from tests.test_architecture import ROOMS
from viewers.ops.site_metrics import DATABASE, REDIS
from viewers.protocol.frames import Close
from viewers.transports import addresses

ROOT = Path(__file__).resolve().parent.parent
PAGES = {
    path.relative_to(ROOT).as_posix(): path.read_text()
    for pattern in ("*.md", "docs/**/*.md", "deploy/*.md")
    for path in ROOT.glob(pattern)
}
README = PAGES["README.md"]
FOLDERS = "broadcaster|viewers|loadtest|mapcenter|tests|tools|deploy|docs"


class Docs(TestCase):
    def test_readme_names_every_command(self):
        for path in ROOT.glob("*/management/commands/[a-z]*.py"):
            self.assertIn(f"manage.py {path.stem}", README)
        self.assertIn("manage.py version", README)  # in manage.py: Django's own comes before apps
        for verb in ("make run", "make test", "make check"):
            self.assertIn(verb, README)

    def test_docs_name_every_option_of_every_command(self):
        everything = "".join(PAGES.values())
        options = ROOT / "loadtest/common/plan_options.py"
        for path in [*ROOT.glob("*/management/**/[a-z]*.py"), options]:
            for option in re.findall(r'"(--[a-z-]+)"', path.read_text()):
                self.assertIn(option, everything, f"manage.py {path.stem}")

    def test_operating_has_a_row_for_every_environment_variable(self):
        sources = [path.read_text() for path in (ROOT / "mapcenter").glob("*.py")]
        names = set(re.findall(r'\benv_[a-z]+\(\s*"([A-Z_]+)"', "".join(sources)))
        self.assertLessEqual({"SECRET_KEY", "DATABASE_URL", "STATE_DIRECTORY"}, names)
        for name in names:
            self.assertRegex(PAGES["docs/operating.md"], rf"(?m)^\| `{name}`")

    def test_settings_read_the_environment_only_with_the_helpers_of_env(self):
        for path in (ROOT / "mapcenter").glob("*.py"):
            if path.name != "env.py":
                self.assertNotRegex(path.read_text(), r"environ(\.get\(|\[)|getenv", path.name)

    def test_operating_has_a_row_for_every_system_check(self):
        source = (ROOT / "broadcaster/checks.py").read_text()
        for number in re.findall(r'id="(broadcaster\.[EW]\d+)"', source):
            self.assertRegex(PAGES["docs/operating.md"], rf"(?m)^\| `{re.escape(number)}`")

    def test_operating_has_every_metric(self):
        sources = [path.read_text() for path in (ROOT / "viewers/ops").glob("*metrics.py")]
        names = set(re.findall(r'"(mapcenter_[a-z_]+)"', "".join(sources)))
        names |= {f"mapcenter_{name}" for name in (*DATABASE, *REDIS)}
        self.assertIn("mapcenter_viewers", names)
        for name in names:
            self.assertIn(f"`{name}`", PAGES["docs/operating.md"])

    def test_alerts_use_metrics_that_the_docs_have(self):
        for path in ("deploy/alerts.yml", "deploy/dashboard.json"):
            for name in set(re.findall(r"mapcenter_[a-z_]+", (ROOT / path).read_text())):
                base = re.sub(r"_(bucket|count|sum)$", "", name)
                self.assertIn(f"`{base}`", PAGES["docs/operating.md"], path)

    def test_changelog_has_the_version(self):
        released = re.match(r"\d+\.\d+\.\d+", __version__)[0]
        self.assertRegex(PAGES["CHANGELOG.md"], rf"(?m)^## {re.escape(released)}\b")

    def test_protocol_has_every_frame_and_close_code(self):
        source = (ROOT / "viewers/protocol/frames.py").read_text()
        for frame in set(re.findall(r'"t": "([a-z]+)"', source)):
            self.assertIn(f'"t":"{frame}"', PAGES["docs/protocol.md"])
        for code in [*Close, 1008]:
            self.assertRegex(PAGES["docs/protocol.md"], rf"(?m)^\| {int(code)} ")

    def test_protocol_has_every_address(self):
        found = [addresses.WEBSOCKET, addresses.UPDATES, addresses.SNAPSHOT]
        for path in ("broadcaster/api/urls.py", "viewers/urls.py"):
            found += re.findall(r'path\("([^"]+)"', (ROOT / path).read_text())
        for address in found:
            self.assertIn(address.replace("<slug:slug>", "<slug>"), PAGES["docs/protocol.md"])

    def test_architecture_draws_every_room_in_its_layer(self):
        rows = re.findall(r"(?m)^\| (\d) \|(.*)\|(.*)\|(.*)\|$", PAGES["docs/architecture.md"])
        drawn = {
            package: {
                int(row[0]): set(re.findall(r"`(\w+)(?:\.py)?`", row[column])) for row in rows
            }
            for column, package in enumerate(ROOMS, start=1)
        }
        for package, layers in ROOMS.items():
            for number in drawn[package]:
                rooms = layers[number - 1] if number <= len(layers) else ()
                self.assertEqual(drawn[package][number], set(rooms), f"{package}, layer {number}")
            self.assertLessEqual(len(layers), max(drawn[package]), package)

    def test_index_lists_every_decision(self):
        for path in (ROOT / "docs/decisions").glob("0*.md"):
            self.assertIn(f"({path.name})", PAGES["docs/decisions/README.md"])

    def test_files_that_the_docs_name_exist(self):
        for name, text in PAGES.items():
            for path in re.findall(rf"`((?:{FOLDERS})/[\w./-]*)`", text):
                self.assertTrue((ROOT / path).exists(), f"{name}: {path}")

    def test_links_lead_to_files_that_exist(self):
        for name, text in PAGES.items():
            folder = (ROOT / name).parent
            for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
                self.assertTrue((folder / target).exists(), f"{name}: {target}")

    def test_pages_show_every_picture(self):
        shown = {
            (ROOT / name).parent.joinpath(target).resolve()
            for name, text in PAGES.items()
            for target in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", text)
        }
        pictures = {path for path in (ROOT / "docs/pictures").rglob("*.*") if path.is_file()}
        self.assertEqual(pictures - shown, set())

    def test_links_lead_to_headings_that_exist(self):
        anchors = {name: set(map(anchor, headings(text))) for name, text in PAGES.items()}
        for name, text in PAGES.items():
            for target, heading in re.findall(r"\]\(([^)#:]*)#([^)]*)\)", text):
                path = (ROOT / name).parent / target if target else ROOT / name
                page = path.resolve().relative_to(ROOT).as_posix()
                self.assertIn(heading, anchors[page], f"{name}: {target}#{heading}")


def headings(text: str) -> list[str]:
    """Return the headings of a page."""
    return re.findall(r"(?m)^#+ (.+)$", text)


def anchor(heading: str) -> str:
    """Return the anchor that code hosts give a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
