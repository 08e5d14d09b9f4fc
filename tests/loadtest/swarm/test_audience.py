"""manage.py swarm with viewers as they are: pages, absences, slow ones, a pool of connections."""

import json
import tempfile
from pathlib import Path

from django.test import TransactionTestCase

from loadtest.common.exit_codes import ExitCode
from tests.loadtest.swarm_process import HELD, swarm
from tests.support.server import LIMIT, ServeProcess


class Audience(TransactionTestCase):
    server: ServeProcess

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = cls.enterClassContext(ServeProcess(HEARTBEAT="2"))

    def run_swarm(self, *arguments):
        """Return the exit status, the output and the report."""
        state = self.server.state.name
        with tempfile.TemporaryDirectory() as folder:
            arguments = (self.server.url, *arguments, "--report", folder)
            with swarm(*arguments, STATE_DIRECTORY=state) as process:
                output, _ = process.communicate(timeout=3 * LIMIT)
            report = Path(folder, "report.json")
            return process.returncode, output, json.loads(report.read_text())

    def test_viewers_load_pages_leave_sleep_fall_back_and_survive_a_storm(self):
        code, output, report = self.run_swarm(
            *("--clients", "20", "--simulators", "2", "--transport", "mix", "--page"),
            *("--ramp", "1", "--shape", "spike", "--storm", "--rounds", "4@1", "--drain", "1"),
            *("--churn", "600%/min", "--asleep", "10%", "--slow", "5%", "--fallback", "5%"),
        )
        self.assertIn(code, HELD, output)
        found, deliveries = report["audience"], report["deliveries"]
        self.assertEqual(report["connections"]["connected"], 19)
        self.assertEqual((found["slow"], found["sleeps"]), (1, 2))
        self.assertGreaterEqual(found["fell_back"], 1)  # after the storm, too
        self.assertGreaterEqual(found["departures"], 1)
        self.assertEqual(found["returned"], 19)
        self.assertGreaterEqual(found["pages"]["loaded"], 20)
        self.assertEqual(found["pages"]["failures"], {})
        self.assertGreater(found["arrival_cpu"], 0)
        self.assertGreater(found["arrival"]["p50"], found["pages"]["load"]["p50"])
        self.assertEqual(deliveries["missing"], 0)
        self.assertLess(deliveries["expected"], 19 * 4)
        self.assertEqual(deliveries["converged"], 19 - found["away"])
        self.assertLess(found["bytes"]["payload"], found["bytes"]["wire"]["ws"])
        self.assertLess(found["bytes"]["wire"]["ws"], found["bytes"]["wire"]["poll"])

    def test_pool_of_connections_makes_viewers_connect_in_bursts(self):
        code, output, report = self.run_swarm(
            *("--clients", "20", "--simulators", "1", "--transport", "poll", "--client-pool", "2"),
            *("--ramp", "1", "--rounds", "1@0.1", "--drain", "1"),
        )
        self.assertEqual(code, ExitCode.INVALID, output)
        self.assertIn("viewers connected in bursts", output)
        self.assertIn("as with Node's maxSockets in 2012", output)
        self.assertGreater(report["audience"]["pool_longest"], 1000)
