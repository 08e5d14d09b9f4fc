"""manage.py version prints Map Center's version, not Django's."""

import os
import subprocess
import sys
from pathlib import Path
from unittest import TestCase

from mapcenter import __version__

ROOT = Path(__file__).resolve().parents[2]


class Version(TestCase):
    def test_version_is_printed_even_if_a_setting_cannot_be_read(self):
        for command in ("version", "--version"):
            run = subprocess.run(
                [sys.executable, "manage.py", command],
                cwd=ROOT,
                env={**os.environ, "HTTPS": "enabled"},
                capture_output=True,
                text=True,
            )
            self.assertEqual((run.returncode, run.stdout), (0, f"Map Center {__version__}\n"))
