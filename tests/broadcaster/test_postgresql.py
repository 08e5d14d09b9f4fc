"""The publishing tests again, on a PostgreSQL of our own."""

import os
import subprocess
import sys
import tempfile
from unittest import TestCase, skipUnless

from tests.server import ROOT, find_postgres, postgres


@skipUnless(find_postgres(), "PostgreSQL's server is not installed (Debian: postgresql)")
class PostgreSQL(TestCase):
    def test_publishing_holds_on_postgresql(self):
        with tempfile.TemporaryDirectory() as state, postgres() as url:
            run = subprocess.run(
                [sys.executable, "manage.py", "test", "tests.broadcaster.test_publishing"],
                cwd=ROOT,
                env={**os.environ, "DATABASE_URL": url, "STATE_DIRECTORY": state},
                capture_output=True,
                text=True,
                timeout=120,
            )

        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        self.assertIn(" 0 failed, 0 skipped", run.stdout)
