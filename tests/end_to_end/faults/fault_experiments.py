"""An experiment with real servers and real runs."""

from unittest import TestCase

from loadtest.experiments.hypotheses import Expectation
from loadtest.experiments.matrix import examine
from loadtest.experiments.servers import Servers
from loadtest.experiments.story import LOST, Hypothesis, Variant

OPTIONS = ("--clients", "20", "--rounds", "2@0.5", "--ramp", "0.5", "--drain", "5")


class Experiments(TestCase):
    def test_each_variant_runs_on_servers_of_its_own(self):
        from_many = (*OPTIONS, "--source-ip", "127.0.1.0/28")
        past_limits = (*OPTIONS, "--past-limits", "--clients", "30")
        hypothesis = Hypothesis(
            "connections",
            "A server whose files are used up takes no more viewers.",
            Expectation.HIGHER,
            (
                Variant("2 servers with Redis", from_many, LOST, Servers(hosts=2, redis=True)),
                Variant("1 server with few files", past_limits, LOST, Servers(files=125)),
            ),
        )
        lines = []

        finding = examine(hypothesis, 1, lines.append)

        (spread_out,), (crowded,) = finding.figures
        self.assertEqual(spread_out, 0, lines)
        self.assertGreater(crowded, 0, lines)
        self.assertEqual(finding.problems, [])
