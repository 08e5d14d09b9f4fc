"""The findings of a matrix as a page of Markdown with pictures."""

import json
import shlex
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import matplotlib
from matplotlib.figure import Figure

from loadtest.common.chart_style import (
    BLUE,
    GREY,
    LEGEND,
    ORANGE,
    SIZE,
    STYLE,
    VIOLET,
    to_svg,
)
from loadtest.common.environment import describe
from loadtest.experiments.hypotheses import rounded
from loadtest.experiments.matrix import Finding

COLORS = (BLUE, ORANGE, VIOLET)
ROW = 0.42  # inches
EDGES = 1.1  # inches above and below the rows


def write(findings: Sequence[Finding], folder: Path) -> Path:
    """Write findings.md, findings.json and pictures to `folder`; return the path of the first."""
    folder.mkdir(parents=True, exist_ok=True)
    today = datetime.now(UTC).date()
    command = shlex.join(["manage.py", *sys.argv[1:]])
    parts = [f"{today} · {describe().machine} · `{command}`", _table(findings)]
    for finding in findings:
        key = finding.hypothesis.key
        (folder / f"{key}.svg").write_text(_figures(finding))
        picture = f"![{finding.hypothesis.measure.name}]({key}.svg)"
        parts.append(f"## {finding.hypothesis.finding}\n\n{_sentence(finding)}\n\n{picture}")
        if all(finding.reports):
            (folder / f"{key}-time.svg").write_text(_over_time(finding))
            parts.append(f"![{finding.hypothesis.course.name}, over time]({key}-time.svg)")
    (folder / "findings.json").write_text(json.dumps([_data(each) for each in findings], indent=1))
    path = folder / "findings.md"
    path.write_text("\n\n".join(parts) + "\n")
    return path


def _sentence(finding: Finding) -> str:
    outcome = str(finding.outcome).capitalize()
    labels = [variant.label for variant in finding.hypothesis.variants]
    name = finding.hypothesis.measure.name
    return f"**{outcome}.** {labels[0]} against {labels[-1]}, {name}: {finding.reason}"


def _table(findings: Sequence[Finding]) -> str:
    rows = ["| the story says | tried as | figures | verdict |", "|---|---|---|---|"]
    for finding in findings:
        variants = " / ".join(variant.label for variant in finding.hypothesis.variants)
        unit = finding.hypothesis.measure.unit
        figures = " / ".join(rounded(median(each)) if each else "–" for each in finding.figures)
        name = finding.hypothesis.measure.name
        rows.append(
            f"| {finding.hypothesis.finding} | {variants} | {name}: {figures} {unit} "
            f"| {finding.outcome} |"
        )
    return "\n".join(rows)


def _data(finding: Finding) -> dict[str, object]:
    return {
        "key": finding.hypothesis.key,
        "finding": finding.hypothesis.finding,
        "measure": finding.hypothesis.measure.name,
        "unit": finding.hypothesis.measure.unit,
        "variants": [
            {"label": variant.label, "options": variant.options, "figures": figures}
            for variant, figures in zip(finding.hypothesis.variants, finding.figures, strict=True)
        ],
        "problems": finding.problems,
        "outcome": finding.outcome,
    }


def _figures(finding: Finding) -> str:
    """Draw a row of dots for each variant, one dot a run, and a line at the median."""
    variants = finding.hypothesis.variants
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(SIZE[0], EDGES + ROW * len(variants)), layout="constrained")
        axes = figure.add_subplot()
        for row, figures in enumerate(finding.figures):
            axes.plot(figures, [row] * len(figures), "o", color=COLORS[row], alpha=0.7)
            if figures:
                axes.plot([median(figures)] * 2, [row - 0.25, row + 0.25], color=COLORS[row])
        axes.set_yticks(range(len(variants)), [variant.label for variant in variants])
        axes.set_ylim(len(variants) - 0.4, -0.6)
        axes.set_xlim(left=0)
        axes.grid(False, axis="y")
        axes.set_xlabel(f"{finding.hypothesis.measure.name}, {finding.hypothesis.measure.unit}")
        return to_svg(figure, GREY)


def _over_time(finding: Finding) -> str:
    """Draw the course of the first run of each variant."""
    course = finding.hypothesis.course
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=SIZE, layout="constrained")
        axes = figure.add_subplot()
        for variant, reports, color in zip(
            finding.hypothesis.variants, finding.reports, COLORS, strict=False
        ):
            samples = reports[0]["timeline"]
            at = [sample["at"] for sample in samples]
            figures = [course.read(sample) for sample in samples]
            axes.plot(at, figures, color=color, label=variant.label)
        axes.set_ylim(bottom=0)
        axes.set_xlabel("seconds since the first viewer")
        axes.set_ylabel(course.name)
        axes.legend(**LEGEND)
        return to_svg(figure, GREY)
