"""The report of a run as numbers, from which words.py, page.py and pictures.py draw.

Delays are ms, times are seconds since the ramp began.
"""

import base64
import json
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from statistics import fmean
from typing import Any

from loadtest.common.plan import offsets
from loadtest.swarm.report.text import words
from loadtest.swarm.run import Run
from loadtest.swarm.tally import MessageTally, Tally, merged, quantile
from loadtest.swarm.verdict import Verdict, overlaps, worst_simulator_cpu

QUANTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
SPECTRUM = [1 - 10 ** (-step / 10) for step in range(61)]  # to the millionth


def numbers(run: Run, verdict: Verdict) -> dict[str, Any]:
    """Everything, as JSON."""
    tally = run.tally
    messages = _messages(run, tally)
    return {
        "verdict": {**asdict(verdict), "valid": verdict.valid, "exit_code": verdict.exit_code},
        "distribution": run.plan.distribution,
        "started_at": datetime.fromtimestamp(run.started_at, UTC).isoformat(timespec="seconds"),
        "interrupted": run.interrupted,
        "shared_host": run.local,
        "plan": run.plan.to_dict(),
        "slug": run.slug,
        "heartbeat": run.heartbeat,
        "ramp": run.ramp,
        "marks": run.marks,
        "rounds": _rounds(run, tally, messages),
        "messages": messages,
        "connections": _connections(run, tally),
        "deliveries": {
            "expected": tally.expected,
            "received": tally.received,
            "missing": tally.missing,
            "duplicate": tally.events["seen"],
            "out_of_order": tally.events["gap"],
            "events": dict(tally.events),
            "converged": tally.converged,
        },
        "server": _server(run, tally),
        "generator": _generator(run, tally),
        "timeline": [asdict(sample) for sample in run.samples],
        "spectrum": _spectrum(run, tally),
        "reached": _reached(tally),
        "histograms": {
            name: base64.b64encode(delays.encode()).decode()
            for name, delays in _by_round(run, tally).items()
        },
    }


def write(report: dict[str, Any], folder: Path) -> Path:
    """report.json and report.html in `folder`, which is made; the path of the latter."""
    from loadtest.swarm.report import page

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.json").write_text(json.dumps(report, indent=1))
    path = folder / "report.html"
    path.write_text(page.html(report, words(report)))
    return path


def _messages(run: Run, tally: Tally) -> list[dict[str, Any]]:
    late = set(overlaps(run, tally))
    rounds = [index for index, _ in offsets(run.plan.rounds)]
    found = []
    for sent in sorted(run.sent, key=lambda one: one.intended):
        message = tally.messages.get(sent.seq, MessageTally())
        found.append(
            {
                "number": sent.number + 1,
                "seq": sent.seq,
                "round": rounds[sent.number],
                "at": sent.intended / 1e9 - run.began,
                "slip": sent.slip,
                "answer": (sent.answered - sent.sent) / 1e6,
                "status": sent.status,
                "expected": message.expected,
                "received": message.received,
                "missing": message.missing,
                "first": message.first,
                **{name: message.quantile(q) for name, q in QUANTILES.items()},
                "last": None if message.missing else message.last,
                "mean_relative_delay": message.mean_relative_delay,
                "overlap": sent.seq in late,
            }
        )
    return found


