"""A load test with simulators on other hosts, whose clocks differ from this one's."""

import json
import tempfile
from pathlib import Path

from django.test import TransactionTestCase

from tests.loadtest.swarm.test_command import HELD, swarm
from tests.support.clock import wrong_clock
from tests.support.network import Network, with_clock_ahead
from tests.support.rq_workers import bare_worker
from tests.support.server import LIMIT, ServeProcess, redis

AHEAD = 5000  # seconds
DRIFT = 2000  # microseconds a second
NOTABLE = 3.0  # ms: half of the drift and half of the round trip that need not be shown
BUSY = 10.0  # ms by which a host may be later than another because this machine is busy


class ManyHosts(TransactionTestCase):
    def setUp(self):
        network = self.enterContext(Network())
        self.here = network.host
        self.hosts = {name: network.add(name).enter for name in ("left", "right")}
        self.redis_url = self.enterContext(redis(host=self.here))
        allowed = f"127.0.0.1,{self.here}"
        self.server = self.enterContext(ServeProcess("serve --host 0.0.0.0", ALLOWED_HOSTS=allowed))
        self.folder = self.enterContext(tempfile.TemporaryDirectory())

    def run_swarm(self):
        """Return the report of a run with a simulator on each host, and what was printed."""
        with swarm(
            *(f"http://{self.here}:{self.server.port}/", "--on", "rq", "--clients", "40"),
            *("--ramp", "0.5", "--rounds", "12@0.5", "--report", self.folder),
            STATE_DIRECTORY=self.server.state.name,
            LOADTEST_REDIS_URL=self.redis_url,
        ) as process:
            output, _ = process.communicate(timeout=4 * LIMIT)
        self.assertIn(process.returncode, HELD, output)
        return json.loads(Path(self.folder, "report.json").read_text()), output

    def check_delays_agree(self, report, within):
        """Expect the same delays from both hosts, within so many ms."""
        self.assertEqual(sorted(report["hosts"]), ["left", "right"])
        self.assertEqual(report["deliveries"]["converged"], 40)
        left, right = report["generator"]["median_by_simulator"]
        print(f"    medians {left:.1f} and {right:.1f} ms, ± {report['clock_error']:.1f} ms")
        self.assertLess(abs(left - right), within)

    def test_delays_of_a_host_with_another_clock_agree_with_those_of_the_rest(self):
        ahead = [*self.hosts["right"], *with_clock_ahead(AHEAD)]
        with (
            bare_worker(self.redis_url, host=self.hosts["left"]),
            bare_worker(self.redis_url, host=ahead),
        ):
            report, _ = self.run_swarm()

        self.check_delays_agree(report, max(report["clock_error"], NOTABLE) + BUSY)

    def test_error_of_a_clock_that_drifts_is_shown_beside_the_delays(self):
        clock = wrong_clock(self.folder, CLOCK_DRIFT=DRIFT)
        with (
            bare_worker(self.redis_url, host=self.hosts["left"]),
            bare_worker(self.redis_url, host=self.hosts["right"], **clock),
        ):
            report, output = self.run_swarm()

        self.assertGreater(report["clock_error"], DRIFT / 1000 * 6 / 2)  # of six seconds of rounds
        self.check_delays_agree(report, report["clock_error"] + BUSY)
        self.assertRegex(output, r"Delay in ms ± [\d.]+ from the intended time")
