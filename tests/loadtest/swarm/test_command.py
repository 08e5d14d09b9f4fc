"""manage.py swarm as a process, against a server that is a process too."""

import json
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from unittest import TestCase

from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import SimpleTestCase, TransactionTestCase

from broadcaster.models import ApiToken, Broadcast, Publication
from loadtest.common.exit_codes import ExitCode
from tests.loadtest.swarm_process import HELD, swarm
from tests.support.server import LIMIT, ROOT, ServeProcess, free_port, wait_for


class BareInterpreter(TestCase):
    def test_simulator_and_publisher_load_without_django(self):
        for module in ("loadtest.swarm.simulator", "loadtest.swarm.publisher"):
            code = f"import sys, {module}; sys.exit('django' in sys.modules)"
            done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, timeout=LIMIT)
            self.assertEqual(done.returncode, 0, module)


class Swarm(TransactionTestCase):
    server: ServeProcess

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = cls.enterClassContext(ServeProcess())

    def run_swarm(self, *arguments):
        with swarm(self.server.url, *arguments, STATE_DIRECTORY=self.server.state.name) as process:
            output, _ = process.communicate(timeout=4 * LIMIT)  # charts on a busy machine
        return process.returncode, output

    def test_run_over_both_transports_reports_all_deliveries(self):
        with tempfile.TemporaryDirectory() as folder:
            code, output = self.run_swarm(
                *("--clients", "41", "--simulators", "2", "--transport", "mix"),
                *("--ramp", "0.5", "--settle", "0.1", "--rounds", "3@0.3,2@0.2"),
                *("--report", folder, "--junit", f"{folder}/junit.xml", "--label", "both"),
                *("--fail-if", "p95>60000", "--fail-if", "every 0.3 s: last<1"),
            )
            self.assertIn(code, HELD, output)
            self.assertIn('testsuite name="both"', Path(folder, "junit.xml").read_text())
            report = json.loads(Path(folder, "report.json").read_text())
            page = Path(folder, "report.html").read_text()
        self.assertEqual(report["verdict"]["valid"], code == ExitCode.PASSED)
        self.assertEqual(report["schema"], "mapcenter.swarm/1")
        self.assertEqual(report["label"], "both")
        self.assertEqual([one["crossed"] for one in report["thresholds"]], [False, False])
        self.assertEqual(report["connections"]["connected"], 41)
        self.assertEqual(report["connections"]["server_count"], {"ws": 21, "poll": 20})
        self.assertEqual(report["deliveries"]["expected"], 41 * 5)
        self.assertEqual(report["deliveries"]["received"], 41 * 5)
        self.assertEqual(report["deliveries"]["converged"], 41)
        self.assertEqual(report["connections"]["farewells"], 41)
        self.assertIn("2 × 20–21", output)
        self.assertGreaterEqual(page.count("<svg"), 5)
        self.assertNotIn("<script", page)
        broadcast = Broadcast.objects.get()
        self.assertEqual((broadcast.phase, broadcast.listed), ("ended", False))
        self.assertEqual(Publication.objects.count(), 1 + 5 + 1)
        self.assertFalse(ApiToken.objects.exists())

    def test_limit_is_sought_with_one_growing_audience(self):
        code, output = self.run_swarm(
            *("--find-limit", "p95>60000", "--from", "10", "--to", "15", "--simulators", "2"),
            *("--ramp", "0.3", "--settle", "0.1", "--rounds", "3@0.2", "--transport", "mix"),
        )
        self.assertIn(code, HELD, output)
        self.assertRegex(output, r"(?m)^ +10 +[\d.]+ ms  (holds|invalid)")
        self.assertNotRegex(output, "missing|another map|fails")
        self.assertEqual(Broadcast.objects.get().phase, "ended")
        if code == ExitCode.PASSED:
            self.assertIn("holds 15, the largest size that was asked for", output)

    def test_polls_reopen_from_many_addresses(self):
        code, output = self.run_swarm(
            *("--clients", "30", "--simulators", "1", "--transport", "poll", "--poll-reopen"),
            *("--ramp", "0", "--settle", "0", "--rounds", "3@0.2", "--source-ip", "127.0.9.0/29"),
        )
        self.assertIn(code, HELD, output)
        self.assertIn("90 of 90, 0 twice", output)

    def test_ctrl_c_gives_a_partial_report_and_ends_the_broadcast(self):
        process = self.start_rounds("--rounds", "1000@0.02")
        wait_for(lambda: Publication.objects.count() > 3, "the first updates")
        process.send_signal(signal.SIGINT)
        output = process.stdout.read()
        self.assertEqual(process.wait(), 130, output)
        self.assertIn("INTERRUPTED, this is part of a run", output)
        self.assertIn("10 of 10 viewers ended with the server's map", output)
        self.assertNotRegex(output, "FAILED|missing|could not be published")
        self.assertEqual(Broadcast.objects.get().phase, "ended")
        self.assertFalse(ApiToken.objects.exists())

    def start_rounds(self, *arguments):
        """Start a swarm, and return its process once it publishes."""
        arguments = ("--clients", "10", "--ramp", "0", "--progress", "plain", *arguments)
        process = self.enterContext(
            swarm(self.server.url, *arguments, STATE_DIRECTORY=self.server.state.name)
        )
        watchdog = threading.Timer(LIMIT, process.kill)
        watchdog.start()
        self.addCleanup(watchdog.cancel)
        next(line for line in process.stdout if line.startswith("phase rounds"))
        return process

    def test_killed_run_is_put_away(self):
        process = self.start_rounds("--rounds", "600@0.1")
        process.kill()
        wait_for(lambda: not ApiToken.objects.exists(), "the token to be deleted")
        self.assertEqual(Broadcast.objects.get().phase, "ended")

    def test_server_that_is_killed_has_failed_by_name(self):
        with ServeProcess() as server:
            arguments = ("--clients", "10", "--ramp", "0", "--progress", "plain", "--rounds")
            with swarm(server.url, *arguments, "30@0.2") as process:
                watchdog = threading.Timer(LIMIT, process.kill)
                watchdog.start()
                next(line for line in process.stdout if line.startswith("phase rounds"))
                server.process.kill()
                output = process.stdout.read()
                watchdog.cancel()
        self.assertEqual(process.returncode, ExitCode.FAILED, output)
        self.assertRegex(output, f"the server's process {server.process.pid} ended")
        self.assertRegex(output, r"\d+ of 30 updates could not be published")
        self.assertRegex(output, r"delivered +[\d,]+ of 300,")
        self.assertEqual(Broadcast.objects.get().phase, "ended")
        self.assertFalse(ApiToken.objects.exists())

    def test_token_from_another_database_is_explained(self):
        code, output = self.run_swarm("--clients", "2", "--token", "nonsense")
        self.assertEqual(code, 6, output)
        self.assertIn("--token", output)


