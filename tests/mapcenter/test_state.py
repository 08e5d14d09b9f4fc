"""The state directory: when it and the secret key are made, and how errors are reported."""

import os
import stat
import subprocess
import sys
import tempfile
from pathlib import Path
from unittest import TestCase
from urllib.request import urlopen

from tests.support.server import LIMIT, ROOT, free_port, running

PRINT_KEY = "from django.conf import settings; print(settings.SECRET_KEY)"


class StateDirectory(TestCase):
    def setUp(self):
        folder = self.enterContext(tempfile.TemporaryDirectory(prefix="mapcenter-state-"))
        self.state = Path(folder, "state")
        self.environment = {k: v for k, v in os.environ.items() if k != "SECRET_KEY"} | {
            "DJANGO_SETTINGS_MODULE": "mapcenter.settings",
            "STATE_DIRECTORY": str(self.state),
        }

    def run_python(self, *arguments, **environment):
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=self.environment | environment,
            capture_output=True,
            text=True,
            timeout=LIMIT,
        )

    def manage(self, *arguments, **environment):
        return self.run_python("manage.py", *arguments, **environment)

    def key_of(self, code, **environment):
        return self.run_python("-c", code, **environment).stdout.strip()

    def test_importing_the_settings_creates_nothing(self):
        run = self.run_python("-c", "import mapcenter.settings")

        self.assertEqual((run.returncode, run.stderr), (0, ""))
        self.assertFalse(self.state.exists())

    def test_settings_without_a_key_file_have_a_new_key_in_each_process(self):
        keys = {self.key_of(PRINT_KEY) for _ in range(2)}

        self.assertEqual(len(keys), 2)
        self.assertGreaterEqual(min(map(len, keys)), 50)

    def test_manage_makes_the_state_directory(self):
        self.assertEqual(self.manage("check").returncode, 0)

        self.assertTrue((self.state / "static").is_dir())
        mode = (self.state / "secret-key").stat().st_mode
        self.assertEqual(stat.S_IMODE(mode), 0o600)

    def test_key_is_made_once(self):
        self.manage("check")
        first = self.key_of(PRINT_KEY)
        self.manage("check")

        self.assertEqual(self.key_of(PRINT_KEY), first)

    def test_processes_that_start_at_the_same_time_have_one_key(self):
        code = f"import mapcenter.asgi; {PRINT_KEY}"
        processes = [
            subprocess.Popen(
                [sys.executable, "-c", code],
                cwd=ROOT,
                env=self.environment,
                stdout=subprocess.PIPE,
                text=True,
            )
            for _ in range(2)
        ]
        keys = {process.communicate(timeout=LIMIT)[0] for process in processes}

        self.assertEqual(keys, {(self.state / "secret-key").read_text() + "\n"})

    def test_no_key_is_made_if_one_is_given(self):
        self.assertEqual(self.key_of(f"import mapcenter.asgi; {PRINT_KEY}", SECRET_KEY="k"), "k")
        self.assertFalse((self.state / "secret-key").exists())

    def test_daphne_serves_the_application_without_manage(self):
        port = free_port()
        command = [sys.executable, "-m", "daphne", "-p", str(port), "mapcenter.asgi:application"]
        with (
            running(command, port, cwd=ROOT, env=self.environment),
            urlopen(f"http://127.0.0.1:{port}/healthz", timeout=LIMIT) as response,
        ):
            self.assertEqual(response.status, 200)
        self.assertTrue((self.state / "secret-key").exists())

    def test_directory_that_cannot_be_made_is_reported(self):
        self.state.touch()
        run = self.manage("check")

        self.assertEqual(run.returncode, 1)
        self.assertRegex(run.stderr, r"\Amanage\.py: STATE_DIRECTORY is .+ cannot be made: .+\n\Z")

    def test_commands_report_a_wrong_variable_in_one_line(self):
        wrong = (
            ("serve", "HTTPS", "enabled"),
            ("migrate", "PORT", "abc"),
            ("check", "HEARTBEAT", "0"),
            ("check", "HEARTBEAT_SPREAD", "0.5"),
            ("demo", "DEBUG", "maybe"),
            ("runserver", "REDIS_URL", "localhost:6379"),
            ("test", "DATABASE_URL", "mysql://localhost/maps"),
            ("swarm", "ALLOWED_HOSTS", "https://maps.example.org"),
        )
        for command, name, value in wrong:
            run = self.manage(command, **{name: value})

            self.assertEqual(run.returncode, 1, command)
            self.assertRegex(run.stderr, rf"\Amanage\.py: {name} .+\n\Z")
