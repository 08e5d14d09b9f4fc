"""The server notifies systemd that it is ready and alive; the units are valid."""

import re
import socket
import subprocess
import tempfile
from pathlib import Path
from unittest import TestCase

from django.test import TransactionTestCase

from tests.support.programs import find_program
from tests.support.server import LIMIT, ROOT, ServeProcess, answers, redis

DEPLOY = ROOT / "deploy"
UNITS = ("mapcenter.service", "mapcenter-worker.service")


class Notifications(TransactionTestCase):
    def assertNotifies(self, command, **environment):
        """Assert that READY comes once something listens, then WATCHDOG, again and again."""
        folder = self.enterContext(tempfile.TemporaryDirectory(prefix="mapcenter-notify-"))
        address = f"{folder}/notify"
        systemd = self.enterContext(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        systemd.bind(address)
        systemd.settimeout(LIMIT)
        server = ServeProcess(command, NOTIFY_SOCKET=address, WATCHDOG_USEC="200000", **environment)
        self.enterContext(server)

        messages = [systemd.recv(100).decode() for _ in range(4)]

        self.assertEqual(messages, ["READY=1", *["WATCHDOG=1"] * 3])
        self.assertTrue(answers(server.port))

    def test_server_notifies(self):
        self.assertNotifies("serve")

    def test_supervisor_notifies_and_its_processes_do_not(self):
        self.assertNotifies("serve --processes 2", REDIS_URL=self.enterContext(redis()))


class UnitFiles(TestCase):
    def test_units_are_valid(self):
        with tempfile.TemporaryDirectory() as folder:
            for name in UNITS:
                unit = (DEPLOY / name).read_text()
                unit = unit.replace(
                    "/srv/mapcenter/.venv/bin/python", find_program("true", "coreutils")
                )
                Path(folder, name).write_text(unit)
            run = subprocess.run(
                [
                    find_program("systemd-analyze", "systemd"),
                    "verify",
                    *(f"{folder}/{name}" for name in UNITS),
                ],
                capture_output=True,
                text=True,
            )
        self.assertEqual((run.returncode, run.stderr), (0, ""))

    def test_units_are_started_at_boot(self):
        for name in UNITS:
            self.assertIn("[Install]\nWantedBy=multi-user.target", (DEPLOY / name).read_text())

    def test_settings_of_the_environment_file_are_documented(self):
        docs = (ROOT / "docs/operating.md").read_text()
        names = re.findall(r"(?m)^([A-Z_]+)=", (DEPLOY / "mapcenter.env.example").read_text())
        self.assertLessEqual({"SECRET_KEY", "DATABASE_URL", "FORWARDED_ALLOW_IPS"}, set(names))
        for name in names:
            self.assertRegex(docs, rf"(?m)^\| `{name}`")
