"""Checks before a run."""

from dataclasses import replace
from unittest import TestCase

from loadtest.common.plan import Plan
from loadtest.common.plan_options import source_addresses
from loadtest.common.target import Target
from loadtest.swarm.preflight import (
    Limits,
    problems,
)
from loadtest.swarm.reach import PreflightFailed, check_allowed, check_token_stays_here
from tests.loadtest.examples import HERE

HIGH = Limits(files=100_000, ports=28_000, ports_taken=0, room=100_000)


def plan(**options):
    return Plan(HERE, **{"clients": 10_000, "simulators": 10} | options)


class Problems(TestCase):
    def check(self, name, plan, **limits):
        """Check that exactly one limit, `name`, is too low for the plan."""
        found = problems(plan, replace(HIGH, **limits))
        self.assertEqual(len(found), 1, found)
        self.assertTrue(found[0].startswith(name), found)

    def test_run_within_all_limits_can_start(self):
        self.assertEqual(problems(plan(), HIGH), [])

    def test_simulator_needs_a_file_per_viewer(self):
        self.check("open files", plan(), files=1063)
        self.assertEqual(problems(plan(), Limits(1064, 28_000, 0)), [])

    def test_polls_that_reopen_need_two_files_per_viewer(self):
        self.check("open files", plan(transport="poll", poll_reopen=True), files=2063)

    def test_run_needs_a_port_per_viewer(self):
        self.check("ports", plan(), ports=10_005, ports_taken=6)
        self.assertEqual(problems(plan(), Limits(2000, 10_005, 5)), [])

    def test_source_addresses_multiply_ports(self):
        two = plan(clients=40_000, simulators=40, source_ips=("127.0.1.1", "127.0.1.2"))
        self.assertEqual(problems(two, HIGH), [])
        self.check("ports", plan(clients=40_000, simulators=40))

    def test_server_processes_need_a_file_per_viewer(self):
        self.check("the server's open files", plan(), room=9_999)
        self.assertEqual(problems(plan(), Limits(2000, 28_000, 0, 10_000)), [])


class Targets(TestCase):
    def test_private_target_is_allowed(self):
        for address in ("127.0.0.1", "::1", "10.1.2.3", "192.168.0.7"):
            check_allowed(Target("http://x", "x", address, 80), [])

    def test_public_target_must_be_allowed_by_name(self):
        target = Target("http://map.test", "map.test", "8.8.8.8", 80)
        with self.assertRaisesRegex(PreflightFailed, "--allow-host map.test"):
            check_allowed(target, ["other.test"])
        check_allowed(target, ["map.test"])

    def test_local_token_is_sent_to_this_machine_and_to_hosts_of_this_site_only(self):
        elsewhere = Target("http://map.test", "map.test", "203.0.113.7", 80)
        check_token_stays_here(HERE, [])
        check_token_stays_here(elsewhere, ["localhost", "map.test"])
        for allowed_hosts in (["localhost"], ["*"]):
            with self.assertRaisesRegex(PreflightFailed, "give it with --token"):
                check_token_stays_here(elsewhere, allowed_hosts)

    def test_ipv6_host_of_this_site_is_compared_in_brackets(self):
        elsewhere = Target("http://[2001:db8::7]", "2001:db8::7", "2001:db8::7", 80)
        check_token_stays_here(elsewhere, ["[2001:db8::7]"])


class SourceAddresses(TestCase):
    def test_blocks_and_single_addresses_are_expanded(self):
        self.assertEqual(
            source_addresses(["127.0.1.0/30", "127.0.2.9"]), ("127.0.1.1", "127.0.1.2", "127.0.2.9")
        )

    def test_invalid_addresses_are_rejected(self):
        for text in ("localhost", "127.0.0.0/8", "127.0.0.1/33"):
            with self.subTest(text), self.assertRaises(ValueError):
                source_addresses([text])
