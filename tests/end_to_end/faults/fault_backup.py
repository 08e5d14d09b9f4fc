"""Backups of an SQLite database that is in use, and what a server does with one put back."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from unittest import TestCase

from tests.support.server import LIMIT, ROOT, ServeProcess

SETUP = """
from tests.support.contests import president
from django.contrib.auth import get_user_model
from broadcaster.models import ApiToken, Broadcast
Broadcast.objects.create(slug="night", title="Night", contests=president(2020))
print(ApiToken.issue(get_user_model().objects.create_superuser("chief")))
"""


GROW_AND_DIE = """
import os, shutil, sqlite3, sys
database, copy = sys.argv[1:]
connection = sqlite3.connect(database, isolation_level=None)
connection.execute("CREATE TABLE filler (text, more UNIQUE)")

def grow(rows):
    for _ in range(rows):
        connection.execute("INSERT INTO filler VALUES (hex(randomblob(200)), hex(randomblob(20)))")

grow(20)
connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
shutil.copy(database, copy)
grow(300)
connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
grow(60)
os._exit(0)
"""
"""Copies the file of a database, goes on writing, and ends as if it was killed."""


def run(server, *arguments):
    """Run a command of manage.py in the environment of a server."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=server.environment,
        capture_output=True,
        text=True,
        timeout=4 * LIMIT,  # migrations on a busy machine
    )


class Backups(TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = cls.enterClassContext(tempfile.TemporaryDirectory(prefix="mapcenter-backup-"))
        cls.template = Path(folder) / "template.sqlite3"
        server = ServeProcess(DATABASE_URL=f"sqlite:///{cls.template}")
        cls.enterClassContext(server.state)
        run(server, "migrate", "--verbosity", "0")
        cls.token = run(server, "shell", "--verbosity", "0", "-c", SETUP).stdout.split()[-1]

    def setUp(self):
        folder = Path(self.enterContext(tempfile.TemporaryDirectory(prefix="mapcenter-backup-")))
        self.database = folder / "mapcenter.sqlite3"
        self.backup = folder / "backup.sqlite3"
        shutil.copy(self.template, self.database)
        self.server = ServeProcess(DATABASE_URL=f"sqlite:///{self.database}")
        self.addCleanup(self.server.state.cleanup)
        self.server.start()
        self.addCleanup(self.server.stop, signal.SIGKILL)
        self.put({"kind": "start"})

    def manage(self, *arguments, code=0):
        """Run a command, and check its exit status. Return what it prints."""
        done = run(self.server, *arguments)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def put(self, change):
        return self.server.publish("night", self.token, change)

    def focus(self, *states):
        for state in states:
            self.put({"view": {"focus": state}})

    def files(self):
        return [Path(f"{self.database}{suffix}") for suffix in ("", "-wal", "-shm")]

    def put_back(self, *, delete_log):
        """Kill the server, and put the backup in the place of its database."""
        self.server.stop(signal.SIGKILL)
        self.assertTrue(self.files()[1].exists())
        if delete_log:
            for file in self.files():
                file.unlink(missing_ok=True)
        shutil.copy(self.backup, self.database)

    def test_a_backup_of_a_running_server_is_whole_and_restored_by_the_documented_steps(self):
        self.focus("OH", "PA", "AZ")
        self.manage("backup", str(self.backup))
        self.focus("GA", "NC")
        self.assertEqual(os.stat(self.backup).st_mode & 0o777, 0o600)
        with closing(sqlite3.connect(self.backup)) as copy:
            [before, seq] = copy.execute("SELECT epoch, seq FROM broadcaster_broadcast").fetchone()
        self.assertEqual(seq, 4)
        self.assertIn("exists already", self.manage("backup", str(self.backup), code=1))

        self.put_back(delete_log=True)
        self.assertIn("Run manage.py restored first", self.manage("serve", code=1))
        self.assertIn(f"epoch {before} is now", self.manage("restored"))
        self.server.start()

        self.assertEqual(self.put({"view": {"focus": "WI"}}), 5)

    def test_a_server_does_not_start_on_a_backup_beside_the_log_of_another_time(self):
        self.manage("backup", str(self.backup))
        self.focus("OH", "PA")
        self.put_back(delete_log=False)

        for command in ("serve", "restored"):
            self.assertIn(f"delete {self.files()[1]}", self.manage(command, code=1))

    def test_a_server_does_not_start_on_a_copied_file_beside_the_log_of_another_time(self):
        self.server.stop(signal.SIGKILL)
        subprocess.run([sys.executable, "-c", GROW_AND_DIE, self.database, self.backup], check=True)
        shutil.copy(self.backup, self.database)

        self.assertIn("is damaged", self.manage("serve", code=1))

    def test_a_server_starts_after_it_was_killed(self):
        self.focus("OH", "PA")
        self.server.stop(signal.SIGKILL)
        self.server.start()

        self.assertEqual(self.put({"view": {"focus": "WI"}}), 4)
