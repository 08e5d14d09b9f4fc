"""What a run is to do, from the command line's words."""

from unittest import TestCase

from broadcaster.domain.mapstate import MapState
from broadcaster.domain.parsing import parse_change
from loadtest.common.plan import (
    Plan,
    Round,
    Target,
    changes,
    duration,
    offsets,
    parse_rounds,
    parse_url,
    spread,
)

HERE = Target("http://127.0.0.1:8000", "127.0.0.1", "127.0.0.1", 8000)


class Distribution(TestCase):
    def test_remainders_are_spread_and_none_is_dropped(self):
        self.assertEqual(spread(10, 3), [4, 3, 3])
        self.assertEqual(spread(10_000, 20), [500] * 20)

    def test_is_named_as_in_the_blog(self):
        self.assertEqual(Plan(HERE, clients=10_000, simulators=20).distribution, "20 × 500")
        self.assertEqual(Plan(HERE, clients=1000, simulators=3).distribution, "3 × 333–334")

    def test_every_simulator_has_its_share_of_polls(self):
        plan = Plan(HERE, clients=1001, simulators=4, transport="mix", poll_share=0.29)
        seats = [list(plan.seats(number)) for number in range(4)]
        polls = [sum(seat.transport == "poll" for seat in one) for one in seats]
        self.assertEqual(sum(polls), plan.polls)
        self.assertEqual(plan.polls, 290)
        self.assertLessEqual(max(polls) - min(polls), 1)

    def test_arrivals_are_even_over_all_simulators(self):
        plan = Plan(HERE, clients=11, simulators=3)
        arrivals = sorted(seat.arrival for number in range(3) for seat in plan.seats(number))
        self.assertEqual(arrivals, [turn / 11 for turn in range(11)])

    def test_source_addresses_take_turns(self):
        plan = Plan(HERE, clients=4, simulators=2, source_ips=("127.0.1.1", "127.0.1.2"))
        used = [seat.source_ip for number in range(2) for seat in plan.seats(number)]
        self.assertEqual(used, ["127.0.1.1", "127.0.1.2"] * 2)

    def test_a_plan_survives_the_way_to_a_simulator(self):
        plan = Plan(HERE, rounds=parse_rounds("3@0.5"), source_ips=("127.0.1.1",), ramp=0.0)
        self.assertEqual(Plan.from_dict(plan.to_dict()), plan)


class Rounds(TestCase):
    def test_the_script_of_2012(self):
        rounds = parse_rounds("10@5,10@2,10@1")
        self.assertEqual(rounds, (Round(10, 5), Round(10, 2), Round(10, 1)))
        self.assertEqual(duration(rounds), 80)

    def test_the_last_message_of_a_round_keeps_its_interval(self):
        self.assertEqual(offsets(parse_rounds("2@5,2@1")), [(0, 0), (0, 5), (1, 10), (1, 11)])

    def test_nonsense_is_refused(self):
        for text in ("", "10", "10@", "@5", "0@5", "10@0", "ten@5", "10@-1", "10@nan", "1@5,"):
            with self.subTest(text), self.assertRaises(ValueError):
                parse_rounds(text)


class Messages(TestCase):
    def test_all_may_be_published_however_many(self):
        state = MapState(2020, phase="live")
        for data in changes(300):
            change = parse_change(data)
            self.assertIsNone(state.rejection(change))
            state = state.apply(change)


class Addresses(TestCase):
    def test_of_a_server(self):
        self.assertEqual(parse_url("localhost:81"), ("http://localhost:81", "localhost", 81))
        self.assertEqual(parse_url("https://map.test/"), ("https://map.test", "map.test", 443))

    def test_that_lead_nowhere(self):
        for url in ("", "ftp://map.test/", "http://", "http://map.test:port/"):
            with self.subTest(url), self.assertRaises(ValueError):
                parse_url(url)
