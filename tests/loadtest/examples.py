"""Example objects for the tests of the load test."""

from array import array

from loadtest.common.plan import Plan, parse_rounds
from loadtest.common.target import Target
from loadtest.swarm.messages import SentUpdate
from loadtest.swarm.run import Run
from loadtest.swarm.samples import Sample
from loadtest.swarm.tally import MessageTally, Tally

MS = 1_000_000  # ns
SECOND = 1000 * MS

HERE = Target("http://127.0.0.1:8000", "127.0.0.1", "127.0.0.1", 8000)


def good_run(clients=2, **options):
    """Return a run of three updates a second apart, all received in order by one simulator."""
    run = Run(Plan(HERE, clients=clients, rounds=parse_rounds("3@1"), **options), "swarm-x")
    run.heartbeat = 25.0
    run.local = False
    tally = Tally(requested=clients, connected=clients, watching=clients, converged=clients)
    for number in range(3):
        at = number * SECOND
        run.sent.append(SentUpdate(number, at, at + MS, at + 9 * MS, 201, number + 2))
        receipts = {"ws": array("q", [at + (20 + i) * MS for i in range(clients)])}
        tally.messages[number + 2] = MessageTally.fold(receipts, at, clients)
    for late in range(100):
        tally.lag.record_value(late + 1)
    run.tallies = [tally]
    return run


def sample(at=1.0, phase="rounds", due=0, ws=0, cpu=0.0):
    """Return a sample of a run with one simulator."""
    return Sample(at, phase, due, ws, 0, 0, {}, {}, 0, [cpu], 0.0, 0.0, {})
