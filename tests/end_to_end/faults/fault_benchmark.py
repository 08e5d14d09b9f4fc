"""manage.py benchmark with its real servers, other projects' included."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from unittest import TestCase

from tests.support.server import LIMIT, ROOT


def benchmark(*arguments):
    """Run `manage.py benchmark` with 50 viewers; return status, output, report and files."""
    with tempfile.TemporaryDirectory() as folder:
        size = ("--viewers", "50", "--messages", "2", "--interval", "0", "--report", folder)
        done = subprocess.run(
            [sys.executable, "manage.py", "benchmark", *size, *arguments],
            cwd=ROOT,
            env=os.environ | {"STATE_DIRECTORY": folder},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=4 * LIMIT,  # charts on a busy machine
        )
        written = {
            path.name: path.read_text() for path in Path(folder).glob("*.*") if path.is_file()
        }
    report = json.loads(written.get("report.json", "{}"))
    return done.returncode, done.stdout, report, written


class Runs(TestCase):
    """Each server is a real one. With 50 viewers, delays and CPU are too noisy to check."""

    def check(self, expected, *arguments):
        code, output, report, written = benchmark(*arguments)
        self.assertEqual(code, 0, output)
        found = {(one["name"], one["transport"]) for one in report["results"]}
        self.assertEqual(found, expected, output)
        for one in report["results"]:
            self.assertEqual((one["viewers"], one["delivered"], one["lost"]), (50, 1, {}), one)
            self.assertGreater(one["cpu"], 0)
            self.assertLessEqual(one["first"], one["last"])
        return output, written

    def test_map_center_and_the_channels_tutorial_are_measured(self):
        expected = {("serve", "ws"), ("serve", "poll"), ("stock", "ws")}
        output, written = self.check(expected, "--only", "serve", "--only", "stock")
        self.assertRegex(output, r"WebSocket, CPU per delivery +\| +\S+ × stock \| ≤ 1/40 × stock")
        self.assertIn("(poll-cpu.svg)", written["report.md"])
        self.assertEqual(len([name for name in written if name.endswith(".svg")]), 8)

    def test_floor_is_measured(self):
        self.check({("floor", "ws")}, "--only", "floor")

    def test_nchan_is_measured(self):
        self.check({("nchan", "ws"), ("nchan", "poll")}, "--only", "nchan")

    def test_socketio_and_ws_are_measured(self):
        expected = {("socketio", "ws"), ("socketio", "poll"), ("ws", "ws")}
        self.check(expected, "--only", "socketio", "--only", "ws")

    def test_server_that_is_not_installed_is_left_out(self):
        path = os.environ["PATH"]
        os.environ["PATH"] = tempfile.gettempdir()
        self.addCleanup(os.environ.update, PATH=path)
        code, output, report, _ = benchmark("--only", "floor")
        self.assertEqual((code, report["results"]), (0, []), output)
        self.assertIn("Left out: bare send(), C, WebSocket: gcc is not installed.", output)
