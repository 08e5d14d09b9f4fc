"""Readiness: what it says of a database that cannot serve this code, and to whom it answers."""

import asyncio
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from unittest import TestCase

from tests.support.raw_http import request
from tests.support.server import LIMIT, ROOT, ServeProcess, wait_for


class Readiness(TestCase):
    """A server with a SQLite file of its own, which tests change under it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.migrated, cls.file = folder / "migrated.sqlite3", folder / "night.sqlite3"
        environment = {**os.environ, "DATABASE_URL": f"sqlite:///{cls.migrated}"}
        command = [sys.executable, "manage.py", "migrate", "-v0"]
        subprocess.run(command, cwd=ROOT, env=environment, check=True)
        cls.server = cls.enterClassContext(ServeProcess(DATABASE_URL=f"sqlite:///{cls.file}"))

    def setUp(self):
        self.replace_database(":memory:")  # an empty one
        self.earlier = len(self.server.output().splitlines())

    def log(self):
        """Return what the server has logged since the test began."""
        return self.server.output().splitlines()[self.earlier :]

    def migrate(self):
        """Give the server a database in which all migrations were applied."""
        self.replace_database(self.migrated)

    def replace_database(self, source):
        with closing(sqlite3.connect(source)) as new, self.database() as old:
            new.backup(old)

    def execute(self, statement):
        with self.database() as connection, connection:
            connection.execute(statement)

    def database(self):
        return closing(sqlite3.connect(self.file, timeout=LIMIT))  # the server uses it meanwhile

    def send(self, path, method="GET", **headers):
        return asyncio.run(request(self.server.port, path, method, **headers))

    def problem(self):
        """Return the reason that /readyz gives with 503, None with 200."""
        response = self.send("/readyz")
        answer = json.loads(response.body)
        self.assertEqual(response.status, 200 if answer["ready"] else 503)
        return answer.get("error")

    def wait_for_problem(self, wanted):
        """Wait until /readyz gives this reason. It may be told one check late."""
        wait_for(lambda: self.problem() == wanted, wanted)

    def test_database_without_migrations_is_named(self):
        problem = "no migration was applied to the database: run manage.py migrate"
        self.wait_for_problem(problem)
        self.assertEqual(self.problem(), problem)
        self.migrate()
        self.wait_for_problem(None)

        lines = [line for line in self.log() if "readiness" in line]
        self.assertEqual(len(lines), 2, lines)  # one for each change

    def test_missing_migrations_columns_and_tables_are_named(self):
        self.migrate()
        self.execute("DELETE FROM django_migrations WHERE name = '0005_rebroadcasts'")
        named = "migrations were not applied: broadcaster.0005_rebroadcasts"
        self.wait_for_problem(f"{named}: run manage.py migrate")
        self.execute(
            "INSERT INTO django_migrations (app, name, applied)"
            " VALUES ('broadcaster', '0005_rebroadcasts', '2024-11-05')"
        )
        self.wait_for_problem(None)

        self.execute("ALTER TABLE broadcaster_broadcast RENAME COLUMN title TO name")
        self.wait_for_problem("the database has no column broadcaster_broadcast.title")
        self.execute("ALTER TABLE broadcaster_broadcast RENAME COLUMN name TO title")
        self.execute("DROP TABLE broadcaster_cue")
        self.wait_for_problem("the database has no table broadcaster_cue")

    def test_database_that_is_newer_than_the_code_is_ready(self):
        self.migrate()
        self.execute(
            "INSERT INTO django_migrations (app, name, applied)"
            " VALUES ('broadcaster', '0999_the_future', '2028-11-07')"
        )
        self.execute("ALTER TABLE broadcaster_broadcast ADD COLUMN future text")
        self.wait_for_problem(None)

    def test_pages_without_their_columns_are_503_with_one_log_entry(self):
        self.migrate()
        self.execute("ALTER TABLE broadcaster_broadcast RENAME COLUMN title TO name")
        for _ in range(20):
            response = self.send("/", Accept="text/html")
            self.assertEqual((response.status, response.headers["retry-after"]), (503, "3"))
            self.assertIn(b"cannot use its database", response.body)
        self.assertEqual(sum("pages cannot use the database" in line for line in self.log()), 1)
        self.assertFalse([line for line in self.log() if "django.request" in line])

    def test_probes_get_an_answer_whatever_the_host_is(self):
        self.migrate()
        self.wait_for_problem(None)
        for path in ("/healthz", "/readyz", "/metrics"):
            for host in ("10.1.2.3:8001", "[fd00::1]:8001", "node-7.internal", "", "a b"):
                for method in ("GET", "HEAD"):
                    response = self.send(path, method, Host=host)
                    self.assertEqual((response.status, path, host), (200, path, host))
                    self.assertEqual(response.headers["cache-control"], "no-store")
        self.assertEqual(self.send("/", Host="10.1.2.3").status, 400)

    def test_other_paths_are_no_health_endpoints(self):
        self.migrate()
        for path in ("//metrics", "/metrics/", "/./metrics", "/x/../metrics", "//readyz"):
            self.assertEqual(self.send(path).status, 404, path)
