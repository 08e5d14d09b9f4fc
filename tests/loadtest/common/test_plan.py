"""The plan of a run, from the command line's options."""

from unittest import TestCase

from loadtest.common.plan import Plan, Round, duration, offsets, parse_rounds, spread
from tests.loadtest.examples import HERE


class Distribution(TestCase):
    def test_remainders_are_spread_over_simulators(self):
        self.assertEqual(spread(10, 3), [4, 3, 3])
        self.assertEqual(spread(10_000, 20), [500] * 20)

    def test_distribution_is_named_as_in_2012(self):
        self.assertEqual(Plan(HERE, clients=10_000, simulators=20).distribution, "20 × 500")
        self.assertEqual(Plan(HERE, clients=1000, simulators=3).distribution, "3 × 333–334")

    def test_every_simulator_gets_its_share_of_polls(self):
        plan = Plan(HERE, clients=1001, simulators=4, transport="mix", poll_share=0.29)
        viewers = [list(plan.viewers(number)) for number in range(4)]
        polls = [sum(viewer.transport == "poll" for viewer in one) for one in viewers]
        self.assertEqual(sum(polls), plan.polls)
        self.assertEqual(plan.polls, 290)
        self.assertLessEqual(max(polls) - min(polls), 1)

    def test_arrivals_are_spread_evenly_over_all_simulators(self):
        plan = Plan(HERE, clients=11, simulators=3)
        arrivals = sorted(viewer.arrival for number in range(3) for viewer in plan.viewers(number))
        self.assertEqual(arrivals, [turn / 11 for turn in range(11)])

    def test_source_addresses_take_turns(self):
        plan = Plan(HERE, clients=4, simulators=2, source_ips=("127.0.1.1", "127.0.1.2"))
        used = [viewer.source_ip for number in range(2) for viewer in plan.viewers(number)]
        self.assertEqual(used, ["127.0.1.1", "127.0.1.2"] * 2)


class Rounds(TestCase):
    def test_rounds_of_2012_take_80_seconds(self):
        rounds = parse_rounds("10@5,10@2,10@1")
        self.assertEqual(rounds, (Round(10, 5), Round(10, 2), Round(10, 1)))
        self.assertEqual(duration(rounds), 80)

    def test_last_message_of_a_round_keeps_its_interval(self):
        self.assertEqual(offsets(parse_rounds("2@5,2@1")), [(0, 0), (0, 5), (1, 10), (1, 11)])

    def test_invalid_rounds_are_rejected(self):
        for text in ("", "10", "10@", "@5", "0@5", "10@0", "ten@5", "10@-1", "10@nan", "1@5,"):
            with self.subTest(text), self.assertRaises(ValueError):
                parse_rounds(text)