class BadInput(SimpleTestCase):
    """Refused before anything starts: no database, no server, no file."""

    def check(self, words, *arguments):
        with self.assertRaisesRegex(CommandError, words):
            call_command("swarm", *arguments)

    def test_value_that_cannot_be_read_is_explained(self):
        self.check("--clients: '0' is not a number of 1 or more", "--clients", "0")
        self.check("--ramp: 'soon' is not a number of seconds", "--ramp", "soon")
        self.check("--settle: 'nan' is not a number of seconds", "--settle", "nan")
        self.check("--poll-share must be between", "--transport", "mix", "--poll-share", "2")
        self.check("'p96>5': there is no figure p96", "--fail-if", "p96>5")
        self.check("invalid choice", "--transport", "pigeon")
        self.check("--slow: 200% is more than all viewers", "--slow", "200%")

    def test_contradictory_plan_is_explained(self):
        self.check("--simulators must be at most", "--clients", "2", "--simulators", "3")
        self.check("--from must be less than --to", "--find-limit", "p95>1", "--from", "20000")
        self.check("exclude each other", "--find-limit", "p95>1", "--repeat", "2")
        self.check("--poll-share needs --transport mix", "--poll-share", "0.3")
        self.check("--poll-reopen needs viewers that poll", "--poll-reopen")
        self.check("--transport ws has none", "--client-pool", "5")
        self.check(
            "no round publishes every 1 s", "--rounds", "3@2", "--fail-if", "every 1 s: p50>1"
        )

    def test_foreign_report_is_explained_and_leaves_nothing_behind(self):
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "a.json").write_text('{"label": "<script>"}')
            report = Path(folder, "comparison")
            files = (f"{folder}/a.json", f"{folder}/a.json")
            self.check("is not a report", "--compare", *files, "--report", str(report))
            self.assertFalse(report.exists())

    def test_place_that_cannot_be_written_is_refused_before_the_run(self):
        self.check("--report: /dev/null/x cannot be written", "--report", "/dev/null/x")
        self.check("--junit: /dev/null/x cannot be written", "--junit", "/dev/null/x")


class Rejections(TransactionTestCase):
    def check(self, code, words, *arguments):
        with swarm(*arguments) as process:
            output, _ = process.communicate(timeout=LIMIT)
        self.assertEqual(process.returncode, code, output)
        self.assertIn(words, output)

    def test_server_that_does_not_listen_is_explained(self):
        self.check(6, "or start one here: make run", f"http://127.0.0.1:{free_port()}/")

    def test_invalid_options_are_explained(self):
        self.check(2, "is not MESSAGES@SECONDS", "--rounds", "ten")
        self.check(2, "--shape: invalid choice", "--shape", "wave")
