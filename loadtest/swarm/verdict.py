"""What a run proves: first whether it is valid, then whether the server held.

A run whose load generator was the bottleneck is invalid, and says nothing about the server. The
limits for the CPU of simulators are those of other load generators: k6 and Artillery warn at 80 %,
Locust at 90 %.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from loadtest.common.exit_codes import ExitCode
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
from loadtest.swarm.tally import Tally

CPU_WARNING, CPU_LIMIT = 0.8, 0.9  # cores of one simulator
LAG_LIMIT = 20.0  # ms, p99
LAG_SHARE = 0.1  # of the measured p50
SLIP_LIMIT = 5.0  # ms, p99
SYNCHRONY_LIMIT = 0.1  # resultant length of the viewers' heartbeat phases
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


@dataclass
class Verdict:
    """`invalid`: why the run proves nothing; `failures`: of the server; `warnings`: to know."""

    invalid: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    interrupted: bool = False

    @property
    def valid(self) -> bool:
        return not self.invalid

    @property
    def exit_code(self) -> ExitCode:
        if self.interrupted:
            return ExitCode.INTERRUPTED
        if self.invalid:
            return ExitCode.INVALID
        return ExitCode.FAILED if self.failures else ExitCode.PASSED


def judge(run: Run) -> Verdict:
    """Return the verdict on a finished run."""
    verdict = Verdict(interrupted=run.interrupted)
    tally = run.tally
    verdict.invalid += run.swarm_errors
    verdict.failures += run.server_errors
    _judge_connections(run, tally, verdict)
    _judge_deliveries(run, tally, verdict)
    _judge_simulators(run, tally, verdict)
    _judge_publisher(run, verdict)
    _judge_arrivals(run, tally, verdict)
    if run.local:
        verdict.warnings.append("shared host: server and swarm took CPU from each other")
    return verdict


def _judge_connections(run: Run, tally: Tally, verdict: Verdict) -> None:
    for failure, count in tally.unconnected.items():
        reasons = verdict.invalid if failure.startswith("client") else verdict.failures
        reasons.append(f"{count:,} viewers never connected ({failure})")
    silent = run.plan.clients - tally.connected - tally.unconnected.total()
    if silent > 0:
        verdict.failures.append(f"{silent:,} viewers were still waiting for their first frame")
    if failed := tally.failures.total():
        verdict.warnings.append(f"{failed:,} attempts to connect failed: {_listed(tally.failures)}")
    if lost := tally.losses.total():
        verdict.failures.append(f"{lost:,} connections were lost: {_listed(tally.losses)}")
    if run.server_count is not None:
        theirs, ours = sum(run.server_count.values()), sum(run.our_count.values())
        if abs(theirs - ours) > max(COUNT_TOLERANCE * ours, 2):
            verdict.warnings.append(f"the server counted {theirs:,} viewers, we {ours:,}")


def _judge_deliveries(run: Run, tally: Tally, verdict: Verdict) -> None:
    if tally.missing:
        verdict.failures.append(f"{tally.missing:,} of {tally.expected:,} deliveries are missing")
    if tally.connected and tally.converged < tally.connected:
        stray = tally.connected - tally.converged
        verdict.failures.append(f"{stray:,} viewers ended with another map than the server's")
    for event, fault in DELIVERY_FAULTS.items():
        if count := tally.events[event]:
            verdict.failures.append(f"{count:,} {fault}")
    if late := overlaps(run, tally):
        verdict.warnings.append(
            f"overlap: {len(late)} updates reached their last viewer after the next was due"
        )


def _judge_simulators(run: Run, tally: Tally, verdict: Verdict) -> None:
    worst = worst_simulator_cpu(run)
    if worst > CPU_LIMIT:
        verdict.invalid.append(f"a simulator used {worst:.0%} of a core: use more simulators")
    elif worst > CPU_WARNING:
        verdict.warnings.append(f"a simulator used {worst:.0%} of a core")
    lag = quantile(tally.lag, 0.99, tally.lag.total_count)
    if lag is not None and lag > LAG_LIMIT:
        verdict.invalid.append(f"the simulators' event loops were late: p99 {lag:.1f} ms")
    else:
        median = median_delay(tally)
        if lag is not None and median is not None and lag > LAG_SHARE * median:
            # Below LAG_LIMIT this does not prove a bottleneck: a burst of deliveries, which is
            # what is measured, keeps the receiving event loop busy for as long as it lasts.
            verdict.warnings.append(
                f"the simulators' event loops were late by {lag:.1f} ms (p99), "
                f"{lag / median:.0%} of the median delay"
            )
    machine = worst_mean([sample.machine for sample in in_rounds(run)])
    if machine > MACHINE_WARNING:
        verdict.warnings.append(f"this machine's cores were {machine:.0%} busy")


def _judge_publisher(run: Run, verdict: Verdict) -> None:
    slips = sorted(sent.slip for sent in run.sent)
    if slips and (worst := slips[int(0.99 * (len(slips) - 1) + 0.5)]) > SLIP_LIMIT:
        verdict.invalid.append(f"updates were sent late: p99 {worst:.1f} ms after their time")


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


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {reason}" for reason, count in sorted(counts.items()))
