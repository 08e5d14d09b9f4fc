"""A run that goes on, as the control center's page shows it."""

import time
from typing import Any

from loadtest.swarm.messages import SentUpdate
from loadtest.swarm.run import Run

MOST_POINTS = 300  # of a chart over time: a point for every second of five minutes


def live_state(run: Run) -> dict[str, Any]:
    """Return the state as JSON. Times are seconds, delays ms; CPU is in cores, memory in bytes."""
    sample = run.samples[-1] if run.samples else None
    return {
        "phase": run.phase,
        "left": round(max(run.ends - time.monotonic(), 0)),
        "clients": run.plan.clients,
        "connected": run.watching,
        "failed": run.failures + run.losses,
        "messages": sum(entry.messages for entry in run.plan.rounds),
        "updates": [_update(run, sent) for sent in sorted(run.sent, key=lambda sent: sent.number)],
        "server_cpu": sum(sample.server_cpu.values()) if sample and sample.server_cpu else None,
        "server_memory": sum(sample.server_memory.values()) if sample else None,
        "worst_cpu": max(sample.simulator_cpu, default=0.0) if sample else None,
        "late": round(sample.lag * 1e3, 1) if sample else None,
        "timeline": _timeline(run),
        "lost": [str(lost) for lost in run.lost],
    }


def _update(run: Run, sent: SentUpdate) -> dict[str, Any]:
    """Return one update: how many viewers have it, and the delays as far as they are known.

    Over simulators the quantiles are weighted means; the report has the exact ones.
    """
    marks = list(run.live.get(sent.seq, {}).values())
    count = sum(mark.count for mark in marks)
    times: list[float] = []
    if count:
        times = [
            min(mark.first for mark in marks),
            sum(mark.count * mark.p50 for mark in marks) / count,
            sum(mark.count * mark.p95 for mark in marks) / count,
            max(mark.last for mark in marks),
        ]
    delays = [round((at - sent.intended) / 1e6, 1) for at in times]
    return {"number": sent.number + 1, "count": count, "delays": delays}


def _timeline(run: Run) -> list[list[float | None]]:
    """Return [at, due, connected, server CPU, worst simulator's CPU] at regular intervals."""
    step = -(-len(run.samples) // MOST_POINTS) or 1
    return [
        [
            round(sample.at, 1),
            sample.due,
            sample.ws + sample.poll,
            round(sum(sample.server_cpu.values()), 3) if sample.server_cpu else None,
            round(max(sample.simulator_cpu, default=0.0), 3),
        ]
        for sample in run.samples[::step]
    ]
