"""The benchmark's tables and goals."""

from unittest import TestCase

from loadtest.benchmark.goals import GOALS, Goal, measured, missed, ratio
from loadtest.benchmark.report import BenchmarkReport, as_markdown
from loadtest.benchmark.results import BenchmarkOptions, PeerResult
from loadtest.benchmark.tables import aligned


def result(name, transport="ws", **figures):
    """Return a peer's result: good figures, except those given."""
    delays = dict.fromkeys(("first", "p50", "p99", "last"), 20.0)
    good = {"cpu": 10.0, "memory": 10.0, "connect": 100.0, "generator": 0.5, **delays}
    return PeerResult(name, name.title(), transport, 5000, 1.0, **(good | figures))


class Goals(TestCase):
    RESULTS = [
        result("serve", cpu=12),
        result("nchan", cpu=10),
        result("stock", cpu=4800),
        result("serve", "poll", cpu=20),
        result("nchan", "poll", cpu=20),
    ]

    def test_figure_is_a_ratio_within_one_transport(self):
        found = {(g.transport, g.figure, g.against): measured(g, self.RESULTS) for g in GOALS}
        self.assertEqual(found["ws", "cpu", "nchan"], 1.2)
        self.assertEqual(found["ws", "cpu", "stock"], 1 / 400)
        self.assertEqual(found["poll", "cpu", "nchan"], 1)
        self.assertEqual(found["ws", "memory", ""], 10)
        self.assertIsNone(found["ws", "cpu", "socketio"])

    def test_goal_without_a_measurement_is_not_missed(self):
        self.assertEqual(missed(self.RESULTS), [Goal("ws", "cpu", 1.15, "nchan")])
        self.assertEqual(missed([]), [])
        self.assertEqual(missed([result("serve"), result("floor", cpu=None)]), [])

    def test_last_viewer_counts_only_if_the_load_generator_had_time(self):
        def last(busy):
            results = [result("serve", last=30.0), result("nchan", last=20.0, generator=busy)]
            return measured(Goal("ws", "last", 1, "nchan"), results)

        self.assertEqual(last(0.5), 1.5)
        self.assertIsNone(last(0.95))

    def test_small_ratio_is_written_as_a_fraction(self):
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
        report = BenchmarkReport(BenchmarkOptions(**options), pinned=True)
        report.results += results
        return report

    def test_goals_are_judged_only_at_full_size(self):
        pair = result("serve"), result("nchan")
        self.assertRegex(
            as_markdown(self.report(*pair)), r"1 × nchan \| +≤ 1\.15 × nchan \| +met \|"
        )
        small = as_markdown(self.report(*pair, viewers=50))
        self.assertIn("not judged", small)
        self.assertIn("5,000 viewers and 5 messages", small)

    def test_busy_generator_invalidates_delays_but_not_cpu(self):
        text = as_markdown(self.report(result("serve", generator=0.95)))
        self.assertIn("INVALID delays", text)
        self.assertIn("(20.0 ms)", text)
        self.assertIn(" 10.0 µs |", text)
        self.assertNotIn("INVALID", as_markdown(self.report(result("serve", generator=0.85))))

    def test_missing_and_failed_servers_are_named(self):
        report = self.report(result("serve", lost={"server: reset": 7}))
        report.left_out["Nchan"] = "nginx is not installed"
        report.failed["ws"] = "does not start"
        report.interrupted = True
        text = as_markdown(report)
        for line in (
            "Left out: Nchan: nginx is not installed.",
            "FAILED: ws: does not start.",
            "7 viewers lost",
            "INTERRUPTED",
        ):
            self.assertIn(line, text)
        self.assertFalse(report.complete)
