"""What the swarm says of servers that are restarted, and of servers behind a proxy."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from django.test import TransactionTestCase

from loadtest.common.exit_codes import ExitCode
from tests.support.proxies import HAProxy
from tests.support.server import LIMIT, ROOT, ServeProcess, redis

HELD = (ExitCode.PASSED, ExitCode.INVALID)
"""INVALID: delays on a busy machine prove nothing; what the server did not do is proven."""


class SwarmVerdicts(TransactionTestCase):
    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory())

    def start(self, server, url, *arguments):
        """Start a swarm of 40 viewers; its report goes to a folder."""
        options = ("--clients", "40", "--transport", "mix", "--ramp", "1", "--progress", "plain")
        options += (*arguments, "--report", self.folder)
        return subprocess.Popen(
            [sys.executable, "manage.py", "swarm", url, *options],
            cwd=ROOT,
            env=os.environ | server.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def report(self):
        return json.loads(Path(self.folder, "report.json").read_text())

    def test_rolling_restart_that_is_expected_is_no_failure_and_is_timed(self):
        with (
            redis() as redis_url,
            ServeProcess("serve --processes 2", REDIS_URL=redis_url) as server,
            self.start(server, server.url, "--rounds", "40@1", "--expect-restart") as swarm,
        ):
            watchdog = threading.Timer(6 * LIMIT, swarm.kill)
            watchdog.start()
            next(line for line in swarm.stdout if line.startswith("phase rounds"))
            server.process.send_signal(signal.SIGHUP)
            output = swarm.stdout.read()
            watchdog.cancel()
        self.assertIn(swarm.returncode, HELD, output)
        restart = self.report()["restart"]
        self.assertEqual((restart["viewers"], restart["away"], restart["twice"]), (40, 0, 0))
        self.assertLess(restart["seconds"], 15)
        self.assertRegex(output, "40 of 40 viewers came back, all within")

    def test_servers_behind_haproxy_are_measured_by_their_metrics(self):
        with (
            redis() as redis_url,
            ServeProcess(REDIS_URL=redis_url) as one,
            ServeProcess(REDIS_URL=redis_url) as two,
            HAProxy(one, two) as proxy,
        ):
            rounds = ("--rounds", "5@1")
            for metrics, count in (((), None), (("--metrics", one.url, "--metrics", two.url), 40)):
                with self.start(one, proxy.url, *rounds, *metrics) as swarm:
                    output, _ = swarm.communicate(timeout=4 * LIMIT)
                self.assertIn(swarm.returncode, HELD, output)
                report = self.report()
                counted = report["connections"]["server_count"]
                self.assertEqual(counted and sum(counted.values()), count)
                self.assertEqual(report["server"]["cpu_in_rounds"] is None, not metrics)
                self.assertEqual("haproxy listens on port" in output, not metrics)

    def test_viewers_that_never_read_are_closed_and_counted(self):
        # What fills the buffers of a viewer, then more than the 15 s after which it is closed.
        rounds = ("--rounds", "600@0.1,6@1", "--slow", "5%", "--transport", "ws")
        with ServeProcess() as server, self.start(server, server.url, *rounds) as swarm:
            output, _ = swarm.communicate(timeout=6 * LIMIT)
        self.assertIn(swarm.returncode, HELD, output)
        audience = self.report()["audience"]
        self.assertEqual((audience["slow"], audience["slow_closed"]), (2, 2))
        self.assertIn("2 WebSockets never read; the server closed 2 of them", output)
        self.assertEqual(self.report()["deliveries"]["converged"], 38)
