"""Limits that would be met in the middle of a run."""

from unittest import TestCase

from loadtest.common.plan import Plan, Target
from loadtest.swarm.preflight import Machine, Refused, check_allowed, problems, source_addresses
from tests.loadtest.common.test_plan import HERE

ROOMY = Machine(files=100_000, ports=28_000, ports_taken=0, server_room=(100_000,))


def plan(**options):
    return Plan(HERE, **{"clients": 10_000, "simulators": 10} | options)


class Limits(TestCase):
    def refused(self, name, plan, **limits):
        machine = Machine(**{key: getattr(ROOMY, key) for key in Machine.__slots__} | limits)
        found = problems(plan, machine)
        self.assertEqual(len(found), 1, found)
        self.assertTrue(found[0].startswith(name), found)

    def test_a_run_that_fits(self):
        self.assertEqual(problems(plan(), ROOMY), [])

    def test_files_of_a_simulator(self):
        self.refused("open files", plan(), files=1063)
        self.assertEqual(problems(plan(), Machine(1064, 28_000, 0)), [])

    def test_files_of_polls_that_reopen(self):
        self.refused("open files", plan(transport="poll", poll_reopen=True), files=2063)

    def test_ports(self):
        self.refused("ports", plan(), ports=10_005, ports_taken=6)
        self.assertEqual(problems(plan(), Machine(2000, 10_005, 5)), [])

    def test_source_addresses_multiply_ports(self):
        two = plan(clients=40_000, simulators=40, source_ips=("127.0.1.1", "127.0.1.2"))
        self.assertEqual(problems(two, ROOMY), [])
        self.refused("ports", plan(clients=40_000, simulators=40))

    def test_files_of_the_server(self):
        self.refused("the server's open files", plan(), server_room=(10_099,))
        self.assertEqual(problems(plan(), Machine(2000, 28_000, 0, (5_100, 5_100))), [])


class Targets(TestCase):
    def test_private_ones_need_no_permission(self):
        for address in ("127.0.0.1", "::1", "10.1.2.3", "192.168.0.7"):
            check_allowed(Target("http://x", "x", address, 80), [])

    def test_public_ones_do(self):
        target = Target("http://map.test", "map.test", "8.8.8.8", 80)
        with self.assertRaisesRegex(Refused, "--allow-host map.test"):
            check_allowed(target, ["other.test"])
        check_allowed(target, ["map.test"])


class SourceAddresses(TestCase):
    def test_blocks_and_single_ones(self):
        self.assertEqual(
            source_addresses(["127.0.1.0/30", "127.0.2.9"]), ("127.0.1.1", "127.0.1.2", "127.0.2.9")
        )

    def test_nonsense_is_refused(self):
        for text in ("localhost", "127.0.0.0/8", "127.0.0.1/33"):
            with self.subTest(text), self.assertRaises(ValueError):
                source_addresses([text])
