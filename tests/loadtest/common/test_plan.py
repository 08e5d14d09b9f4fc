"""The plan of a run, from the command line's options."""

from collections import Counter
from unittest import TestCase

from loadtest.common.habits import Habits
from loadtest.common.plan import (
    Plan,
    Round,
    contradictions,
    duration,
    offsets,
    parse_rounds,
    parse_seconds,
    spread,
)
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


class HabitsOfViewers(TestCase):
    def test_every_simulator_gets_its_share_of_each_habit(self):
        habits = Habits(asleep=0.1, slow=0.01, fallback=0.2)
        plan = Plan(HERE, clients=1000, simulators=3, transport="mix", habits=habits)
        simulators = [plan.viewers(number) for number in range(3)]
        everybody = [viewer for viewers in simulators for viewer in viewers]
        self.assertEqual(
            Counter(viewer.habit for viewer in everybody),
            {"": 690, "asleep": 100, "slow": 10, "fallback": 200},
        )
        self.assertEqual(plan.readers, 990)
        for viewers in simulators:
            self.assertAlmostEqual(sum(v.habit == "asleep" for v in viewers), 33, delta=1)

    def test_slow_viewers_and_those_who_fall_back_start_on_a_websocket(self):
        habits = Habits(slow=0.5, fallback=0.5)
        plan = Plan(HERE, clients=10, transport="mix", habits=habits)
        self.assertEqual({viewer.transport for viewer in plan.viewers(0)}, {"ws"})

    def test_plan_is_the_same_in_every_process(self):
        plan = Plan(HERE, clients=100, shape="steady", habits=Habits(asleep=0.5))
        self.assertEqual(plan.viewers(0), plan.viewers(0))

    def test_browser_keeps_six_connections_besides_its_websocket(self):
        plan = Plan(HERE, clients=100, page=True)
        self.assertEqual((plan.connections(100), plan.page_connections(100)), (100, 600))


class Contradictions(TestCase):
    def check(self, words, **options):
        found = contradictions(Plan(HERE, **options))
        self.assertEqual(len(found), 1, found)
        self.assertIn(words, found[0])

    def test_sound_plans_have_none(self):
        for options in (
            {},
            {"habits": Habits(churn=0.05, asleep=0.1, slow=0.01, fallback=0.1)},
            {"transport": "poll", "client_pool": 5},
            {"shape": "spike", "ramp": 60.0},
        ):
            with self.subTest(options):
                self.assertEqual(contradictions(Plan(HERE, **options)), [])

    def test_habits_of_more_than_all_viewers(self):
        self.check("more than all viewers", habits=Habits(slow=0.5, asleep=0.6))

    def test_polls_have_no_websocket_to_fall_back_from_or_to_leave_unread(self):
        self.check("--fallback needs", transport="poll", habits=Habits(fallback=0.1))
        self.check("--slow needs", transport="poll", habits=Habits(slow=0.1))

    def test_pool_needs_polls_that_can_share_it(self):
        self.check("--transport ws has none", client_pool=5)
        self.check("at least 1", client_pool=0, transport="poll")
        self.check("--poll-reopen", client_pool=5, transport="poll", poll_reopen=True)
        self.check("--asleep", client_pool=5, transport="poll", habits=Habits(asleep=0.1))

    def test_shape_needs_time(self):
        self.check("--shape steps needs time", shape="steps", ramp=0.0)


class Rounds(TestCase):
    def test_times_are_seconds_up_to_an_hour(self):
        self.assertEqual(parse_seconds("--ramp", "1.5"), 1.5)
        for text in ("soon", "-1", "nan", "inf", "3601", ""):
            with self.subTest(text), self.assertRaisesRegex(ValueError, "--ramp: .* seconds"):
                parse_seconds("--ramp", text)

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
