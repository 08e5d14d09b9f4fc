"""Run the JavaScript tests with Node's own runner; they need nothing from npm."""

import subprocess
from pathlib import Path
from unittest import TestCase

from tests.support.programs import find_program

TESTS = Path(__file__).parent / "js"


class JavaScript(TestCase):
    def test_javascript_tests_pass(self):
        files = sorted(map(str, TESTS.glob("*.test.mjs")))
        command = [find_program("node", "nodejs"), "--test", *files]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
