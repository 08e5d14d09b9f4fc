"""manage.py swarm --on rq: simulators on real RQ workers, over a real Redis."""

import json
import shutil
import socket
import tempfile
from pathlib import Path

from django.test import TransactionTestCase
from redis import Redis

from broadcaster.models import ApiToken, Broadcast
from tests.loadtest.swarm.test_command import HELD, swarm
from tests.support.rq_workers import bare_worker, pool
from tests.support.server import LIMIT, ROOT, ServeProcess, redis

SHORT = ("--ramp", "0.5", "--settle", "0.1", "--rounds", "2@0.3,2@0.2", "--progress", "plain")
PACKAGES = ("broadcaster", "viewers", "loadtest")


class OnWorkers(TransactionTestCase):
    redis_url: str
    server: ServeProcess

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.redis_url = cls.enterClassContext(redis())
        cls.server = cls.enterClassContext(ServeProcess())

    def run_swarm(self, *arguments):
        with swarm(
            *(self.server.url, "--on", "rq", *SHORT, *arguments),
            STATE_DIRECTORY=self.server.state.name,
            LOADTEST_REDIS_URL=self.redis_url,
        ) as process:
            output, _ = process.communicate(timeout=2 * LIMIT)
        return process.returncode, output

    def test_viewers_of_all_workers_are_counted_in_one_report(self):
        with (
            pool(self.redis_url, 1),
            bare_worker(self.redis_url),
            tempfile.TemporaryDirectory() as folder,
        ):
            code, output = self.run_swarm(
                *("--clients", "31", "--transport", "mix", "--report", folder)
            )
            self.assertIn(code, HELD, output)
            report = json.loads(Path(folder, "report.json").read_text())
        self.assertIn("2 × 15–16", output)  # one on each free worker
        self.assertEqual(report["hosts"], [socket.gethostname()] * 2)
        self.assertEqual(report["connections"]["connected"], 31)
        self.assertEqual(report["connections"]["server_count"], {"ws": 16, "poll": 15})
        self.assertEqual(report["deliveries"]["received"], 31 * 4)
        self.assertEqual(report["deliveries"]["converged"], 31)
        self.assertGreater(report["messages"][0]["first"], 0)
        with Redis.from_url(self.redis_url) as connection:
            self.assertEqual(list(connection.scan_iter("loadtest:*")), [])
        self.assertFalse(ApiToken.objects.exists())

    def test_too_few_workers_are_counted_before_anything_begins(self):
        with bare_worker(self.redis_url):
            code, output = self.run_swarm("--clients", "30", "--simulators", "3")

        self.assertEqual(code, 6, output)
        self.assertIn(
            "3 free workers of the queue `simulators` are needed, and there are 1", output
        )
        self.assertIn("manage.py rqworker-pool simulators --num-workers 2", output)
        self.assertFalse(Broadcast.objects.exists())
        with Redis.from_url(self.redis_url) as connection:
            self.assertEqual(connection.llen("rq:queue:simulators"), 0)

    def test_worker_of_another_version_is_named(self):
        with tempfile.TemporaryDirectory() as folder:
            for package in PACKAGES:
                ignored = shutil.ignore_patterns("static", "__pycache__")
                shutil.copytree(ROOT / package, Path(folder, package), ignore=ignored)
            with Path(folder, "loadtest/swarm/viewer.py").open("a") as module:
                module.write("# as it was last week\n")
            with bare_worker(self.redis_url, Path(folder)):
                code, output = self.run_swarm("--clients", "2", "--simulators", "1")

        self.assertEqual(code, 6, output)
        self.assertIn("its code is another version", output)
        self.assertIn("restart its workers", output)
        self.assertEqual(Broadcast.objects.get().phase, "ended")

    def test_redis_that_does_not_answer_is_named(self):
        self.redis_url = "redis://127.0.0.1:1/0"

        code, output = self.run_swarm("--clients", "2")

        self.assertEqual(code, 6, output)
        self.assertIn("RQ's Redis does not answer", output)


class WithoutRedis(TransactionTestCase):
    def test_missing_setting_is_named(self):
        with swarm("--on", "rq", LOADTEST_REDIS_URL="", REDIS_URL="") as process:
            output, _ = process.communicate(timeout=LIMIT)

        self.assertEqual(process.returncode, 6, output)
        self.assertIn("set LOADTEST_REDIS_URL", output)
