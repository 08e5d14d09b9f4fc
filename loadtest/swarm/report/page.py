"""Writes a report to a folder: report.json, and report.html, which needs no network."""

from pathlib import Path

import msgspec
from django.template.loader import render_to_string

from loadtest.swarm.report.charts import draw_all
from loadtest.swarm.report.model import MessageReport, SwarmReport
from loadtest.swarm.report.text import as_text

COLUMNS = (
    "update",
    "sent late",
    "answered",
    "expected",
    "received",
    "first",
    "p50",
    "p95",
    "p99",
    "last",
    "mean relative",
)
"""Of the table of updates; `_cells` has the values."""


def write(report: SwarmReport, folder: Path) -> Path:
    """Write report.json and report.html to `folder`, and return the path of the page."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.json").write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=1))
    path = folder / "report.html"
    path.write_text(as_html(report))
    return path


def as_html(report: SwarmReport) -> str:
    """Return the page: styles and charts are part of it."""
    rounds = (f"{one.messages} updates every {one.interval:g} s" for one in report.plan.rounds)
    context = {
        "report": report,
        "ramp": f"{report.ramp:g}",
        "rounds": ", ".join(rounds),
        "text": as_text(report).strip(),
        "charts": draw_all(report),
        "columns": COLUMNS,
        "rows": [_cells(message) for message in report.messages],
    }
    return render_to_string("loadtest/report.html", context)


def _cells(message: MessageReport) -> list[str]:
    """Return one row of the table of updates, in the order of COLUMNS."""
    counts = (message.expected, message.received)
    delays = (message.first, message.p50, message.p95, message.p99, message.last)
    return [
        f"{message.number:,}",
        _decimal(message.slip),
        _decimal(message.answer),
        *(f"{count:,}" for count in counts),
        *(_decimal(delay) for delay in delays),
        _decimal(message.mean_relative_delay),
    ]


def _decimal(value: float | None) -> str:
    return "–" if value is None else f"{value:,.1f}"
