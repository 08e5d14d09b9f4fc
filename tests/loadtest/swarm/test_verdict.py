"""Which runs are believed, and what they say of the server."""

from array import array
from unittest import TestCase

from loadtest.common.plan import Plan, parse_rounds
from loadtest.swarm.report.figures import numbers
from loadtest.swarm.report.text import words
from loadtest.swarm.run import Run, Sample, Sent
from loadtest.swarm.tally import MessageTally, Tally
from loadtest.swarm.verdict import FAILURE, INTERRUPTED, INVALID, PASS, judge, overlaps, stalls
from tests.loadtest.common.test_plan import HERE

MS = 1_000_000  # ns
SECOND = 1000 * MS


def good_run(clients=2, **options):
    """Three updates a second apart, to two viewers in one simulator, all in order."""
    run = Run(Plan(HERE, clients=clients, rounds=parse_rounds("3@1"), **options), "swarm-x")
    run.heartbeat = 25.0
    run.local = False
    tally = Tally(requested=clients, connected=clients, watching=clients, converged=clients)
    for number in range(3):
        at = number * SECOND
        run.sent.append(Sent(number, at, at + MS, at + 9 * MS, 201, number + 2))
        receipts = {"ws": array("q", [at + (20 + i) * MS for i in range(clients)])}
        tally.messages[number + 2] = MessageTally.fold(receipts, at, clients)
    for late in range(100):
        tally.lag.record_value(late + 1)
    run.tallies = [tally]
    return run


def sample(at=1.0, phase="rounds", due=0, ws=0, cpu=0.0):
    return Sample(at, phase, due, ws, 0, 0, {}, {}, 0, [cpu], 0.0, 0.0, {})


class Verdicts(TestCase):
    def check(self, run, code, *patterns):
        verdict = judge(run)
        said = "\n".join([*verdict.invalid, *verdict.failures, *verdict.warnings])
        self.assertEqual(verdict.exit_code, code, said)
        for pattern in patterns:
            self.assertRegex(said, pattern)
        return verdict

    def test_a_good_run_passes(self):
        verdict = self.check(good_run(), PASS)
        self.assertEqual(verdict.warnings, [])

    def test_a_missing_delivery_is_the_servers_failure(self):
        run = good_run()
        run.tallies[0].messages[3].expected += 1
        self.check(run, FAILURE, "^1 of 7 deliveries are missing")

    def test_a_viewer_with_another_map_is_the_servers_failure(self):
        run = good_run()
        run.tallies[0].converged = 1
        self.check(run, FAILURE, "1 viewers ended with another map")

    def test_what_came_twice_or_out_of_order_is_the_servers_failure(self):
        for event in ("seen", "gap", "behind", "diverged", "garbage"):
            run = good_run()
            run.tallies[0].events[event] = 1
            self.check(run, FAILURE)

    def test_an_update_that_was_not_published_is_the_servers_failure(self):
        run = good_run()
        run.problems.append("update 1 was not published: 500")
        self.check(run, FAILURE, "not published")

    def test_viewers_that_the_server_kept_out(self):
        run = good_run()
        run.tallies[0].connected = run.tallies[0].converged = 1
        run.tallies[0].unconnected["server: refused"] = 1
        self.check(run, FAILURE, r"1 viewers never connected \(server: refused\)")

    def test_viewers_that_the_swarm_had_no_files_for_make_it_invalid(self):
        run = good_run()
        run.tallies[0].connected = run.tallies[0].converged = 1
        run.tallies[0].unconnected["client: EMFILE"] = 1
        self.check(run, INVALID, "EMFILE")

    def test_a_lost_connection(self):
        run = good_run()
        run.tallies[0].losses["server: closed with 4108"] = 1
        self.check(run, FAILURE, "1 connections were lost: 1 server: closed with 4108")

    def test_a_busy_simulator_makes_it_invalid_and_wins(self):
        run = good_run()
        run.tallies[0].converged = 0
        run.samples = [sample(at, cpu=0.95) for at in range(12)]
        self.check(run, INVALID, "95% of a core")

    def test_a_simulator_that_is_busy_for_a_moment_does_not(self):
        run = good_run()
        run.samples = [sample(at, cpu=float(at == 5)) for at in range(12)]
        self.check(run, PASS)

    def test_a_rather_busy_simulator_is_noted(self):
        run = good_run()
        run.samples = [sample(at, cpu=0.85) for at in range(12)]
        self.check(run, PASS, "85% of a core")

    def test_a_late_event_loop_makes_it_invalid(self):
        run = good_run()
        run.tallies[0].lag.record_value(30_000, 5)
        self.check(run, INVALID, "event loops were late: p99 30.0 ms")

    def test_an_event_loop_that_is_late_for_what_is_measured_is_noted(self):
        run = good_run()
        run.tallies[0].lag.record_value(8_000, 5)
        self.check(run, PASS, "40% of the median delay")

    def test_a_late_broadcaster_makes_it_invalid(self):
        run = good_run()
        run.sent[0] = Sent(0, 0, 6 * MS, 9 * MS, 201, 2)
        self.check(run, INVALID, "sent late: p99 6.0 ms")

    def test_a_simulator_that_died_makes_it_invalid(self):
        run = good_run()
        run.broken.append("simulator 0 ended before its time")
        self.check(run, INVALID, "simulator 0")

    def test_an_interrupted_run_says_so(self):
        run = good_run()
        run.interrupted = True
        self.check(run, INTERRUPTED)

    def test_one_heart_is_noted_where_many_were_asked_for(self):
        run = good_run(clients=100)
        run.tallies[0].heart = (50.0, 0.0)
        self.check(run, PASS, "hearts beat together")
        run = good_run(clients=100, ramp=0.0)
        run.tallies[0].heart = (100.0, 0.0)
        self.assertEqual(judge(run).warnings, [])

    def test_the_servers_own_count_is_compared(self):
        run = good_run()
        run.server_count, run.our_count = {"ws": 105}, {"ws": 9864, "poll": 0}
        self.check(run, PASS, "the server counted 105 viewers, we 9,864")


