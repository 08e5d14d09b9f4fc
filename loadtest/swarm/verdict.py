"""What a run proves. First whether it can be believed, then whether the server held. Pure.

A run whose generator was the bottleneck is invalid, and makes no claim about the server.
The limits on simulators' CPU are those that other load generators settled on: k6 and
Artillery warn at 80 %, Locust at 90 %.
"""

from dataclasses import dataclass, field
from itertools import pairwise

from loadtest.swarm.run import Run, Sample
from loadtest.swarm.tally import Tally, merged, quantile

CPU_WARNING, CPU_LIMIT = 0.8, 0.9  # cores of one simulator, over WINDOW
WINDOW = 10.0  # seconds
LAG_LIMIT = 20.0  # ms, p99
LAG_SHARE = 0.1  # of the measured p50
SLIP_LIMIT = 5.0  # ms, p99
SYNCHRONY_LIMIT = 0.1  # resultant length of the viewers' phases
MACHINE_WARNING = 0.95  # share of all cores
STALL = 3.0  # seconds of the ramp in which nobody new connected though some were due
COUNT_TOLERANCE = 0.001  # between the server's count of viewers and ours

PASS, INTERNAL, USAGE, THRESHOLD, FAILURE, INVALID, REFUSED, INTERRUPTED = 0, 1, 2, 3, 4, 5, 6, 130


@dataclass
class Verdict:
    """`invalid`: why not to believe the run; `failures`: of the server; `warnings`: to know."""

    invalid: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    interrupted: bool = False

    @property
    def valid(self) -> bool:
        return not self.invalid

    @property
    def exit_code(self) -> int:
        if self.interrupted:
            return INTERRUPTED
        if self.invalid:
            return INVALID
        return FAILURE if self.failures else PASS


def judge(run: Run) -> Verdict:
    """The verdict on a finished run."""
    verdict = Verdict(interrupted=run.interrupted)
    tally = run.tally
    verdict.invalid += run.broken
    verdict.failures += run.problems
    _judge_connections(run, tally, verdict)
    _judge_deliveries(run, tally, verdict)
    _judge_simulators(run, tally, verdict)
    _judge_broadcaster(run, verdict)
    _judge_arrivals(run, tally, verdict)
    if run.local:
        verdict.warnings.append("shared host: server and swarm took CPU from each other")
    return verdict


def _judge_connections(run: Run, tally: Tally, verdict: Verdict) -> None:
    for blame, count in tally.unconnected.items():
        reasons = verdict.invalid if blame.startswith("client") else verdict.failures
        reasons.append(f"{count:,} viewers never connected ({blame})")
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
    for event, words in (
        ("seen", "deliveries came twice"),
        ("gap", "deliveries came out of order or after a gap"),
        ("behind", "updates were missed, and noticed only when a heartbeat came"),
        ("diverged", "times a viewer's totals differed from the server's"),
        ("garbage", "frames could not be read"),
    ):
        if count := tally.events[event]:
            verdict.failures.append(f"{count:,} {words}")
    if late := overlaps(run, tally):
        verdict.warnings.append(
            f"overlap: {len(late)} updates reached their last viewer after the next was due"
        )


def _judge_simulators(run: Run, tally: Tally, verdict: Verdict) -> None:
    worst = worst_simulator_cpu(run)
    if worst > CPU_LIMIT:
        verdict.invalid.append(f"a simulator used {worst:.0%} of a core: use more of them")
    elif worst > CPU_WARNING:
        verdict.warnings.append(f"a simulator used {worst:.0%} of a core")
    lag = quantile(tally.lag, 0.99, tally.lag.total_count)
    if lag is not None and lag > LAG_LIMIT:
        verdict.invalid.append(f"the simulators' event loops were late: p99 {lag:.1f} ms")
    else:
        median = median_delay(tally)
        if lag is not None and median is not None and lag > LAG_SHARE * median:
            # Short of LAG_LIMIT this is no proof of a bottleneck: a burst of deliveries, which
            # is what is measured, keeps the loop that receives it busy for as long as it lasts.
            verdict.warnings.append(
                f"the simulators' event loops were late by {lag:.1f} ms (p99), "
                f"{lag / median:.0%} of the median delay"
            )
    machine = _worst_mean([s.machine for s in in_rounds(run)])
    if machine > MACHINE_WARNING:
        verdict.warnings.append(f"this machine's cores were {machine:.0%} busy")


def _judge_broadcaster(run: Run, verdict: Verdict) -> None:
    slips = sorted(sent.slip for sent in run.sent)
    if slips and (worst := slips[int(0.99 * (len(slips) - 1) + 0.5)]) > SLIP_LIMIT:
        verdict.invalid.append(f"updates were sent late: p99 {worst:.1f} ms after their time")


def _judge_arrivals(run: Run, tally: Tally, verdict: Verdict) -> None:
    asked = run.heartbeat and run.ramp >= run.heartbeat and run.plan.clients >= 100
    if asked and tally.synchrony > SYNCHRONY_LIMIT:
        verdict.warnings.append(
            f"hearts beat together though the ramp was to disperse them: {tally.synchrony:.2f} "
            "(0 is dispersed, 1 is one heart)"
        )
    for start, end in stalls(run):
        verdict.warnings.append(
            f"connect burst: nobody new connected from {start:.0f} s to {end:.0f} s of the ramp, "
            "though more were due. If the server was idle, suspect a pool in the client"
        )


def in_rounds(run: Run) -> list[Sample]:
    """The samples from the first message to the last delivery."""
    return [sample for sample in run.samples if sample.phase in ("rounds", "drain")]


def worst_simulator_cpu(run: Run) -> float:
    """Cores: the highest mean of any simulator over any WINDOW of the rounds."""
    series = zip(*(sample.simulator_cpu for sample in in_rounds(run)), strict=True)
    return max((_worst_mean(list(one)) for one in series), default=0.0)


def overlaps(run: Run, tally: Tally) -> list[int]:
    """The seqs of updates whose last delivery came after the next was due."""
    found = []
    for (seq, at), (_, following) in pairwise(run.intended.items()):
        last = tally.messages[seq].last if seq in tally.messages else None
        if last is not None and last > (following - at) / 1e6:
            found.append(seq)
    return found


def median_delay(tally: Tally) -> float | None:
    """ms, over all deliveries."""
    every = merged(one for message in tally.messages.values() for one in message.delays.values())
    return quantile(every, 0.5, every.total_count)


def stalls(run: Run) -> list[tuple[float, float]]:
    """Stretches of the ramp, in seconds, that brought nobody though viewers were due."""
    found = []
    since: float | None = None
    before = 0
    for sample in run.samples:
        came = sample.ws + sample.poll
        waiting = sample.due - came > max(5, 0.01 * run.plan.clients)
        if sample.phase == "ramp" and waiting and came <= before:
            since = sample.at if since is None else since
        else:
            if since is not None and sample.at - since >= STALL:
                found.append((since, sample.at))
            since = None
        before = came
    return found


def _worst_mean(values: list[float]) -> float:
    """The highest mean of `WINDOW` values in a row, or of all if there are fewer."""
    width = min(int(WINDOW), len(values))
    if width == 0:
        return 0.0
    return max(sum(values[i : i + width]) / width for i in range(len(values) - width + 1))


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {blame}" for blame, count in sorted(counts.items()))
