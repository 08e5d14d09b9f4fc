"""Verdicts: whether a run is valid, and whether the server passed."""

from array import array
from unittest import TestCase

from msgspec.structs import replace

from loadtest.common.exit_codes import ExitCode
from loadtest.common.habits import Habits
from loadtest.swarm.analysis import overlaps, stalls
from loadtest.swarm.histograms import record
from loadtest.swarm.run import LostSimulator
from loadtest.swarm.tally import MessageTally
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
        self.check(run, ExitCode.FAILED, "1 viewer ended with another map")

    def test_page_that_failed_is_the_servers_failure(self):
        run = good_run(page=True)
        run.tallies[0].audience.page_failures["server: live.js: HTTP 503"] = 3
        self.check(run, ExitCode.FAILED, "^failed pages: 3")

    def test_viewer_who_is_away_at_the_end_is_no_failure(self):
        run = good_run()
        run.tallies[0].converged = 1
        run.tallies[0].audience.away = 1
        self.check(run, ExitCode.PASSED, "away at the end: 1 viewer")

    def test_viewers_who_never_read_need_not_get_a_frame(self):
        run = good_run(clients=4, habits=Habits(slow=0.5))
        tally = run.tallies[0]
        tally.connected = tally.watching = tally.converged = tally.audience.slow = 2
        run.our_count, run.server_count = {"ws": 100}, {"ws": 102}
        tally.messages = {
            seq: MessageTally.fold({"ws": array("q", [at + 20 * MS, at + 21 * MS])}, at, 2)
            for seq, at in run.intended.items()
        }
        verdict = self.check(run, ExitCode.PASSED)
        self.assertEqual(verdict.warnings, [])

    def test_bursts_of_a_pool_in_the_client_make_the_run_invalid_by_name(self):
        run = good_run(transport="poll", client_pool=5)
        record(run.tallies[0].audience.pool_waits, 24.3)
        self.check(run, ExitCode.INVALID, "in bursts.* share 5 connections.* up to 24.3 s")

    def test_duplicate_or_disordered_delivery_is_the_servers_failure(self):
        for event in ("seen", "gap", "behind", "diverged", "garbage"):
            run = good_run()
            run.tallies[0].events[event] = 1
            self.check(run, ExitCode.FAILED)

    def test_unpublished_update_is_expected_and_missing(self):
        run = good_run()
        run.sent[2] = replace(run.sent[2], status=0, seq=0, error="refused")
        del run.tallies[0].messages[4]
        self.check(
            run,
            ExitCode.FAILED,
            "1 of 3 updates could not be published: 1 no response refused",
            "2 of 6 deliveries are missing",
        )

    def test_server_process_that_ended_is_a_failure_by_name_even_in_an_invalid_run(self):
        run = good_run()
        run.ended.append((31.4, "process 123"))
        run.swarm_errors.append("an error in the swarm")
        verdict = self.check(run, ExitCode.FAILED, "the server's process 123 ended 31 s after")
        self.assertFalse(verdict.valid)

    def test_updates_that_the_swarm_did_not_send_make_the_run_invalid(self):
        run = good_run()
        del run.sent[2], run.tallies[0].messages[4]
        self.check(run, ExitCode.INVALID, "the swarm sent only 2 of 3 updates")

    def test_viewer_refused_by_the_server_is_the_servers_failure(self):
        run = good_run()
        run.tallies[0].connected = run.tallies[0].converged = 1
        run.tallies[0].unconnected["server: refused"] = 1
        self.check(run, ExitCode.FAILED, r"1 viewer never connected \(server: refused\)")

    def test_viewer_without_a_file_in_the_swarm_makes_the_run_invalid(self):
        run = good_run()
        run.tallies[0].connected = run.tallies[0].converged = 1
        run.tallies[0].unconnected["client: EMFILE"] = 1
        self.check(run, ExitCode.INVALID, "EMFILE")

    def test_viewer_that_failed_for_an_unknown_reason_makes_the_run_invalid(self):
        run = good_run()
        run.tallies[0].connected = run.tallies[0].converged = 1
        run.tallies[0].unconnected["unknown: SSLError"] = 1
        self.check(run, ExitCode.INVALID, r"1 viewer never connected \(unknown: SSLError\)")

    def test_viewer_that_still_waits_is_not_the_servers_failure(self):
        run = good_run()
        run.tallies[0].connected = run.tallies[0].converged = 1
        self.check(run, ExitCode.INVALID, "1 viewer had no first frame yet")

    def test_viewers_of_a_lost_simulator_are_not_the_servers_failure(self):
        run = good_run(simulators=2)
        run.swarm_errors.append("simulator 1 ended during the run")
        run.tallies[0].requested = run.tallies[0].connected = run.tallies[0].converged = 1
        for message in run.tallies[0].messages.values():
            message.expected = 1
        self.check(run, ExitCode.INVALID, "simulator 1 ended")

    def test_lost_connection_is_the_servers_failure(self):
        run = good_run()
        run.tallies[0].losses["server: closed with 4108"] = 1
        self.check(run, ExitCode.FAILED, r"lost connections: 1 \(server: closed with 4108\)")

    def test_connection_that_the_client_lost_makes_the_run_invalid(self):
        for loss in ("client: ENOBUFS", "unknown: SSLError"):
            run = good_run()
            run.tallies[0].losses[loss] = 1
            self.check(run, ExitCode.INVALID, loss)

    def test_failure_that_a_busy_simulator_can_cause_is_not_the_servers(self):
        run = good_run()
        tally = run.tallies[0]
        tally.converged = 0
        tally.messages[3].expected += 1
        tally.losses.update({"server: timeout": 1, "server: closed with 4108": 1})
        run.samples = [sample(at, cpu=0.95) for at in range(12)]
        self.check(run, ExitCode.INVALID, "95% of a core", "1 of 7 deliveries are missing")

    def test_reset_connection_is_the_servers_failure_even_if_simulators_are_busy(self):
        run = good_run()
        run.tallies[0].losses["server: reset"] = 1
        run.samples = [sample(at, cpu=0.95) for at in range(12)]
        self.check(run, ExitCode.FAILED, "95% of a core", "server: reset")

    def test_map_of_a_server_that_has_gone_is_not_compared(self):
        run = good_run()
        run.compared = False
        run.tallies[0].converged = 0
        run.server_errors.append("the final snapshot could not be fetched: refused")
        verdict = self.check(run, ExitCode.FAILED, "could not be fetched")
        self.assertEqual(len(verdict.failures), 1)

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

    def test_single_late_update_is_a_warning(self):
        run = good_run()
        run.sent[0] = replace(run.sent[0], sent=6 * MS)
        self.check(
            run, ExitCode.PASSED, "1 of 3 updates were sent more than 5 ms late, by up to 6.0 ms"
        )

    def test_share_of_late_updates_makes_the_run_invalid(self):
        run = good_run()
        for number in (0, 1):
            run.sent[number] = replace(run.sent[number], sent=run.sent[number].intended + 6 * MS)
        self.check(run, ExitCode.INVALID, "2 of 3 updates were sent more than 5 ms late")

    def test_update_that_is_late_beside_long_delays_is_not_late(self):
        run = good_run()
        for number, sent in enumerate(run.sent):
            run.sent[number] = replace(sent, sent=sent.intended + 6 * MS)
            receipts = {"ws": array("q", [sent.intended + 80 * MS] * 2)}
            run.tallies[0].messages[sent.seq] = MessageTally.fold(receipts, sent.intended, 2)
        self.assertEqual(self.check(run, ExitCode.PASSED).warnings, [])

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


