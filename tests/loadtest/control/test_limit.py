"""The search for the largest audience that a server holds."""

from unittest import TestCase

from loadtest.common.plan import parse_rounds
from loadtest.control.limit import Search, Step, as_table
from loadtest.control.thresholds import check_thresholds, parse_threshold
from loadtest.swarm.report.build import build_report
from loadtest.swarm.verdict import judge
from tests.loadtest.examples import good_run

THRESHOLD = parse_threshold("last>1000", parse_rounds("3@1"))


def step(size, last=20.0, invalid=False, ended=False):
    """Return a step whose last delivery came after so many ms."""
    run = good_run()
    run.tallies[0].messages[3].last = last
    if invalid:
        run.swarm_errors.append("a simulator used 95% of a core")
    if ended:
        run.ended.append((3.0, "process 123"))
    report = build_report(run, judge(run))
    check_thresholds(report, [THRESHOLD])
    return Step(size, report)


class SearchForTheLimit(TestCase):
    def search(self, limit, smallest=500, largest=20_000):
        """Search against a server that fails beyond `limit`; return sizes and conclusion."""
        search, steps = Search(smallest, largest), []
        while (size := search.next_size(steps)) is not None:
            steps.append(step(size, last=20.0 if size <= limit else 2000.0))
        return [each.size for each in steps], search.conclusion(steps)

    def test_audience_grows_by_half_until_it_fails_then_the_range_is_halved(self):
        sizes, conclusion = self.search(limit=1500)
        self.assertEqual(sizes, [500, 750, 1125, 1688, 1406, 1547])
        self.assertEqual(conclusion, "holds 1,406, fails at 1,547")

    def test_server_that_holds_everything_has_no_limit_here(self):
        sizes, conclusion = self.search(limit=10**6, largest=800)
        self.assertEqual(sizes, [500, 750, 800])
        self.assertEqual(conclusion, "holds 800, the largest size that was asked for")

    def test_server_that_fails_at_the_first_size_is_said_to(self):
        self.assertEqual(self.search(limit=1), ([500], "fails at 500"))

    def test_invalid_step_is_tried_once_more_and_never_a_limit(self):
        search = Search(500, 20_000)
        steps = [step(500), step(750, last=2000.0, invalid=True)]
        self.assertEqual(search.next_size(steps), 750)
        steps.append(step(750, last=2000.0, invalid=True))
        self.assertIsNone(search.next_size(steps))
        conclusion = search.conclusion(steps)
        self.assertRegex(conclusion, "holds 500, not known beyond: at 750 the run was invalid")
        self.assertNotIn("fails", conclusion)

    def test_search_ends_when_the_server_has(self):
        search, steps = Search(500, 20_000), [step(500), step(750, ended=True)]
        self.assertIsNone(search.next_size(steps))
        self.assertEqual(search.conclusion(steps), "holds 500, fails at 750")

    def test_table_has_the_figure_and_outcome_of_each_step(self):
        text = as_table([step(500), step(750, last=2000.0), step(600, invalid=True)], [THRESHOLD])
        self.assertRegex(text, r"(?m)^ +500 +21\.0 ms +holds$")
        self.assertRegex(text, r"(?m)^ +750 +2,000 ms +fails$")
        self.assertRegex(text, r"(?m)^ +600 .* invalid: a simulator used 95% of a core$")
