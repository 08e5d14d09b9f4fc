"""A load test on RQ workers, of which one or another part is killed in the middle."""

import json
import os
import re
import signal
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path

import psutil
from django.test import TransactionTestCase
from redis import Redis
from rq import Queue

from broadcaster.models import Broadcast
from tests.loadtest.swarm.test_command import HELD, swarm
from tests.support.rq_workers import bare_worker, kill_tree, pool, simulators
from tests.support.server import LIMIT, ServeProcess, redis, wait_for

HANG_UP = 15  # seconds within which simulators disconnect without a director
ROUNDS = ("--clients", "20", "--rounds", "60@0.5")


class ManyMachines(TransactionTestCase):
    server: ServeProcess

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = cls.enterClassContext(ServeProcess())

    @contextmanager
    def run_until(self, line, redis_url, *arguments):
        """Start a run, and yield its process and the lines so far when one has begun with `line`.

        Another thread reads the rest.
        """
        arguments = ("--on", "rq", "--ramp", "0.5", "--progress", "plain", *arguments)
        with swarm(
            self.server.url,
            *arguments,
            STATE_DIRECTORY=self.server.state.name,
            LOADTEST_REDIS_URL=redis_url,
        ) as process:
            watchdog = threading.Timer(4 * LIMIT, process.kill)
            watchdog.start()
            lines = []
            for text in process.stdout:
                lines.append(text)
                if text.startswith(line):
                    break
            reader = threading.Thread(target=lambda: lines.extend(process.stdout))
            reader.start()
            try:
                yield process, lines
            finally:
                process.wait()
                reader.join()
                watchdog.cancel()

    def test_one_lost_worker_of_ten_is_a_warning_and_its_evidence_counts(self):
        with (
            redis() as url,
            pool(url, 9),
            bare_worker(url) as worker,
            tempfile.TemporaryDirectory() as folder,
        ):
            arguments = (*ROUNDS, "--simulators", "10", "--report", folder)
            with self.run_until("phase rounds", url, *arguments) as (process, lines):
                wait_for(lambda: re.search("message [1-3][0-9] ", "".join(lines)), "message 10")
                kill_tree(worker)
            output = "".join(lines)
            self.assertIn(process.returncode, HELD, output)
            report = json.loads(Path(folder, "report.json").read_text())
        self.assertRegex(output, r"note: simulator \d on .* was lost .*, with 2 viewers")
        self.assertIn("it was silent for 5 s", output)
        deliveries, connections = report["deliveries"], report["connections"]
        self.assertEqual(deliveries["missing"], 0)
        self.assertGreater(deliveries["expected"], 18 * 60)  # and what the lost two received
        self.assertLess(deliveries["expected"], 20 * 60)
        self.assertEqual((connections["connected"], deliveries["converged"]), (20, 18))

    def test_many_lost_viewers_make_the_run_invalid(self):
        with (
            redis() as url,
            pool(url, 1),
            bare_worker(url) as worker,
            self.run_until("phase rounds", url, *ROUNDS) as (process, lines),
        ):
            wait_for(lambda: any("message" in line for line in lines), "a message")
            kill_tree(worker)
        output = "".join(lines)
        self.assertEqual(process.returncode, 5, output)
        self.assertIn("invalid: 50% of the viewers were lost with their simulators", output)

    def test_without_a_director_simulators_disconnect_and_their_jobs_fail(self):
        with redis() as url, pool(url, 2) as workers:
            with self.run_until("phase rounds", url, *ROUNDS) as (process, _):
                self.assertEqual(len(simulators(workers)), 2)
                kill_tree(psutil.Process(process.pid))
                wait_for(lambda: not simulators(workers), "simulators to end", limit=HANG_UP)
            with Redis.from_url(url) as connection:
                registry = Queue("simulators", connection=connection).failed_job_registry
                wait_for(lambda: len(registry) == 2, "both jobs to fail")
                for job_id in registry.get_job_ids():
                    job = Queue("simulators", connection=connection).fetch_job(job_id)
                    self.assertIn("the director was silent", job.latest_result().exc_string)

    def test_redis_that_is_gone_makes_the_run_invalid_and_ends_it(self):
        with (
            redis() as url,
            pool(url, 2) as workers,
            self.run_until("phase rounds", url, *ROUNDS) as (process, lines),
        ):
            with Redis.from_url(url) as connection:
                os.kill(connection.info()["process_id"], signal.SIGKILL)
            wait_for(lambda: not simulators(workers), "simulators to end", limit=HANG_UP)
        output = "".join(lines)
        self.assertEqual(process.returncode, 5, output)
        self.assertIn("Redis does not answer", output)
        self.assertIn("100% of the viewers were lost", output)
        self.assertEqual(Broadcast.objects.get().phase, "ended")
