"""Thresholds: how they are written, and what they say of a run."""

from unittest import TestCase
from xml.etree import ElementTree

from loadtest.common.exit_codes import ExitCode
from loadtest.common.plan import parse_rounds
from loadtest.control.junit import as_junit
from loadtest.control.thresholds import check_thresholds, parse_threshold
from loadtest.swarm.report.build import build_report
from loadtest.swarm.report.text import as_text
from loadtest.swarm.verdict import judge
from tests.loadtest.examples import good_run

ROUNDS = parse_rounds("3@1")


def report_of(run, *texts):
    """Return the report of a run with these thresholds."""
    report = build_report(run, judge(run))
    check_thresholds(report, [parse_threshold(text, ROUNDS) for text in texts])
    return report


class ThresholdTexts(TestCase):
    def test_threshold_is_read_with_scope_operator_and_unit(self):
        for text, expected in (
            ("p95>500", "p95>500"),
            (" p95 > 500 ms ", "p95>500"),
            ("every 1 s: last>=1000", "every 1 s: last>=1000"),
            ("every 1s:first<0.5", "every 1 s: first<0.5"),
            ("cpu>30µs", "cpu>30"),
        ):
            self.assertEqual(str(parse_threshold(text, ROUNDS)), expected)

    def test_wrong_threshold_is_explained(self):
        for text, words in (
            ("", "is not a threshold, such as"),
            ("p95", "is not a threshold, such as"),
            ("p95>fast", "is not a threshold, such as"),
            ("p95>5; rm", "is not a threshold"),
            ("p96>5", "there is no figure p96. Use one of: first, p50, p95"),
            ("p95>5 s", "p95 is measured in ms"),
            ("every 3 s: last>5", "no round publishes every 3 s; the rounds are 3@1"),
            ("every 1 s: cpu>5", "cpu is measured over the whole run, not by round"),
        ):
            with self.subTest(text), self.assertRaisesRegex(ValueError, words):
                parse_threshold(text, ROUNDS)


class Outcomes(TestCase):
    def check(self, run, code, *texts):
        report = report_of(run, *texts)
        self.assertEqual(report.verdict.exit_code, code)
        return report

    def test_run_within_its_thresholds_passes(self):
        report = self.check(good_run(), ExitCode.PASSED, "p95>500", "every 1 s: last>1000")
        self.assertEqual([one.crossed for one in report.thresholds], [False, False])
        self.assertRegex(as_text(report), r"p95>500 +21\.0 ms +held")

    def test_threshold_that_is_crossed_has_an_exit_code(self):
        report = self.check(good_run(), ExitCode.GOAL_MISSED, "last>20.5", "p95>500")
        self.assertEqual([one.crossed for one in report.thresholds], [True, False])
        self.assertIn("a threshold was CROSSED", as_text(report))

    def test_failure_outranks_a_threshold_which_outranks_an_invalid_run(self):
        run = good_run()
        run.swarm_errors.append("simulator 0 ended during the run")
        self.check(run, ExitCode.GOAL_MISSED, "last>1")
        run.server_errors.append("the broadcast could not be ended")
        self.check(run, ExitCode.FAILED, "last>1")

    def test_delay_crosses_every_limit_if_deliveries_are_missing(self):
        run = good_run()
        run.tallies[0].messages[3].expected += 100
        report = report_of(run, "every 1 s: p95>100000")
        self.assertTrue(report.thresholds[0].crossed)

    def test_figure_that_was_not_measured_makes_the_run_invalid(self):
        report = self.check(good_run(), ExitCode.INVALID, "cpu>30")
        self.assertIn("threshold cpu>30: this figure was not measured", report.verdict.invalid)


class JUnit(TestCase):
    def test_outcome_is_a_suite_that_ci_systems_show(self):
        run = good_run()
        run.server_errors.append("500 \x1b[2J <b>")
        text = as_junit([report_of(run, "last>20.5", "p95>500")])
        suite = ElementTree.fromstring(text).find("testsuite")
        counts = {name: suite.get(name) for name in ("tests", "failures", "errors")}
        self.assertEqual(counts, {"tests": "4", "failures": "2", "errors": "0"})
        failed = [case.get("name") for case in suite if case.find("failure") is not None]
        self.assertEqual(failed, ["the server held", "last>20.5"])

    def test_each_repeat_is_a_suite(self):
        suites = ElementTree.fromstring(as_junit([report_of(good_run())] * 2))
        self.assertEqual([suite.get("name") for suite in suites], ["swarm 1", "swarm 2"])
