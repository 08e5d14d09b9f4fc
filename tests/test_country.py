"""No country in the code: parties, thresholds and names of an election are data.

Comments and docstrings have examples, which are of the United States.
"""

import ast
import re
import subprocess
from pathlib import Path
from unittest import TestCase

from broadcaster.domain.geometry import shipped

ROOT = Path(__file__).resolve().parent.parent
CODE = ("broadcaster", "viewers", "loadtest", "mapcenter")
KINDS = (".py", ".js", ".html", ".css", ".svg")
DATA = re.compile(r"/(data|migrations|counties)/")

STATES = "|".join(shape.name for shape in shipped("us-states").shapes)
WORDS = {
    "a sum, a threshold or a number of races": r"(?<![\w.#-])(538|270|56)(?![\w.%])",
    "a party": r"""["'][DRO]["']""",
    "what is counted": r"(?i)\belectoral",
    "a country or a state": rf"\b(United States|{STATES})\b",
    "a contest or a map": r"\bus-\w+",
}
ALLOWED = {
    ("broadcaster/admin/contest_forms.py", "electoral"),  # the help text of a field has examples
    ("broadcaster/domain/bidi.py", '"R"'),  # a class of characters in Unicode
    ("broadcaster/domain/version1.py", "us-president"),  # what version 1 stored
    ("broadcaster/management/commands/broadcast.py", "us-senate"),  # an example in the help
    ("loadtest/common/script.py", "us-president"),  # the contest that the swarm plays
    ("viewers/pages/live.py", "us-states"),  # the map that has county lines
}


def code_of(name: str) -> str:
    """Return the content of a file without comments and docstrings."""
    text = (ROOT / name).read_text()
    if name.endswith(".py"):
        lines = text.splitlines()
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
                for number in range(node.lineno - 1, node.end_lineno or 0):
                    lines[number] = ""  # a docstring, of constants as well
        return "\n".join(re.sub(r"(^|\s)# .*", "", line) for line in lines)
    if name.endswith((".js", ".css")):
        return re.sub(r"/\*.*?\*/|(?<![:\"'])//[^\n]*", "", text, flags=re.DOTALL)
    return re.sub(r"\{#.*?#\}|<!--.*?-->", "", text, flags=re.DOTALL)


class NoCountry(TestCase):
    def test_code_knows_no_country(self):
        listed = subprocess.run(
            ["git", "ls-files", *CODE], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout.split()
        files = [each for each in listed if each.endswith(KINDS) and not DATA.search(f"/{each}")]
        self.assertGreater(len(files), 300)
        found = {
            (name, match[0].replace("'", '"')): what
            for name in files
            if (ROOT / name).exists()
            for what, pattern in WORDS.items()
            for match in re.finditer(pattern, code_of(name))
        }
        self.assertEqual({key: what for key, what in found.items() if key not in ALLOWED}, {})
        self.assertEqual(set(found) & ALLOWED, ALLOWED, "no longer needed")
