"""What a server says when it starts on a machine where something is missing."""

import os
import re
import subprocess
import sys
import tempfile
from unittest import TestCase
from urllib.error import HTTPError
from urllib.request import urlopen

from redis import Redis

from tests.support.server import (
    LIMIT,
    ROOT,
    ServeProcess,
    free_port,
    postgres,
    redis,
    wait_for,
)

MESSAGE = re.compile(r"WARNING viewers\.ops\.start_checks: (.*)")


class Start(TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.state = cls.enterClassContext(tempfile.TemporaryDirectory(prefix="mapcenter-state-"))
        cls.complete = {
            "STATE_DIRECTORY": cls.state,
            "DATABASE_URL": f"sqlite:///{cls.state}/night.sqlite3",
        }
        for command in ("migrate", "collectstatic --no-input"):
            subprocess.run(
                [sys.executable, "manage.py", *command.split(), "-v0"],
                cwd=ROOT,
                env=os.environ | cls.complete,
                check=True,
                timeout=4 * LIMIT,  # on a busy machine
            )

    def server(self, **options):
        """Return a server, not started, with all tables and all static files."""
        return ServeProcess(**self.complete | options)

    def messages(self, server, ready=True):
        """Start a server; return what it says before it serves, and check its readiness."""
        with server:
            wait_for(lambda: server.lines("Serving on"), "the start")
            try:
                with urlopen(f"{server.url}/readyz", timeout=LIMIT) as response:
                    status = response.status
            except HTTPError as error:
                status = error.code
                error.close()
            self.assertEqual(status, 200 if ready else 503)
            self.assertNotIn("Traceback", server.output())
            return MESSAGE.findall(server.output())

    def test_server_that_has_everything_says_nothing(self):
        url = self.enterContext(redis())
        self.assertEqual(self.messages(self.server(REDIS_URL=url)), [])

    def test_missing_migrations_and_static_files_are_named(self):
        with tempfile.TemporaryDirectory() as folder:
            empty = ServeProcess(DATABASE_URL=f"sqlite:///{folder}/night.sqlite3")
            database, files = self.messages(empty, ready=False)
        reason = "no migration was applied to the database: run manage.py migrate"
        self.assertEqual(database, f"Not ready, check DATABASE_URL: {reason}.")
        self.assertIn("has no collected static files", files)
        self.assertIn("Run manage.py collectstatic.", files)

    def test_few_files_are_told_with_the_room_that_they_leave(self):
        server = self.server(files=256)
        [message] = self.messages(server)
        self.assertIn("open files is 256: each process has room for 156 viewers", message)

    def test_redis_that_is_not_there(self):
        [message] = self.messages(self.server(REDIS_URL=f"redis://:secret@127.0.0.1:{free_port()}"))
        self.assertRegex(message, r"Redis cannot be used, check REDIS_URL: .*Connection refused")
        self.assertNotIn("secret", message)

    def test_wrong_password_of_redis(self):
        url = self.enterContext(redis())
        with Redis.from_url(url) as connection:
            connection.config_set("requirepass", "right")
        wrong = url.replace("://", "://:secret@")
        [message] = self.messages(self.server(REDIS_URL=wrong))
        self.assertIn("invalid username-password pair", message)
        self.assertNotIn("secret", message)

    def test_postgresql_that_refuses_the_user(self):
        url = self.enterContext(postgres()).replace("mapcenter@", "stranger:secret@")
        [message] = self.messages(self.server(DATABASE_URL=url), ready=False)
        self.assertIn("the database cannot be read", message)
        self.assertIn('role "stranger" does not exist', message)
        self.assertNotIn("secret", message)

    def test_sqlite_file_that_cannot_be_opened(self):
        url = f"sqlite:///{self.state}/missing/night.sqlite3"
        [message] = self.messages(self.server(DATABASE_URL=url), ready=False)
        self.assertIn("unable to open database file", message)

    def test_port_that_is_none_is_refused_with_a_line(self):
        for port in ("70000", "-1"):
            command = [sys.executable, "manage.py", "serve", "--port", port]
            run = subprocess.run(
                command, cwd=ROOT, env=os.environ | self.complete, capture_output=True, text=True
            )
            self.assertEqual(run.returncode, 2)
            self.assertEqual(run.stderr, "CommandError: --port must be 0 (any free one) to 65535\n")
