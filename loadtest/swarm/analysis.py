"""What follows from a run's samples and tallies: overlaps, stalls, the worst simulator."""

from itertools import pairwise

from loadtest.swarm.histograms import merged, quantile
from loadtest.swarm.run import Run
from loadtest.swarm.samples import Sample
from loadtest.swarm.tally import Tally

WINDOW = 10.0  # seconds over which CPU is averaged
STALL = 3.0  # seconds of the ramp in which no viewer connected though some were due


def in_rounds(run: Run) -> list[Sample]:
    """Return the samples from the first message to the last delivery."""
    return [sample for sample in run.samples if sample.phase in ("rounds", "drain")]


def worst_simulator_cpu(run: Run) -> float:
    """Return the highest mean of any simulator over any WINDOW of the rounds, in cores."""
    series = zip(*(sample.simulator_cpu for sample in in_rounds(run)), strict=True)
    return max((worst_mean(list(one)) for one in series), default=0.0)


def worst_mean(values: list[float]) -> float:
    """Return the highest mean of WINDOW values in a row, or of all if there are fewer."""
    width = min(int(WINDOW), len(values))
    if width == 0:
        return 0.0
    return max(sum(values[i : i + width]) / width for i in range(len(values) - width + 1))


def overlaps(run: Run, tally: Tally) -> list[int]:
    """Return the seqs of updates whose last delivery came after the next one was due."""
    found = []
    for (seq, at), (_, following) in pairwise(run.intended.items()):
        last = tally.messages[seq].last if seq in tally.messages else None
        if last is not None and last > (following - at) / 1e6:
            found.append(seq)
    return found


def median_delay(tally: Tally) -> float | None:
    """Return the median delay in ms over all deliveries."""
    every = merged(one for message in tally.messages.values() for one in message.delays.values())
    return quantile(every, 0.5, every.total_count)


def stalls(run: Run) -> list[tuple[float, float]]:
    """Return the parts of the ramp, in seconds, in which no viewer connected though some were due.

    Parts shorter than STALL are left out.
    """
    found = []
    since: float | None = None
    before = 0
    habits = run.plan.habits
    late = habits.slow + habits.fallback  # shares of viewers that no frame is expected for at once
    for sample in run.samples:
        came = sample.ws + sample.poll
        waiting = sample.due - came > max(5, (0.01 + late) * run.plan.clients)
        if sample.phase == "ramp" and waiting and came <= before:
            since = sample.at if since is None else since
        else:
            if since is not None and sample.at - since >= STALL:
                found.append((since, sample.at))
            since = None
        before = came
    return found
