"""Builds the report of a finished run from its samples and tallies."""

import base64
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from statistics import fmean

from hdrh.histogram import HdrHistogram
from msgspec.structs import asdict

from loadtest.common.plan import offsets
from loadtest.swarm.analysis import median_delay, overlaps, worst_simulator_cpu
from loadtest.swarm.histograms import merged, to_bytes
from loadtest.swarm.messages import SentUpdate
from loadtest.swarm.report.audience import audience_report, percentiles, spectrum
from loadtest.swarm.report.model import (
    ConnectionsReport,
    DelayReport,
    DeliveriesReport,
    EventReport,
    GeneratorReport,
    MessageReport,
    RestartReport,
    RoundReport,
    ServerReport,
    SwarmReport,
    VerdictReport,
)
from loadtest.swarm.run import Run
from loadtest.swarm.tally import MessageTally, RestartTally, Tally
from loadtest.swarm.verdict import Verdict


def build_report(run: Run, verdict: Verdict) -> SwarmReport:
    """Return the report of a run."""
    tally = run.tally
    messages = _messages(run, tally)
    series = _series(run, tally)
    return SwarmReport(
        label=run.label,
        environment=run.environment,
        verdict=VerdictReport(
            verdict.invalid,
            verdict.failures,
            verdict.warnings,
            verdict.interrupted,
            verdict.valid,
            verdict.exit_code,
        ),
        distribution=run.plan.distribution,
        started_at=datetime.fromtimestamp(run.started_at, UTC).isoformat(timespec="seconds"),
        interrupted=run.interrupted,
        shared_host=run.local,
        hosts=run.hosts,
        clock_error=run.clock_error,
        plan=replace(run.plan, target=run.plan.target.without_secrets()),
        slug=run.slug,
        heartbeat=run.heartbeat,
        ramp=run.ramp,
        marks=run.marks,
        events=_events(run, tally.restart),
        delays=_delays(messages, [one for _, one in _in_order(run, tally)]),
        rounds=_rounds(run, messages, tally),
        messages=messages,
        connections=_connections(run, tally),
        audience=audience_report(run, tally),
        deliveries=DeliveriesReport(
            expected=tally.expected,
            received=tally.received,
            missing=tally.missing,
            duplicate=tally.events["seen"],
            out_of_order=tally.events["gap"],
            events=dict(tally.events),
            converged=tally.converged if run.compared else None,
        ),
        restart=_restart(tally.restart),
        server=_server(run, tally),
        generator=_generator(run, tally),
        timeline=run.samples,
        spectrum={name: spectrum(delays) for name, delays in series.items()},
        reached=_reached(tally),
        histograms={
            name: base64.b64encode(to_bytes(delays)).decode() for name, delays in series.items()
        },
    )


def _events(run: Run, restart: RestartTally) -> list[EventReport]:
    """Return what happened besides the plan's updates, in the order of time."""
    phases = {"settle": "ramp ends", "storm": "storm", "drain": "rounds end"}
    found = [EventReport(run.marks[key], name) for key, name in phases.items() if key in run.marks]
    if restart.first is not None:
        found.append(EventReport(restart.first, "restart"))
        if restart.seconds is not None:
            found.append(EventReport(restart.first + restart.seconds, "all back"))
    found += [EventReport(at, f"{name} ended") for at, name in run.ended]
    found += [EventReport(one.at, f"simulator {one.number} lost") for one in run.lost]
    return sorted(found, key=lambda event: event.at)


def _messages(run: Run, tally: Tally) -> list[MessageReport]:
    late = set(overlaps(run, tally))
    found = []
    for sent, index in _sent_with_rounds(run):
        message = tally.messages.get(sent.key, MessageTally())
        p50, p95, p99 = message.quantiles([0.5, 0.95, 0.99])
        found.append(
            MessageReport(
                number=sent.number + 1,
                seq=sent.seq,
                round=index,
                at=sent.intended / 1e9 - run.began,
                slip=sent.slip,
                answer=(sent.answered - sent.sent) / 1e6,
                status=sent.status,
                expected=message.expected,
                received=message.received,
                missing=message.missing,
                first=message.first,
                p50=p50,
                p95=p95,
                p99=p99,
                last=None if message.missing else message.last,
                mean_relative_delay=message.mean_relative_delay,
                overlap=sent.seq in late,
            )
        )
    return found


def _sent_with_rounds(run: Run) -> list[tuple[SentUpdate, int]]:
    """Return the updates in the order of the plan, each with the index of its round."""
    rounds = [index for index, _ in offsets(run.plan.rounds)]
    in_order = sorted(run.sent, key=lambda sent: sent.intended)
    return [(sent, rounds[sent.number]) for sent in in_order]


