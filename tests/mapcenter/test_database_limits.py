"""A PostgreSQL that hangs, and what its sessions are told."""

import socket
import subprocess
import sys
import time
from unittest import TestCase, skipUnless

from tests.support.server import ROOT, find_postgres, postgres

ASK = """
from django.db import connection
with connection.cursor() as cursor:
    for name in ("statement_timeout", "idle_in_transaction_session_timeout"):
        cursor.execute(f"SHOW {name}")
        print(cursor.fetchone()[0])
parameters = connection.connection.info.get_parameters()
print(parameters["connect_timeout"], parameters["tcp_user_timeout"])
"""


def ask(url):
    """Run `ASK` with this DATABASE_URL."""
    setup = "import os, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'mapcenter.settings'"
    return subprocess.run(
        [sys.executable, "-c", f"{setup}; django.setup()\n{ASK}"],
        cwd=ROOT,
        env={"DATABASE_URL": url, "SECRET_KEY": "x"},
        capture_output=True,
        text=True,
        timeout=30,
    )


class Limits(TestCase):
    def test_a_server_that_accepts_and_says_nothing_is_given_up_soon(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            began = time.monotonic()
            ended = ask(f"postgres://x@127.0.0.1:{silent.getsockname()[1]}/x")

        self.assertIn("timeout expired", ended.stderr)
        self.assertLess(time.monotonic() - began, 8)  # 2 s, and Python's start

    @skipUnless(find_postgres(), "PostgreSQL is not installed (Debian: postgresql)")
    def test_sessions_have_the_limits_and_the_url_overrides_them(self):
        with postgres() as url:
            self.assertEqual(ask(url).stdout.split(), ["10s", "5s", "2", "5000"])
            other = ask(f"{url}?connect_timeout=7&options=-c%20statement_timeout%3D0")
            self.assertEqual(other.stdout.split(), ["0", "0", "7", "5000"])
