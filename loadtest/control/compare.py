"""Compares reports: those of one variant, run once or several times, with those of another."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from statistics import median

import msgspec

from loadtest.control.figures import DELAYS, OTHERS, read_round
from loadtest.experiments.hypotheses import REPEATS
from loadtest.swarm.report.model import SwarmReport
from loadtest.swarm.report.text import format_value, headline

LARGEST = 64 * 2**20  # bytes of a report: one of a night has some 2 MiB
MOST_POINTS = 1000  # of a spectrum


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a comparison: a name, and the report of each repeat."""

    name: str
    reports: Sequence[SwarmReport]


@dataclass(frozen=True, slots=True)
class Row:
    """One figure on both sides, with a value for each repeat; missing deliveries are infinite."""

    meaning: str
    unit: str
    a: Sequence[float]
    b: Sequence[float]

    @property
    def difference(self) -> float | None:
        """The change of the median from A to B, as a share of A's; None if A's is 0 or infinite."""
        before, after = median(self.a), median(self.b)
        return (after - before) / before if before and math.isfinite(before) else None

    @property
    def distinct(self) -> bool | None:
        """Whether the repeats of A and B do not overlap; None if there are too few to tell."""
        if min(len(self.a), len(self.b)) < REPEATS:
            return None
        return max(self.a) < min(self.b) or max(self.b) < min(self.a)


def load_side(path: Path) -> Side:
    """Load a report, or those of all repeats below a folder.

    Raises ValueError with a message for the command line.
    """
    paths = [path]
    if path.is_dir():
        paths = sorted(path.glob("report.json")) or sorted(path.glob("*/report.json"))
    if not paths:
        raise ValueError(f"{path} has no report.json, and no folder with one")
    reports = [load_report(one) for one in paths]
    return Side(reports[0].label or str(path), reports)


def load_report(path: Path) -> SwarmReport:
    """Load one report. Raises ValueError if it is something else."""
    try:
        if path.stat().st_size > LARGEST:
            raise ValueError(f"{path} is larger than a report can be")
        report = msgspec.json.decode(path.read_bytes(), type=SwarmReport)
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        problem = _printable(str(error))
        raise ValueError(f"{path} is not a report of this version: {problem}") from error
    if not all(_is_spectrum(points) for points in report.spectrum.values()):
        raise ValueError(f"{path} is not a report: its spectrum is damaged")
    if not report.label.isprintable() or not all(map(str.isprintable, report.spectrum)):
        raise ValueError(f"{path} is not a report: it has control characters in its names")
    return report


def compare(a: Side, b: Side) -> list[Row]:
    """Return the figures that both sides have, run by run and round by round."""
    rows = []
    for meaning, unit, read in _readers([*a.reports, *b.reports]):
        left = [value for report in a.reports if (value := read(report)) is not None]
        right = [value for report in b.reports if (value := read(report)) is not None]
        if left and right:
            rows.append(Row(meaning, unit, left, right))
    return rows


def caveats(a: Side, b: Side) -> list[str]:
    """Return what a reader must know: runs that are not valid, plans that differ."""
    found = [
        f"{_run_name(side, number)}: {headline(report)}"
        for side in (a, b)
        for number, report in enumerate(side.reports, start=1)
        if report.verdict.exit_code
    ]
    if min(len(a.reports), len(b.reports)) < REPEATS:
        found.append(f"fewer than {REPEATS} repeats of each: any difference may be chance")
    one, other = a.reports[0].plan, b.reports[0].plan
    for name in (field.name for field in fields(one) if field.name != "target"):
        value, also = getattr(one, name), getattr(other, name)
        if value != also:
            found.append(f"{name.replace('_', '-')} differs: {_value(value)} / {_value(also)}")
    return found


def _run_name(side: Side, number: int) -> str:
    return f"{side.name}, run {number}" if len(side.reports) > 1 else side.name


def as_table(a: Side, b: Side) -> str:
    """Return the comparison for a terminal."""
    rows = [_cells(row) for row in compare(a, b)]
    head = ["", f"A: {a.name}", f"B: {b.name}", "B − A", ""]
    widths = [max(len(cells[i]) for cells in [head, *rows]) for i in range(len(head))]
    lines = [
        "  ".join(
            f"{cell:<{width}}" if i in (0, 4) else f"{cell:>{width}}"
            for i, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ).rstrip()
        for cells in [head, *rows]
    ]
    return "\n".join([*lines, *(f"note: {text}" for text in caveats(a, b))])


def spread_text(side: Side) -> str:
    """Return the figures of repeats for a terminal: the median of each, and its range."""
    rows = compare(side, side)
    width = max((len(row.meaning) for row in rows), default=0)
    head = f"{len(side.reports)} repeats: median (lowest–highest)"
    lines = [f"{row.meaning:<{width}}  {format_spread(row.a)} {row.unit}" for row in rows]
    return "\n".join([head, *lines])


def format_spread(values: Sequence[float]) -> str:
    """Return the median of values and, if there are several, their range."""
    middle = median(values)
    if all(isinstance(value, int) for value in values) and middle == int(middle):
        middle = int(middle)
    if len(values) == 1:
        return format_value(middle)
    return f"{format_value(middle)} ({format_value(min(values))}–{format_value(max(values))})"


def describe_change(row: Row) -> tuple[str, str]:
    """Return the difference of a row, and what the spread of the repeats says about it."""
    difference = "–" if row.difference is None else f"{row.difference:+z.0%}"
    spread = {True: "beyond the spread", False: "within the spread", None: ""}[row.distinct]
    return difference, spread


def _readers(
    reports: Sequence[SwarmReport],
) -> Iterator[tuple[str, str, Callable[[SwarmReport], float | None]]]:
    """Yield meaning, unit and reader of each figure."""
    for figure in OTHERS:
        yield figure.meaning, figure.unit, figure.read
    intervals = sorted({entry.interval for report in reports for entry in report.rounds})
    for interval in reversed(intervals):
        for delay in DELAYS:

            def read(
                report: SwarmReport, interval: float = interval, name: str = delay.name
            ) -> float | None:
                entries = [entry for entry in report.rounds if entry.interval == interval]
                return read_round(report, entries[0], name) if entries else None

            yield f"every {interval:g} s: {delay.meaning}", "ms", read


def _cells(row: Row) -> list[str]:
    unit = f", {row.unit}" if row.unit else ""
    return [
        row.meaning + unit,
        format_spread(row.a),
        format_spread(row.b),
        *describe_change(row),
    ]


def _value(value: object) -> str:
    """Return a part of a plan as its option is written."""
    if isinstance(value, tuple):
        return ",".join(map(_value, value))
    return _printable(f"{value:g}" if isinstance(value, float) else str(value))


def _printable(text: str) -> str:
    return text if text.isprintable() else repr(text)


def _is_spectrum(points: list[tuple[float, float | None]]) -> bool:
    """Return whether these are shares below 1, with delays that can be drawn."""
    return len(points) <= MOST_POINTS and all(
        0 <= share < 1 and (delay is None or 0 <= delay < 1e9) for share, delay in points
    )
