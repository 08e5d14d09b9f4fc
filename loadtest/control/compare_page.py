"""The page of a comparison: overlaid spectra, and the table of differences."""

from functools import partial
from pathlib import Path

from django.template.loader import render_to_string

from loadtest.common.chart_style import BLUE, ORANGE
from loadtest.control.compare import Side, caveats, compare, describe_change, format_spread
from loadtest.swarm.report.charts import Chart, Spectrum, draw_svg, plot_spectra


def write_comparison(a: Side, b: Side, folder: Path) -> Path:
    """Write comparison.html to `folder`, and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "comparison.html"
    path.write_text(as_html(a, b))
    return path


def as_html(a: Side, b: Side) -> str:
    """Return the page, which needs no network."""
    rows = [
        (row.meaning, row.unit, format_spread(row.a), format_spread(row.b), *describe_change(row))
        for row in compare(a, b)
    ]
    context = {"a": a, "b": b, "caveats": caveats(a, b), "rows": rows, "charts": _charts(a, b)}
    return render_to_string("loadtest/comparison.html", context)


def _charts(a: Side, b: Side) -> list[Chart]:
    """Return a chart for each series that both sides have, with a line for each repeat."""
    charts = []
    for series in a.reports[0].spectrum:
        left, right = _lines("A", a, series, BLUE), _lines("B", b, series, ORANGE)
        caption = f"Delay by percentile: {series}"
        if right:
            draw = partial(plot_spectra, series=[*left, *right])
            charts.append(Chart(caption, draw_svg(draw, caption)))
    return charts


def _lines(letter: str, side: Side, series: str, color: str) -> list[tuple[str, Spectrum, str]]:
    name = f"{letter}: {side.name}".replace("$", r"\$")  # which matplotlib would take for TeX
    found = [report.spectrum[series] for report in side.reports if series in report.spectrum]
    # A name that begins with _ is not in the legend: one is enough for all repeats.
    return [("_" if number else name, points, color) for number, points in enumerate(found)]