def _in_order(run: Run, tally: Tally) -> list[tuple[int, MessageTally]]:
    """Return the updates in the order of the plan, each after the index of its round."""
    return [
        (index, tally.messages.get(sent.key, MessageTally()))
        for sent, index in _sent_with_rounds(run)
    ]


def _rounds(run: Run, messages: list[MessageReport], tally: Tally) -> list[RoundReport]:
    found = []
    for index, entry in enumerate(run.plan.rounds):
        rows = [one for one in messages if one.round == index]
        tallies = [one for number, one in _in_order(run, tally) if number == index]
        found.append(
            RoundReport(
                interval=entry.interval,
                messages=entry.messages,
                sent=len(rows),
                **asdict(_delays(rows, tallies)),
            )
        )
    return found


def _delays(messages: list[MessageReport], tallies: list[MessageTally]) -> DelayReport:
    pooled = MessageTally()
    for tally in tallies:
        pooled.add(tally)
    p50, p95, p99 = pooled.quantiles([0.5, 0.95, 0.99])
    return DelayReport(
        first=pooled.first,
        p50=p50,
        p95=p95,
        p99=p99,
        last=None if pooled.missing else pooled.last,
        mean_last=_mean(message.last for message in messages),
        mean_relative_delay=_mean(message.mean_relative_delay for message in messages),
    )


def _connections(run: Run, tally: Tally) -> ConnectionsReport:
    return ConnectionsReport(
        requested=run.plan.clients,
        polls_requested=run.plan.polls,
        connected=tally.connected,
        watching=tally.watching,
        failures=dict(tally.failures),
        losses=dict(tally.losses),
        never_connected=dict(tally.unconnected),
        first_frame=percentiles(tally.connecting, tally.connecting.total_count),
        server_count=run.server_count,
        our_count=run.our_count,
        synchrony=tally.synchrony,
        farewells=run.farewells,
    )


def _restart(restart: RestartTally) -> RestartReport | None:
    if not restart.viewers:
        return None
    return RestartReport(
        viewers=restart.viewers,
        twice=restart.twice,
        away=restart.away,
        began=restart.first,
        seconds=restart.seconds,
        absence=percentiles(restart.absences, restart.absences.total_count),
    )


def _server(run: Run, tally: Tally) -> ServerReport:
    cpu = run.cpu_in_rounds()
    memory = [sum(sample.server_memory.values()) for sample in run.samples]
    answers = sorted((sent.answered - sent.sent) / 1e6 for sent in run.sent)
    return ServerReport(
        unknown=run.unknown,
        processes=sorted({name for sample in run.samples for name in sample.server_memory}),
        ended=run.ended,
        idle=run.idle,
        cpu_in_rounds=cpu,
        cpu_per_delivery=cpu / tally.received * 1e6 if cpu and tally.received else None,
        memory_first=memory[0] if memory else 0,
        memory_peak=max(memory, default=0),
        files_peak=max((sample.server_files for sample in run.samples), default=0),
        publish_p50=answers[len(answers) // 2] if answers else None,
        publish_worst=answers[-1] if answers else None,
    )


def _generator(run: Run, tally: Tally) -> GeneratorReport:
    return GeneratorReport(
        simulator_cpu_worst=worst_simulator_cpu(run),
        lag=percentiles(tally.lag, tally.lag.total_count),
        slip_worst=max((sent.slip for sent in run.sent), default=None),
        relative_by_simulator=[
            _mean(value for message in one.messages.values() for value in message.relative)
            for one in run.tallies
        ],
        median_by_simulator=[median_delay(one) for one in run.tallies],
    )


def _series(run: Run, tally: Tally) -> dict[str, HdrHistogram]:
    """Return the delays of each transport and round, named "ws, every 5 s"."""
    found: dict[str, list[HdrHistogram]] = {}
    for index, message in _in_order(run, tally):
        for transport, delays in sorted(message.delays.items()):
            interval = run.plan.rounds[index].interval
            found.setdefault(f"{transport}, every {interval:g} s", []).append(delays)
    return {name: merged(parts) for name, parts in found.items()}


def _reached(tally: Tally) -> dict[str, list[float | None]]:
    """Return for the best, median and worst update the delay by per cent of viewers, 0 to 100."""
    every = [message for message in tally.messages.values() if message.expected]
    every.sort(key=lambda m: float("inf") if m.missing or m.last is None else m.last)
    if not every:
        return {}
    chosen = {"best": every[0], "median": every[len(every) // 2], "worst": every[-1]}
    return {
        name: [
            message.first,
            *message.quantiles([share / 100 for share in range(1, 100)]),
            None if message.missing else message.last,
        ]
        for name, message in chosen.items()
    }


def _mean(values: Iterable[float | None]) -> float | None:
    """Return the mean of the known values; None if there are none."""
    known = [value for value in values if value is not None]
    return fmean(known) if known else None
