"""The tests of log-ins, publishing, desk and schedule, repeated on a PostgreSQL of their own."""

import os
import subprocess
import sys
import tempfile
from unittest import TestCase

from tests.support.server import ROOT, postgres


class PostgreSQLServer(TestCase):
    def test_log_in_publishing_and_desk_tests_pass_on_postgresql(self):
        modules = ("admin.test_login", "publishing.test_publish", "desk.test_commands")
        modules += ("desk.test_schedule",)
        labels = [f"tests.broadcaster.{name}" for name in modules]
        with tempfile.TemporaryDirectory() as state, postgres() as url:
            run = subprocess.run(
                [sys.executable, "manage.py", "test", "--parallel", "1", *labels],
                cwd=ROOT,
                env={**os.environ, "DATABASE_URL": url, "STATE_DIRECTORY": state},
                capture_output=True,
                text=True,
                timeout=120,
            )

        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        self.assertIn(" 0 failed, 0 skipped", run.stdout)
