"""What a run proves: whether the server failed, and whether the figures can be trusted.

A failure that is certainly the server's outranks everything else. What a swarm that is too busy
can cause by itself (timeouts, deliveries that are late or missing at the end) is a failure only if
the swarm was not too busy. The limits for the CPU of simulators are those of other load
generators: k6 and Artillery warn at 80 %, Locust at 90 %.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from broadcaster.domain.quantity import quantity
from loadtest.common import failures
from loadtest.common.exit_codes import ExitCode, first_outcome
from loadtest.swarm.analysis import (
    in_rounds,
    median_delay,
    overlaps,
    stalls,
    worst_mean,
    worst_simulator_cpu,
)
from loadtest.swarm.histograms import quantile
from loadtest.swarm.run import Run
from loadtest.swarm.tally import AudienceTally, Tally
from viewers.protocol.frames import Close

CPU_WARNING, CPU_LIMIT = 0.8, 0.9  # cores of one simulator
LAG_LIMIT = 20.0  # ms, p99
LAG_SHARE = 0.1  # of the measured p50
LOST_LIMIT = 0.1  # share of all viewers
SLIP_LIMIT = 5.0  # ms after its time at which an update is late, and more than LAG_SHARE of p50
SLIP_SHARE = 0.1  # of the updates that may be late: their delays count from the intended time
SYNCHRONY_LIMIT = 0.1  # resultant length of the viewers' heartbeat phases
POOL_WAIT_LIMIT = 1.0  # seconds that a poll may wait for a connection of the client pool
MACHINE_WARNING = 0.95  # share of all cores
COUNT_TOLERANCE = 0.001  # between the server's count of viewers and ours

DELIVERY_FAULTS = {
    "seen": "deliveries were duplicates",
    "gap": "deliveries came out of order or after a gap",
    "behind": "missed updates were noticed only by a heartbeat",
    "diverged": "times a viewer's totals differed from the server's",
    "garbage": "frames could not be parsed",
}
"""What a viewer's event says about the server, after its count."""

BUSY_CLIENTS = {str(failures.TIMEOUT), str(failures.of_close(Close.SLOW))}
"""Failures of the server's side that a client which is too busy to read brings about as well."""


@dataclass
class Verdict:
    """`failures`: of the server; `invalid`: why the figures prove nothing; `warnings`: to know."""

    invalid: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    interrupted: bool = False

    @property
    def valid(self) -> bool:
        return not self.invalid

    @property
    def exit_code(self) -> ExitCode:
        found = {
            ExitCode.INTERRUPTED: self.interrupted,
            ExitCode.FAILED: self.failures,
            ExitCode.INVALID: self.invalid,
        }
        return first_outcome(code for code, applies in found.items() if applies)


def judge(run: Run) -> Verdict:
    """Return the verdict on a finished run."""
    verdict = Verdict(interrupted=run.interrupted)
    tally = run.tally
    _judge_processes(run, verdict)
    verdict.invalid += run.swarm_errors
    verdict.failures += run.server_errors
    verdict.warnings += run.notes
    _judge_lost(run, verdict)
    busy = _judge_simulators(run, tally, verdict)
    _judge_publishing(run, tally, verdict)
    _judge_connections(run, tally, verdict, busy)
    _judge_audience(run, tally.audience, verdict, busy)
    _judge_restart(run, tally, verdict)
    _judge_deliveries(run, tally, verdict, busy)
    _judge_arrivals(run, tally, verdict)
    if run.local:
        verdict.warnings.append("shared host: server and swarm took CPU from each other")
    return verdict


def _judge_simulators(run: Run, tally: Tally, verdict: Verdict) -> bool:
    """Return whether the simulators were too busy to measure anything."""
    worst = worst_simulator_cpu(run)
    if worst > CPU_LIMIT:
        verdict.invalid.append(f"a simulator used {worst:.0%} of a core: use more simulators")
    elif worst > CPU_WARNING:
        verdict.warnings.append(f"a simulator used {worst:.0%} of a core")
    lag = quantile(tally.lag, 0.99, tally.lag.total_count) or 0.0
    median = median_delay(tally)
    if lag > LAG_LIMIT:
        verdict.invalid.append(f"the simulators' event loops were late: p99 {lag:.1f} ms")
    elif median is not None and lag > LAG_SHARE * median:
        # Below LAG_LIMIT this does not prove a bottleneck: a burst of deliveries, which is
        # what is measured, keeps the receiving event loop busy for as long as it lasts.
        verdict.warnings.append(
            f"the simulators' event loops were late by {lag:.1f} ms (p99), "
            f"{lag / median:.0%} of the median delay"
        )
    machine = worst_mean([sample.machine for sample in in_rounds(run)])
    if machine > MACHINE_WARNING:
        verdict.warnings.append(f"this machine's cores were {machine:.0%} busy")
    return worst > CPU_LIMIT or lag > LAG_LIMIT


def _judge_lost(run: Run, verdict: Verdict) -> None:
    verdict.warnings += map(str, run.lost)
    if (share := run.lost_viewers / run.plan.clients) > LOST_LIMIT:
        verdict.invalid.append(f"{share:.0%} of the viewers were lost with their simulators")
    elif any(lost.updates == 0 for lost in run.lost):
        verdict.invalid.append("a simulator was lost before the first update")


def _judge_processes(run: Run, verdict: Verdict) -> None:
    if not run.plan.expect_restart:
        verdict.failures += [
            f"the server's {name} ended {at:.0f} s after the ramp began" for at, name in run.ended
        ]
    if run.unknown:
        verdict.warnings.append(f"the server's CPU, memory and viewers are unknown: {run.unknown}")
    for name in sorted(run.silent):
        verdict.warnings.append(
            f"{name} did not answer for /metrics every time: its figures may be incomplete"
        )


