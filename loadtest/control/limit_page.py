"""The page of a search for the limit: its steps, and the delays over the size of the audience."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from django.template.loader import render_to_string
from matplotlib.axes import Axes

from loadtest.common.chart_style import BLUE, GREEN, GREY, INK, LEGEND, RED, VIOLET
from loadtest.control.limit import Outcome, Search, Step, bounds
from loadtest.control.thresholds import Threshold
from loadtest.swarm.report.charts import Chart, draw_svg, or_gap
from loadtest.swarm.report.text import format_value

DELAYS = {"p50": BLUE, "p95": VIOLET, "last": RED}
MARKS = {Outcome.HOLDS: ("o", GREEN), Outcome.FAILS: ("X", RED), Outcome.INVALID: ("o", GREY)}
CAPTION = (
    "Delays over all deliveries of a step, by the number of viewers; a mark is a step, at its p95"
)


def write_limit(
    search: Search, steps: Sequence[Step], thresholds: Sequence[Threshold], folder: Path
) -> Path:
    """Write limit.html to the folder that has the steps' reports, and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "limit.html"
    path.write_text(as_html(search, steps, thresholds))
    return path


def step_folder(number: int, step: Step) -> str:
    """Return the name of the folder for the report of a step; the first has the number 1."""
    return f"{number}-{step.size}"


def as_html(search: Search, steps: Sequence[Step], thresholds: Sequence[Threshold]) -> str:
    """Return the page, which needs no network. It links to the reports of the steps."""
    draw = partial(_delays, steps=steps, thresholds=thresholds)
    context = {
        "banner": _banner(steps),
        "conclusion": search.conclusion(steps),
        "environment": steps[-1].report.environment,
        "plan": steps[-1].report.plan,
        "columns": ["viewers", *map(str, thresholds), *DELAYS, "CPU per delivery"],
        "rows": [
            {
                "report": f"{step_folder(number, step)}/report.html",
                "size": f"{step.size:,}",
                "cells": _cells(step),
                "outcome": step.outcome,
                "why": [*step.report.verdict.failures, *step.report.verdict.invalid],
            }
            for number, step in enumerate(steps, start=1)
        ],
        "charts": [Chart(f"{CAPTION}.", draw_svg(draw, CAPTION))],
    }
    return render_to_string("loadtest/limit.html", context)


def _banner(steps: Sequence[Step]) -> str:
    if steps[-1].report.verdict.interrupted:
        return "interrupted"
    if steps[-1].outcome == Outcome.INVALID:
        return "invalid"
    return "passed" if bounds(steps)[0] is not None else "failed"


def _cells(step: Step) -> list[str]:
    report = step.report
    cpu = report.server.cpu_per_delivery
    return [
        *(f"{format_value(one.value)} {one.unit}" for one in report.thresholds),
        *(f"{format_value(getattr(report.delays, name))} ms" for name in DELAYS),
        "–" if cpu is None else f"{format_value(cpu)} µs",
    ]


def _delays(axes: Axes, steps: Sequence[Step], thresholds: Sequence[Threshold]) -> None:
    ordered = sorted(steps, key=lambda step: step.size)
    valid = [step for step in ordered if step.outcome != Outcome.INVALID]
    for name, color in DELAYS.items():
        values = [or_gap(getattr(step.report.delays, name)) for step in valid]
        axes.plot([step.size for step in valid], values, color=color, label=name)
    for outcome, (marker, color) in MARKS.items():
        found = [step for step in ordered if step.outcome == outcome]
        if found:
            p95 = [or_gap(step.report.delays.p95) for step in found]
            places = [step.size for step in found]
            axes.scatter(places, p95, marker=marker, color=color, s=40, zorder=3, label=outcome)
    for threshold in thresholds:
        if threshold.name in DELAYS:
            axes.axhline(threshold.limit, color=INK, ls="--", lw=1, alpha=0.7)
            axes.annotate(
                str(threshold), (ordered[0].size, threshold.limit), va="bottom", fontsize=8
            )
    axes.set_ylim(bottom=0)
    axes.set_xlabel("viewers")
    axes.set_ylabel("ms after the intended time")
    axes.legend(**LEGEND | {"ncols": 3})
