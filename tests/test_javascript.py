"""Run the JavaScript tests with Node's own runner; they need nothing from npm."""

import shutil
import subprocess
from pathlib import Path
from unittest import TestCase, skipUnless

TESTS = Path(__file__).parent / "js"


class JavaScript(TestCase):
    @skipUnless(shutil.which("node"), "node is not installed (Debian: nodejs)")
    def test_javascript_tests_pass(self):
        files = sorted(map(str, TESTS.glob("*.test.mjs")))
        done = subprocess.run(
            ["node", "--test", *files], capture_output=True, text=True, timeout=120, check=False
        )
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
