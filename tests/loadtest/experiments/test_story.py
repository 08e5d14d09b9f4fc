"""The findings of 2012: what is read of a report, and a finding that is tried for real."""

import json
import tempfile
from pathlib import Path
from unittest import TestCase

from loadtest.control.matrix_run import read_outcome
from loadtest.experiments.hypotheses import Expectation, Outcome
from loadtest.experiments.matrix import Finding
from loadtest.experiments.page import write
from loadtest.experiments.story import KEYS, story
from loadtest.models import unpack


def report(**figures):
    """Return the part of a report that measures read."""
    return {
        "verdict": {"invalid": figures.get("invalid", [])},
        "rounds": [{"mean_relative_delay": delay} for delay in figures.get("delays", (1, 2, 3))],
        "connections": {
            "requested": 100,
            "connected": figures.get("connected", 100),
            "first_frame": {"p99": 7.0},
        },
        "server": {"cpu_per_delivery": figures.get("cpu", 20.0)},
        "timeline": [
            {"at": at, "phase": "settle", "server_cpu": {"7": cpu}}
            for at, cpu in enumerate(figures.get("idle", (0.1, 0.3)))
        ],
    }


def hypothesis(key):
    return next(each for each in story(0.2) if each.key == key)


class Story(TestCase):
    def test_findings_have_their_keys_in_order(self):
        self.assertEqual(tuple(each.key for each in story(0.2)), KEYS)

    def test_measures_are_read_from_a_report(self):
        figures = {
            each.key: [variant.measure.read(report(connected=75)) for variant in each.variants]
            for each in story(0.2)
        }
        self.assertEqual(figures["frequency"], [1, 2, 3])
        self.assertEqual(figures["distribution"], [2, 2])
        self.assertEqual(figures["failure"], [25, 25])
        self.assertEqual([round(each) for each in figures["hearts"]], [100, 100])
        self.assertEqual(figures["pool"], [7, 7])
        self.assertEqual(figures["tuning"], [20, 20])

    def test_audiences_scale(self):
        clients = {
            variant.options[variant.options.index("--clients") + 1]
            for each in story(0.3)
            for variant in each.variants
        }
        self.assertEqual(clients, {"3000", "6000", "60"})


class Findings(TestCase):
    def finding(self, key, *runs):
        found = Finding(hypothesis(key))
        for index, each in runs:
            found.add(index, each)
        return found

    def test_three_repeats_apart_reproduce_a_finding(self):
        runs = [(index, report(cpu=cpu + 30 * index)) for index in (0, 2) for cpu in (20, 21, 22)]
        finding = self.finding("polling", *runs)

        self.assertEqual(finding.hypothesis.expected, Expectation.HIGHER)
        self.assertEqual(finding.outcome, Outcome.REPRODUCED)
        self.assertEqual(
            finding.reason, "21 µs (20 to 22) against 81 µs (80 to 82), a ratio of 3.86."
        )

    def test_invalid_runs_do_not_count(self):
        late = report(invalid=["updates were sent late"])
        runs = [(index, late) for index in (0, 1, 2) for _ in range(3)]
        finding = self.finding("frequency", *runs)

        self.assertEqual(finding.outcome, Outcome.INCONCLUSIVE)
        self.assertIn("updates were sent late", finding.reason)

    def test_server_cpu_counts_in_runs_with_late_simulators(self):
        late = report(cpu=20, invalid=["the simulators' event loops were late"])
        runs = [(index, late) for index in (0, 1) for _ in range(3)]

        self.assertEqual(self.finding("tuning", *runs).outcome, Outcome.REPRODUCED)

    def test_failed_connections_count_even_in_an_invalid_run(self):
        runs = [(0, report(invalid=["late"])) for _ in range(3)]
        runs += [(1, report(connected=70, invalid=["late"])) for _ in range(3)]

        self.assertEqual(self.finding("failure", *runs).outcome, Outcome.REPRODUCED)

    def test_page_has_a_row_and_a_picture_for_each_finding(self):
        runs = [(index, report(cpu=20)) for index in (0, 1) for _ in range(3)]
        with tempfile.TemporaryDirectory() as folder:
            path = write([self.finding("tuning", *runs)], Path(folder))
            text = path.read_text()
            data = json.loads(Path(folder, "findings.json").read_text())
            names = {each.name for each in Path(folder).iterdir()}
            page = unpack(read_outcome(0, [], Path(folder))["page"]).decode()

        self.assertIn("untuned / tuned | server CPU per delivery: 20 / 20 µs | reproduced", text)
        self.assertEqual([each["outcome"] for each in data], ["reproduced"])
        self.assertEqual(names, {"findings.md", "findings.json", "tuning.svg", "tuning-time.svg"})
        self.assertEqual(page.count("<svg"), 2)  # the control center shows both pictures
