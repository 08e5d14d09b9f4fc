"""Timeouts of the connections to PostgreSQL: without an answer, and by the server's settings."""

import socket
import subprocess
import sys
from unittest import TestCase

from tests.support.server import ROOT, postgres

TRY = """
import time
from django.db import OperationalError, connection
began = time.monotonic()
try:
    connection.ensure_connection()
except OperationalError as error:
    print(time.monotonic() - began, error)
"""
ASK = """
from django.db import connection
with connection.cursor() as cursor:
    for name in ("statement_timeout", "idle_in_transaction_session_timeout"):
        cursor.execute(f"SHOW {name}")
        print(cursor.fetchone()[0])
parameters = connection.connection.info.get_parameters()
print(parameters["connect_timeout"], parameters["tcp_user_timeout"])
"""


def run(code, url):
    """Run Python with this DATABASE_URL. Return what it prints."""
    setup = "import os, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'mapcenter.settings'"
    process = subprocess.run(
        [sys.executable, "-c", f"{setup}; django.setup()\n{code}"],
        cwd=ROOT,
        env={"DATABASE_URL": url, "SECRET_KEY": "x"},
        capture_output=True,
        text=True,
        check=True,
    )
    return process.stdout


class Limits(TestCase):
    def test_connecting_to_a_silent_server_times_out(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            tried = run(TRY, f"postgres://x@127.0.0.1:{silent.getsockname()[1]}/x")

        self.assertIn("timeout expired", tried)
        self.assertLess(float(tried.split()[0]), 3)

    def test_sessions_have_the_limits_unless_the_url_has_others(self):
        with postgres() as url:
            self.assertEqual(run(ASK, url).split(), ["10s", "5s", "2", "5000"])
            other = run(ASK, f"{url}?connect_timeout=7&options=-c%20statement_timeout%3D0")
            self.assertEqual(other.split(), ["0", "0", "7", "5000"])
