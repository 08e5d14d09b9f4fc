"""manage.py swarm as a process."""

import os
import subprocess
import sys

from loadtest.common.exit_codes import ExitCode
from tests.support.server import ROOT, database_url

HELD = (ExitCode.PASSED, ExitCode.INVALID)
"""The exit codes for a server that held: while other tests keep the machine busy, delays prove
nothing, and the swarm reports an invalid run."""


def swarm(*arguments, **environment):
    """Start `manage.py swarm` with the test database."""
    return subprocess.Popen(
        [sys.executable, "manage.py", "swarm", *arguments],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": database_url()} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