class Signs(TestCase):
    def test_an_update_that_was_not_through_when_the_next_was_due_overlaps(self):
        run = good_run()
        run.tallies[0].messages[2].last = 1001.0
        self.assertEqual(overlaps(run, run.tally), [2])

    def test_the_last_update_cannot_overlap(self):
        run = good_run()
        run.tallies[0].messages[4].last = 9000.0
        self.assertEqual(overlaps(run, run.tally), [])

    def test_bursts_of_connections_are_found(self):
        run = good_run(clients=100)
        came = [10, 10, 10, 10, 10, 10, 55, 60]
        run.samples = [sample(at, "ramp", 10 * at, ws) for at, ws in enumerate(came)]
        self.assertEqual(stalls(run), [(2, 6)])

    def test_an_even_ramp_has_none(self):
        run = good_run(clients=100)
        run.samples = [sample(at, "ramp", 10 * at, 10 * at) for at in range(10)]
        self.assertEqual(stalls(run), [])


class Words(TestCase):
    def test_the_blogs_table(self):
        run = good_run()
        text = words(numbers(run, judge(run)))
        self.assertRegex(text, r"viewers +every 1 s\n1 × 2 +1\.0\n")
        self.assertIn("VALID, and the server passed", text)

    def test_no_claim_about_the_server_is_made_from_an_invalid_run(self):
        run = good_run()
        run.broken.append("simulator 0 ended before its time")
        text = words(numbers(run, judge(run)))
        self.assertIn("INVALID: the swarm was the bottleneck", text)
        self.assertNotIn("passed", text)

    def test_a_part_of_a_run_is_marked_so(self):
        run = good_run()
        run.interrupted = True
        run.sent.pop()
        text = words(numbers(run, judge(run)))
        self.assertIn("INTERRUPTED, this is part of a run", text)

    def test_a_run_that_never_got_anywhere_has_a_report(self):
        run = Run(Plan(HERE), "swarm-x")
        run.interrupted = True
        self.assertIn("INTERRUPTED", words(numbers(run, judge(run))))