def _judge_publishing(run: Run, tally: Tally, verdict: Verdict) -> None:
    planned = sum(entry.messages for entry in run.plan.rounds)
    refused = Counter(
        f"{sent.status or 'no response'} {sent.error}".strip() for sent in run.sent if not sent.seq
    )
    if refused:
        verdict.failures.append(
            f"{refused.total():,} of {planned:,} updates could not be published: {_listed(refused)}"
        )
    if len(run.sent) < planned and not run.interrupted:
        verdict.invalid.append(f"the swarm sent only {len(run.sent):,} of {planned:,} updates")
    limit = max(SLIP_LIMIT, LAG_SHARE * (median_delay(tally) or 0.0))
    slips = [sent.slip for sent in run.sent if sent.slip > limit]
    if slips:
        too_many = len(slips) > max(SLIP_SHARE * len(run.sent), 1)
        (verdict.invalid if too_many else verdict.warnings).append(
            f"{len(slips)} of {len(run.sent)} updates were sent more than {limit:.0f} ms late, by "
            f"up to {max(slips):.1f} ms"
        )


def _judge_connections(run: Run, tally: Tally, verdict: Verdict, busy: bool) -> None:
    for failure, count in sorted(tally.unconnected.items()):
        _side(verdict, failure, busy).append(
            f"{quantity(count, 'viewer')} never connected ({failure})"
        )
    waiting = tally.requested - tally.audience.slow - tally.connected - tally.unconnected.total()
    if waiting > 0:
        (verdict.warnings if run.interrupted else verdict.invalid).append(
            f"{quantity(waiting, 'viewer')} had no first frame yet, and no attempt that failed"
        )
    if failed := tally.failures.total():
        verdict.warnings.append(
            f"failed attempts to connect: {failed:,}, {_listed(tally.failures)}"
        )
    for loss, count in sorted(tally.losses.items()):
        _side(verdict, loss, busy).append(f"lost connections: {count:,} ({loss})")
    if run.server_count is not None:
        theirs = sum(run.server_count.values())
        ours = sum(run.our_count.values()) + tally.audience.slow
        if abs(theirs - ours) > max(COUNT_TOLERANCE * ours, 2):
            verdict.warnings.append(f"the server counted {quantity(theirs, 'viewer')}, we {ours:,}")


def _judge_restart(run: Run, tally: Tally, verdict: Verdict) -> None:
    restart = tally.restart
    if run.plan.expect_restart and not restart.viewers:
        verdict.invalid.append(
            "a restart was expected, but the server closed no viewer with "
            f"{Close.DRAINING} during the run"
        )
    if restart.viewers and not run.plan.expect_restart:
        verdict.failures.append(
            f"the server closed {quantity(restart.viewers, 'viewer')} with {Close.DRAINING}: "
            "it was restarted. If you meant it to be: --expect-restart"
        )
    if restart.away:
        verdict.failures.append(
            f"{quantity(restart.away, 'viewer')} did not come back after the restart"
        )


def _judge_audience(run: Run, audience: AudienceTally, verdict: Verdict, busy: bool) -> None:
    for failure, count in sorted(audience.page_failures.items()):
        _side(verdict, failure, busy).append(f"failed pages: {count:,} ({failure})")
    if audience.away:
        verdict.warnings.append(f"away at the end: {quantity(audience.away, 'viewer')}")
    longest = audience.pool_waits.get_max_value() / 1e6
    if run.plan.client_pool and (longest > POOL_WAIT_LIMIT or audience.pool_queued):
        verdict.invalid.append(
            "viewers connected in bursts, since the polls of a simulator share "
            f"{run.plan.client_pool} connections, as with Node's maxSockets in 2012: they waited "
            f"up to {longest:.1f} s, and {audience.pool_queued:,} still wait"
        )


def _judge_deliveries(run: Run, tally: Tally, verdict: Verdict, busy: bool) -> None:
    late = verdict.warnings if busy else verdict.failures
    if tally.missing:
        late.append(f"{tally.missing:,} of {tally.expected:,} deliveries are missing")
    stray = tally.connected - tally.lost - tally.audience.away - tally.converged
    if run.compared and stray > 0:
        late.append(f"{quantity(stray, 'viewer')} ended with another map than the server's")
    for event, fault in DELIVERY_FAULTS.items():
        if count := tally.events[event]:
            (late if event == "behind" else verdict.failures).append(f"{count:,} {fault}")
    if overlapping := overlaps(run, tally):
        verdict.warnings.append(
            f"overlap: {len(overlapping)} updates reached their last viewer after the next was due"
        )


def _judge_arrivals(run: Run, tally: Tally, verdict: Verdict) -> None:
    spread_out = run.heartbeat and run.ramp >= run.heartbeat and run.plan.clients >= 100
    if spread_out and tally.synchrony > SYNCHRONY_LIMIT:
        verdict.warnings.append(
            "heartbeats coincide although the ramp should have spread them: "
            f"{tally.synchrony:.2f} (0: spread evenly, 1: all at once)"
        )
    for start, end in stalls(run):
        verdict.warnings.append(
            f"stall: no viewer connected from {start:.0f} s to {end:.0f} s of the ramp, though "
            "more were due. If the server was idle, suspect a pool in the client"
        )


def _side(verdict: Verdict, failure: str, busy: bool) -> list[str]:
    """Return the list that a failed connection belongs to. Not every one is the server's fault."""
    if not failure.startswith("server"):
        return verdict.invalid
    return verdict.warnings if busy and failure in BUSY_CLIENTS else verdict.failures


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {reason}" for reason, count in sorted(counts.items()))
