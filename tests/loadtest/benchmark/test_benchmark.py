"""manage.py benchmark: what its viewers say, what its tables tell, and small real runs."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from unittest import TestCase, skipUnless

from django.core.management import CommandError, call_command

from loadtest.benchmark.goals import GOALS, Goal, measured, missed, ratio
from loadtest.benchmark.measure import Heard, Options, Result, quantile, summary
from loadtest.benchmark.report import Report, aligned, words
from loadtest.benchmark.wire import answer, packets, poll_after, poll_after_head
from tests.support.server import LIMIT, ROOT

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 3"


def result(name, transport="ws", **figures):
    """A peer's figures, all of them good unless told."""
    delays = dict.fromkeys(("first", "p50", "p99", "last"), 20.0)
    good = {"cpu": 10.0, "memory": 10.0, "connect": 100.0, "generator": 0.5, **delays}
    return Result(name, name.title(), transport, 5000, 1.0, **(good | figures))


class Viewers(TestCase):
    def test_packets_of_one_poll(self):
        self.assertEqual(
            packets(b'42["message","x"]\x1e2\x1e40{"sid":"a"}'),
            [(b"42", b'["message","x"]'), (b"2", b""), (b"40", b'{"sid":"a"}')],
        )
        self.assertEqual(packets(b'0{"sid":"a"}'), [(b"0", b'{"sid":"a"}')])

    def test_answers_however_they_are_cut(self):
        whole = HEAD + b"\r\n\r\nabcHTTP/1.1"
        self.assertEqual(answer(whole), (200, HEAD, b"abc", b"HTTP/1.1"))
        for size in range(len(HEAD) + 7):
            self.assertIsNone(answer(whole[:size]), size)
        with self.assertRaises(ValueError):
            answer(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")

    def test_our_next_poll_has_the_position(self):
        body = b'{"t":"heartbeat","epoch":"abc","seq":43}'
        self.assertTrue(poll_after(body, "/x", "h").startswith(b"GET /x?since=abc:43 HTTP/1.1\r\n"))

    def test_nchans_next_poll_has_the_message_id(self):
        head = HEAD + b"\r\nLast-Modified: Tue, 03 Nov 2020 23:00:00 GMT\r\nEtag: 7"
        sent = poll_after_head(head, "/x", "h")
        self.assertIn(b"\r\nIf-Modified-Since: Tue, 03 Nov 2020 23:00:00 GMT\r\n", sent)
        self.assertIn(b"\r\nIf-None-Match: 7\r\n", sent)
        with self.assertRaises(ValueError):
            poll_after_head(HEAD, "/x", "h")


class Figures(TestCase):
    def test_a_delivery_that_is_missing_was_infinitely_late(self):
        delays = [float(delay) for delay in range(1, 100)]
        self.assertEqual(quantile(delays, 0, 100), 1)
        self.assertEqual(quantile(delays, 0.5, 100), 50)
        self.assertEqual(quantile(delays, 0.99, 100), 99)
        self.assertIsNone(quantile(delays, 1, 100))
        self.assertIsNone(quantile([], 0, 100))

    def test_medians_over_messages(self):
        heard = [Heard([1.0, 2.0], cpu, 0.5) for cpu in (2e-6, 4e-6, 80e-6)]
        found = summary([*heard[:2], Heard([1.0], 40e-6, 0.9)], 2)
        self.assertAlmostEqual(found["cpu"], 2)
        self.assertEqual((found["first"], found["last"]), (1, 2))
        self.assertAlmostEqual(found["delivered"], 5 / 6)
        self.assertIsNone(summary([Heard([], 1.0, 0.5)], 2)["cpu"])


class Goals(TestCase):
    RESULTS = [
        result("serve", cpu=12),
        result("nchan", cpu=10),
        result("stock", cpu=4800),
        result("serve", "poll", cpu=20),
        result("nchan", "poll", cpu=20),
    ]

    def test_ratios_within_one_transport(self):
        found = {(g.transport, g.figure, g.against): measured(g, self.RESULTS) for g in GOALS}
        self.assertEqual(found["ws", "cpu", "nchan"], 1.2)
        self.assertEqual(found["ws", "cpu", "stock"], 1 / 400)
        self.assertEqual(found["poll", "cpu", "nchan"], 1)
        self.assertEqual(found["ws", "memory", ""], 10)
        self.assertIsNone(found["ws", "cpu", "socketio"])

    def test_only_what_was_measured_can_be_missed(self):
        self.assertEqual(missed(self.RESULTS), [Goal("ws", "cpu", 1.1, "nchan")])
        self.assertEqual(missed([]), [])
        self.assertEqual(missed([result("serve"), result("floor", cpu=None)]), [])

    def test_ratios_are_written_as_people_say_them(self):
        self.assertEqual(
            [ratio(v) for v in (1.1, 0.345, 1 / 212, 14)], ["1.1", "0.345", "1/212", "14"]
        )


class Tables(TestCase):
    def test_columns_are_aligned(self):
        self.assertEqual(
            aligned(["name", "n"], [["a", "10"], ["bcdefg", "9"]]).splitlines(),
            ["| name   |  n |", "|--------|---:|", "| a      | 10 |", "| bcdefg |  9 |"],
        )

    def report(self, *results, **options):
        report = Report(Options(**options), pinned=True)
        report.results += results
        return report

    def test_goals_are_judged_at_full_size(self):
        pair = result("serve"), result("nchan")
        self.assertRegex(words(self.report(*pair)), r"1 × nchan \| +≤ 1\.1 × nchan \| +met \|")
        small = words(self.report(*pair, viewers=50))
        self.assertIn("not judged", small)
        self.assertIn("5,000 viewers and 5 messages", small)

    def test_delays_of_a_busy_generator_are_invalid_and_the_cpu_is_not(self):
        text = words(self.report(result("serve", generator=0.95)))
        self.assertIn("INVALID delays", text)
        self.assertIn("(20.0 ms)", text)
        self.assertIn(" 10.0 µs |", text)
        self.assertNotIn("INVALID", words(self.report(result("serve", generator=0.85))))

    def test_what_is_missing_or_failed_is_named(self):
        report = self.report(result("serve", lost={"server: reset": 7}))
        report.left_out["Nchan"] = "nginx is not installed"
        report.failed["ws"] = "does not start"
        report.interrupted = True
        text = words(report)
        for line in (
            "Left out: Nchan: nginx is not installed.",
            "FAILED: ws: does not start.",
            "7 viewers lost",
            "INTERRUPTED",
        ):
            self.assertIn(line, text)
        self.assertFalse(report.complete)


def benchmark(*arguments):
    """Run `manage.py benchmark` with 50 viewers; its status, its output and its report."""
    with tempfile.TemporaryDirectory() as folder:
        size = ("--viewers", "50", "--messages", "2", "--interval", "0", "--report", folder)
        done = subprocess.run(
            [sys.executable, "manage.py", "benchmark", *size, *arguments],
            cwd=ROOT,
            env=os.environ | {"STATE_DIRECTORY": folder},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=2 * LIMIT,
        )
        written = {
            path.name: path.read_text() for path in Path(folder).glob("*.*") if path.is_file()
        }
    report = json.loads(written.get("report.json", "{}"))
    return done.returncode, done.stdout, report, written


class Runs(TestCase):
    """Each server is a real one; delays and CPU of 50 viewers say nothing."""

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

    def test_ours_and_the_stock_stack(self):
        expected = {("serve", "ws"), ("serve", "poll"), ("stock", "ws")}
        output, written = self.check(expected, "--only", "serve", "--only", "stock")
        self.assertRegex(output, r"WebSocket, CPU per delivery +\| +\S+ × stock \| ≤ 1/40 × stock")
        self.assertIn("(poll-cpu.svg)", written["report.md"])
        self.assertEqual(len([name for name in written if name.endswith(".svg")]), 8)

    @skipUnless(shutil.which("gcc"), "gcc is not installed")
    def test_floor(self):
        self.check({("floor", "ws")}, "--only", "floor")

    @skipUnless(Path("/usr/lib/nginx/modules/ngx_nchan_module.so").exists(), "no nginx with Nchan")
    def test_nchan(self):
        self.check({("nchan", "ws"), ("nchan", "poll")}, "--only", "nchan")

    @skipUnless(shutil.which("npm"), "npm is not installed")
    def test_node(self):
        expected = {("socketio", "ws"), ("socketio", "poll"), ("ws", "ws")}
        self.check(expected, "--only", "socketio", "--only", "ws")

    def test_a_server_that_is_not_there_is_named_and_left_out(self):
        path = os.environ["PATH"]
        os.environ["PATH"] = tempfile.gettempdir()
        self.addCleanup(os.environ.update, PATH=path)
        code, output, report, _ = benchmark("--only", "floor")
        self.assertEqual((code, report["results"]), (0, []), output)
        self.assertIn("Left out: bare send(), C, WebSocket: gcc is not installed.", output)

    def test_options_that_make_no_sense(self):
        for code, remedy, option, value in (
            (2, "at least 1", "--viewers", "0"),
            (2, "at least 1", "--messages", "0"),
            (6, "ulimit -Hn", "--viewers", "100000000"),
        ):
            with self.assertRaisesRegex(CommandError, remedy) as caught:
                call_command("benchmark", option, value)
            self.assertEqual(caught.exception.returncode, code)
