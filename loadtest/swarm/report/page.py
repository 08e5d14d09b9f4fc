"""Writes a report to a folder: report.json, and report.html, which needs no network."""

from pathlib import Path

import msgspec
from django.template.loader import render_to_string

from loadtest.common.exit_codes import ExitCode
from loadtest.swarm.report import tables
from loadtest.swarm.report.charts import draw_all
from loadtest.swarm.report.model import SwarmReport
from loadtest.swarm.report.text import facts, format_value, headline, outcome


def write(report: SwarmReport, folder: Path) -> Path:
    """Write report.json and report.html to `folder`, and return the path of the page."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.json").write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=1))
    path = folder / "report.html"
    path.write_text(as_html(report))
    return path


def as_html(report: SwarmReport) -> str:
    """Return the page: styles and charts are part of it."""
    context = {
        "report": report,
        "banner": tables.BANNERS.get(ExitCode(report.verdict.exit_code), "invalid"),
        "headline": headline(report),
        "tiles": tables.tiles(report),
        "thresholds": [
            (one.text, format_value(one.value), one.unit, outcome(one)) for one in report.thresholds
        ],
        "charts": draw_all(report),
        "round_columns": tables.ROUNDS,
        "rounds": tables.rounds(report),
        "facts": list(facts(report)),
        "problems": list(tables.problems(report)),
        "update_columns": tables.UPDATES,
        "updates": tables.updates(report),
        "surroundings": list(tables.surroundings(report)),
    }
    return render_to_string("loadtest/report.html", context)
