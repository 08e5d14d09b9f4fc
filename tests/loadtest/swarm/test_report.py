"""The report of a run: text, page and data."""

import json
import tempfile
from array import array
from pathlib import Path
from unittest import TestCase

import msgspec

from loadtest.common.plan import Plan
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
        self.assertIn("1 of 1 viewers came back, all within 5.0 s", text)

    def test_interrupted_run_is_marked_as_partial(self):
        run = good_run()
        run.interrupted = True
        run.sent.pop()
        text = as_text(build_report(run, judge(run)))
        self.assertIn("INTERRUPTED, this is part of a run", text)

    def test_run_without_measurements_has_a_report(self):
        run = Run(Plan(HERE), "swarm-x")
        run.interrupted = True
        self.assertIn("INTERRUPTED", as_text(build_report(run, judge(run))))


class Page(TestCase):
    def test_page_has_the_text_the_charts_and_a_row_per_update(self):
        run = good_run()
        run.samples = [sample(at) for at in range(3)]
        page = as_html(build_report(run, judge(run)))
        self.assertIn("VALID, and the server passed", page)
        self.assertEqual(page.count("<svg"), 5)
        self.assertEqual(page.count("<tr>"), 1 + 3)
        self.assertIn("<td>1.0</td>", page)

    def test_page_needs_no_network(self):
        run = good_run()
        page = as_html(build_report(run, judge(run)))
        for reference in ("<script", "<link", "src=", "url(http"):
            self.assertNotIn(reference, page)

    def test_markup_in_a_message_is_escaped(self):
        run = good_run()
        run.server_errors.append("update 1 was not published: 500 <b>Server Error</b>")
        page = as_html(build_report(run, judge(run)))
        self.assertIn("500 &lt;b&gt;Server Error&lt;/b&gt;", page)
        self.assertNotIn("<b>", page)


class Data(TestCase):
    def test_written_report_can_be_read_back(self):
        run = good_run()
        report = build_report(run, judge(run))
        with tempfile.TemporaryDirectory() as folder:
            path = write(report, Path(folder, "new"))
            data = path.with_suffix(".json").read_bytes()
        self.assertEqual(msgspec.json.decode(data, type=SwarmReport), report)
        self.assertEqual(json.loads(data)["deliveries"]["received"], 6)
