"""Which runs are valid, and what they say about the server."""

from unittest import TestCase

from loadtest.common.exit_codes import ExitCode
from loadtest.swarm.analysis import overlaps, stalls
from loadtest.swarm.messages import SentUpdate
from loadtest.swarm.verdict import judge
from tests.loadtest.examples import MS, good_run, sample


class Verdicts(TestCase):
    def check(self, run, code, *patterns):
        verdict = judge(run)
        found = "\n".join([*verdict.invalid, *verdict.failures, *verdict.warnings])
        self.assertEqual(verdict.exit_code, code, found)
        for pattern in patterns:
            self.assertRegex(found, pattern)
        return verdict

    def test_good_run_passes(self):
        verdict = self.check(good_run(), ExitCode.PASSED)
        self.assertEqual(verdict.warnings, [])

    def test_missing_delivery_is_the_servers_failure(self):
        run = good_run()
        run.tallies[0].messages[3].expected += 1
        self.check(run, ExitCode.FAILED, "^1 of 7 deliveries are missing")

    def test_viewer_with_another_map_is_the_servers_failure(self):
        run = good_run()
        run.tallies[0].converged = 1
        self.check(run, ExitCode.FAILED, "1 viewers ended with another map")

    def test_duplicate_or_disordered_delivery_is_the_servers_failure(self):
        for event in ("seen", "gap", "behind", "diverged", "garbage"):
            run = good_run()
            run.tallies[0].events[event] = 1
            self.check(run, ExitCode.FAILED)

    def test_unpublished_update_is_the_servers_failure(self):
        run = good_run()
        run.server_errors.append("update 1 was not published: 500")
        self.check(run, ExitCode.FAILED, "not published")

    def test_viewer_refused_by_the_server_is_the_servers_failure(self):
        run = good_run()
        run.tallies[0].connected = run.tallies[0].converged = 1
        run.tallies[0].unconnected["server: refused"] = 1
        self.check(run, ExitCode.FAILED, r"1 viewers never connected \(server: refused\)")

    def test_viewer_without_a_file_in_the_swarm_makes_the_run_invalid(self):
        run = good_run()
        run.tallies[0].connected = run.tallies[0].converged = 1
        run.tallies[0].unconnected["client: EMFILE"] = 1
        self.check(run, ExitCode.INVALID, "EMFILE")

    def test_lost_connection_is_the_servers_failure(self):
        run = good_run()
        run.tallies[0].losses["server: closed with 4108"] = 1
        self.check(run, ExitCode.FAILED, "1 connections were lost: 1 server: closed with 4108")

    def test_busy_simulator_makes_a_failed_run_invalid(self):
        run = good_run()
        run.tallies[0].converged = 0
        run.samples = [sample(at, cpu=0.95) for at in range(12)]
        self.check(run, ExitCode.INVALID, "95% of a core")

    def test_simulator_that_is_busy_for_a_second_is_ignored(self):
        run = good_run()
        run.samples = [sample(at, cpu=float(at == 5)) for at in range(12)]
        self.check(run, ExitCode.PASSED)

    def test_rather_busy_simulator_is_a_warning(self):
        run = good_run()
        run.samples = [sample(at, cpu=0.85) for at in range(12)]
        self.check(run, ExitCode.PASSED, "85% of a core")

    def test_late_event_loop_makes_the_run_invalid(self):
        run = good_run()
        run.tallies[0].lag.record_value(30_000, 5)
        self.check(run, ExitCode.INVALID, "event loops were late: p99 30.0 ms")

    def test_event_loop_that_is_late_beside_the_delays_is_a_warning(self):
        run = good_run()
        run.tallies[0].lag.record_value(8_000, 5)
        self.check(run, ExitCode.PASSED, "40% of the median delay")

    def test_late_publisher_makes_the_run_invalid(self):
        run = good_run()
        run.sent[0] = SentUpdate(0, 0, 6 * MS, 9 * MS, 201, 2)
        self.check(run, ExitCode.INVALID, "sent late: p99 6.0 ms")

    def test_simulator_that_ended_makes_the_run_invalid(self):
        run = good_run()
        run.swarm_errors.append("simulator 0 ended during the run")
        self.check(run, ExitCode.INVALID, "simulator 0")

    def test_interrupted_run_has_its_own_exit_code(self):
        run = good_run()
        run.interrupted = True
        self.check(run, ExitCode.INTERRUPTED)

    def test_coinciding_heartbeats_after_a_ramp_are_a_warning(self):
        run = good_run(clients=100)
        run.tallies[0].phases = (50.0, 0.0)
        self.check(run, ExitCode.PASSED, "heartbeats coincide")
        run = good_run(clients=100, ramp=0.0)
        run.tallies[0].phases = (100.0, 0.0)
        self.assertEqual(judge(run).warnings, [])

    def test_difference_to_the_servers_count_is_a_warning(self):
        run = good_run()
        run.server_count, run.our_count = {"ws": 105}, {"ws": 9864, "poll": 0}
        self.check(run, ExitCode.PASSED, "the server counted 105 viewers, we 9,864")


class Analysis(TestCase):
    def test_update_that_arrives_after_the_next_was_due_overlaps(self):
        run = good_run()
        run.tallies[0].messages[2].last = 1001.0
        self.assertEqual(overlaps(run, run.tally), [2])

    def test_last_update_cannot_overlap(self):
        run = good_run()
        run.tallies[0].messages[4].last = 9000.0
        self.assertEqual(overlaps(run, run.tally), [])

    def test_stall_in_the_ramp_is_found(self):
        run = good_run(clients=100)
        came = [10, 10, 10, 10, 10, 10, 55, 60]
        run.samples = [sample(at, "ramp", 10 * at, ws) for at, ws in enumerate(came)]
        self.assertEqual(stalls(run), [(2, 6)])

    def test_even_ramp_has_no_stall(self):
        run = good_run(clients=100)
        run.samples = [sample(at, "ramp", 10 * at, 10 * at) for at in range(10)]
        self.assertEqual(stalls(run), [])