class Restarts(TestCase):
    def restarted(self, expected, missing=0):
        run = good_run(expect_restart=expected)
        restart = run.tallies[0].restart
        restart.closed(at=3.0, times=1)
        restart.closed(at=3.5, times=1)
        for number in range(2 - missing):
            restart.returned(at=9.0 + number, absence=6.0)
        run.ended.append((3.0, "process 123"))
        return run

    def test_planned_restart_is_no_failure_and_is_timed(self):
        run = self.restarted(expected=True)
        verdict = judge(run)
        self.assertEqual((verdict.exit_code, verdict.failures), (ExitCode.PASSED, []))
        self.assertEqual(run.tally.restart.seconds, 7.0)

    def test_unexpected_restart_is_a_failure(self):
        verdict = judge(self.restarted(expected=False))
        self.assertEqual(verdict.exit_code, ExitCode.FAILED)
        self.assertRegex("\n".join(verdict.failures), "closed 2 viewers with 4200")

    def test_viewer_that_does_not_come_back_is_a_failure(self):
        run = self.restarted(expected=True, missing=1)
        self.assertEqual(judge(run).failures, ["1 viewer did not come back after the restart"])
        self.assertIsNone(run.tally.restart.seconds)

    def test_expected_restart_that_does_not_come_makes_the_run_invalid(self):
        verdict = judge(good_run(expect_restart=True))
        self.assertEqual(verdict.exit_code, ExitCode.INVALID)


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
        connected = [10, 10, 10, 10, 10, 10, 55, 60]
        run.samples = [sample(at, "ramp", 10 * at, ws) for at, ws in enumerate(connected)]
        self.assertEqual(stalls(run), [(2, 6)])

    def test_even_ramp_has_no_stall(self):
        run = good_run(clients=100)
        run.samples = [sample(at, "ramp", 10 * at, 10 * at) for at in range(10)]
        self.assertEqual(stalls(run), [])


class LostSimulators(TestCase):
    def judge_lost(self, viewers, updates):
        """Return the verdict of a run that lost a simulator with some of its 100 viewers."""
        run = good_run(100)
        run.lost.append(LostSimulator(3, "web2", viewers, 35.2, updates, "it was silent for 5 s"))
        run.tallies[0].lost = viewers
        run.tallies[0].converged = 100 - viewers
        return judge(run)

    def test_lost_simulator_with_few_viewers_is_a_warning(self):
        verdict = self.judge_lost(viewers=10, updates=2)

        self.assertEqual(verdict.exit_code, ExitCode.PASSED)
        self.assertEqual(
            verdict.warnings,
            [
                "simulator 3 on web2 was lost 35 s after the ramp began, with 10 viewers: "
                "it was silent for 5 s"
            ],
        )

    def test_lost_simulators_with_over_a_tenth_of_the_viewers_make_the_run_invalid(self):
        verdict = self.judge_lost(viewers=11, updates=2)

        self.assertEqual(verdict.invalid, ["11% of the viewers were lost with their simulators"])

    def test_simulator_lost_before_the_first_update_makes_the_run_invalid(self):
        verdict = self.judge_lost(viewers=1, updates=0)

        self.assertEqual(verdict.invalid, ["a simulator was lost before the first update"])