def _rounds(run: Run, tally: Tally, messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found = []
    for index, entry in enumerate(run.plan.rounds):
        members = [message for message in messages if message["round"] == index]
        seqs = [message["seq"] for message in members if message["seq"] in tally.messages]
        every = merged(one for seq in seqs for one in tally.messages[seq].delays.values())
        expected = sum(tally.messages[seq].expected for seq in seqs)
        relative = [m["mean_relative_delay"] for m in members if m["mean_relative_delay"]]
        found.append(
            {
                "interval": entry.interval,
                "messages": entry.messages,
                "sent": len(members),
                "mean_relative_delay": fmean(relative) if relative else None,
                "first": _mean(message["first"] for message in members),
                **{name: quantile(every, q, expected) for name, q in QUANTILES.items()},
                "last": _mean(message["last"] for message in members),
            }
        )
    return found


def _connections(run: Run, tally: Tally) -> dict[str, Any]:
    count = tally.connecting.total_count
    return {
        "requested": run.plan.clients,
        "polls_requested": run.plan.polls,
        "connected": tally.connected,
        "watching": tally.watching,
        "failures": dict(tally.failures),
        "losses": dict(tally.losses),
        "never_connected": dict(tally.unconnected),
        "first_frame": {
            name: quantile(tally.connecting, q, count) for name, q in QUANTILES.items()
        },
        "server_count": run.server_count,
        "our_count": run.our_count,
        "synchrony": tally.synchrony,
        "farewells": run.farewells,
    }


def _server(run: Run, tally: Tally) -> dict[str, Any]:
    cpu = run.cpu_in_rounds()
    memory = [sum(sample.server_memory.values()) for sample in run.samples]
    answers = sorted((sent.answered - sent.sent) / 1e6 for sent in run.sent)
    idle = memory[0] if memory else 0
    return {
        "processes": sorted({pid for sample in run.samples for pid in sample.server_memory}),
        "cpu_in_rounds": cpu,
        "cpu_per_delivery": cpu / tally.received * 1e6 if cpu and tally.received else None,  # µs
        "memory_first": idle,
        "memory_peak": max(memory, default=0),
        "files_peak": max((sample.server_files for sample in run.samples), default=0),
        "publish_p50": answers[len(answers) // 2] if answers else None,
        "publish_worst": answers[-1] if answers else None,
    }


def _generator(run: Run, tally: Tally) -> dict[str, Any]:
    slips = sorted(sent.slip for sent in run.sent)
    count = tally.lag.total_count
    return {
        "simulator_cpu_worst": worst_simulator_cpu(run),
        "lag": {name: quantile(tally.lag, q, count) for name, q in QUANTILES.items()},
        "slip_worst": slips[-1] if slips else None,
        "relative_by_simulator": [
            _mean(value for message in one.messages.values() for value in message.relative)
            for one in run.tallies
        ],
    }


def _by_round(run: Run, tally: Tally) -> dict[str, Any]:
    """Histograms named "ws, every 5 s"."""
    rounds = [index for index, _ in offsets(run.plan.rounds)]
    found: dict[str, list[Any]] = {}
    for sent in sorted(run.sent, key=lambda one: one.intended):
        message = tally.messages.get(sent.seq, MessageTally())
        for transport, delays in sorted(message.delays.items()):
            interval = run.plan.rounds[rounds[sent.number]].interval
            found.setdefault(f"{transport}, every {interval:g} s", []).append(delays)
    return {name: merged(parts) for name, parts in found.items()}


def _spectrum(run: Run, tally: Tally) -> dict[str, list[tuple[float, float | None]]]:
    found = {}
    for name, delays in _by_round(run, tally).items():
        count = delays.total_count
        finest = 1 - 1 / count if count else 0
        found[name] = [(q, quantile(delays, q, count)) for q in SPECTRUM if q <= finest]
    return found


def _reached(tally: Tally) -> dict[str, Any]:
    """Of the best, the middle and the worst update: delays by share of viewers, per cent."""
    every = [message for message in tally.messages.values() if message.expected]
    every.sort(key=lambda m: float("inf") if m.missing or m.last is None else m.last)
    if not every:
        return {}
    chosen = {"best": every[0], "median": every[len(every) // 2], "worst": every[-1]}
    return {
        name: [
            message.first,
            *(message.quantile(share / 100) for share in range(1, 100)),
            None if message.missing else message.last,
        ]
        for name, message in chosen.items()
    }


def _mean(values: Iterable[float | None]) -> float | None:
    present = [value for value in values if value is not None]
    return fmean(present) if present else None
