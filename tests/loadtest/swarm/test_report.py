"""The report of a run: text, page and data."""

import json
import re
import tempfile
from array import array
from pathlib import Path
from unittest import TestCase

import msgspec

from loadtest.common.plan import Plan
from loadtest.control.thresholds import check_thresholds, parse_threshold
from loadtest.swarm.report.build import build_report
from loadtest.swarm.report.model import SwarmReport
from loadtest.swarm.report.page import as_html, write
from loadtest.swarm.report.text import as_text
from loadtest.swarm.run import Run
from loadtest.swarm.tally import MessageTally
from loadtest.swarm.verdict import judge
from tests.loadtest.examples import HERE, MS, good_run, sample


class Text(TestCase):
    def test_table_of_2012_comes_first(self):
        run = good_run()
        text = as_text(build_report(run, judge(run)))
        self.assertRegex(text, r"viewers +every 1 s\n1 × 2 +1\.0\n")
        self.assertIn("VALID, and the server passed", text)

    def test_invalid_run_says_nothing_about_the_server(self):
        run = good_run()
        run.swarm_errors.append("simulator 0 ended during the run")
        text = as_text(build_report(run, judge(run)))
        self.assertIn("INVALID: this run proves nothing about the server", text)
        self.assertNotIn("passed", text)

    def test_row_of_delays_is_of_one_distribution(self):
        run = good_run()
        run.tallies[0].messages[3] = MessageTally.fold(
            {"ws": array("q", [0, 900 * MS])}, -100 * MS, 2
        )
        row = build_report(run, judge(run)).rounds[0]
        self.assertEqual((row.first, row.last), (20, 1000))
        self.assertAlmostEqual(row.p99 or 0, 1000, delta=1)
        self.assertAlmostEqual(row.mean_last or 0, (21 + 1000 + 21) / 3)

    def test_unknown_figures_of_the_server_are_not_those_of_its_proxy(self):
        run = good_run()
        run.unknown = "haproxy listens on port 80"
        text = as_text(build_report(run, judge(run)))
        self.assertIn("its CPU, memory and viewers are unknown", text)
        self.assertIn("haproxy listens on port 80", text)

    def test_reconnections_after_a_restart_are_reported(self):
        run = good_run(expect_restart=True)
        run.tallies[0].restart.closed(at=3.0, times=1)
        run.tallies[0].restart.returned(at=8.0, absence=4.0)
        text = as_text(build_report(run, judge(run)))
        self.assertIn("1 of 1 viewer came back, all within 5.0 s", text)

    def test_interrupted_run_is_marked_as_partial(self):
        run = good_run()
        run.interrupted = True
        run.sent.pop()
        text = as_text(build_report(run, judge(run)))
        self.assertIn("INTERRUPTED, this is part of a run", text)

    def test_interrupted_run_that_crossed_a_threshold_has_not_passed(self):
        run = good_run()
        run.interrupted = True
        report = build_report(run, judge(run))
        check_thresholds(report, [parse_threshold("last>20", run.plan.rounds)])
        text = as_text(report)
        self.assertIn("INTERRUPTED, this is part of a run; a threshold was CROSSED", text)
        self.assertNotIn("passed", text)

    def test_run_without_measurements_has_a_report(self):
        run = Run(Plan(HERE), "swarm-x")
        run.interrupted = True
        self.assertIn("INTERRUPTED", as_text(build_report(run, judge(run))))


class Page(TestCase):
    """A good run, and one in which much went wrong."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        run = good_run()
        run.samples = [sample(at) for at in range(3)]
        run.marks = {"counting": 30.0}
        report = build_report(run, judge(run))
        check_thresholds(report, [parse_threshold("last>20", run.plan.rounds)])
        cls.good = as_html(report)

        run = good_run(expect_restart=True)
        run.samples = [sample(at) for at in range(12)]
        run.server_errors.append("update 1 was not published: 500 <b>Server Error</b>")
        run.marks = {"settle": 2.0}
        run.ended = [(5.0, "process 123")]
        tally = run.tallies[0]
        tally.connected = 1
        tally.losses["closed with 4108: too slow"] = 3
        tally.restart.closed(at=3.0, times=1)
        tally.restart.returned(at=8.0, absence=4.0)
        cls.bad_report = build_report(run, judge(run))
        cls.bad = as_html(cls.bad_report)

    def test_page_has_verdict_tiles_thresholds_charts_and_tables_in_this_order(self):
        places = [
            self.good.index(part)
            for part in (
                "<strong>A threshold was CROSSED",
                '<dt>delivered</dt><dd class="figure">100 %</dd><dd>6 of 6 updates</dd>',
                '<th scope="row">last&gt;20</th><td>21.0</td><td>ms</td><td>CROSSED</td>',
                "<svg",
                '<th scope="row">3 updates every 1 s</th><td>1.0</td>',
                '<th scope="row">3</th>',  # the last update
                "<dt>duration</dt><dd>30 s from the first viewer to the count</dd>",
                "<dt>machine</dt>",
            )
        ]
        self.assertEqual(places, sorted(places))
        self.assertEqual(self.good.count("<figure>"), 5)

    def test_figures_that_fall_short_are_marked(self):
        self.assertNotIn('<div class="bad">', self.good)
        self.assertIn('<div class="bad"><dt>connected</dt>', self.bad)

    def test_reasons_of_lost_connections_are_counted(self):
        self.assertIn('<td class="text">closed with 4108: too slow</td><td>3</td>', self.bad)

    def test_charts_over_time_mark_what_happened(self):
        self.assertEqual(
            [(event.at, event.name) for event in self.bad_report.events],
            [(2, "ramp ends"), (3, "restart"), (5, "process 123 ended"), (8, "all back")],
        )
        connections = self.bad[self.bad.index("<figure>") : self.bad.index("</figure>")]
        for event in self.bad_report.events:
            self.assertTrue(f">{event.name}<" in connections, event.name)

    def test_charts_show_values_under_the_pointer(self):
        figure = next(one for one in self.good.split("<figure>") if ">Delay of each" in one)
        columns = re.findall(r'<g class="at"><rect class="hit".*?</text></g></g>', figure)
        shown = [re.findall(r"<tspan[^>]*>(.*?)</tspan>", column) for column in columns]
        self.assertEqual(len(shown), 2 * 3)  # for wide and for narrow screens
        values = ["first: 20", "p50: 20.0", "p95: 21.0", "last: 21"]
        self.assertEqual(shown[1], ["1 s", *values])

    def test_page_needs_no_network(self):
        for reference in ("<script", "<link", "src=", "url(http"):
            self.assertFalse(reference in self.good, reference)

    def test_markup_in_a_message_is_escaped(self):
        self.assertIn("500 &lt;b&gt;Server Error&lt;/b&gt;", self.bad)
        self.assertFalse("<b>" in self.bad)


class Data(TestCase):
    def test_written_report_can_be_read_back(self):
        run = good_run()
        report = build_report(run, judge(run))
        with tempfile.TemporaryDirectory() as folder:
            path = write(report, Path(folder, "new"))
            data = path.with_suffix(".json").read_bytes()
        self.assertEqual(msgspec.json.decode(data, type=SwarmReport), report)
        self.assertEqual(json.loads(data)["deliveries"]["received"], 6)
