"""What a benchmark found, as Markdown that reads well in a terminal, and as files."""

import json
import os
import platform
import shlex
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import psutil

from loadtest.benchmark.goals import GOALS, measured, ratio
from loadtest.benchmark.measure import BUSY, PAYLOAD, Options, Result

TRANSPORTS = {"ws": "WebSocket", "poll": "Long poll"}
ENOUGH = Options()  # viewers and messages from which the goals are judged
FIGURES = {"cpu": "CPU per delivery", "memory": "memory per viewer", "connect": "CPU per connect"}


@dataclass(slots=True)
class Report:
    """One run of the benchmark."""

    options: Options
    pinned: bool
    results: list[Result] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)  # title -> what is missing
    failed: dict[str, str] = field(default_factory=dict)  # title -> what went wrong
    interrupted: bool = False
    command: str = field(default_factory=lambda: shlex.join(["manage.py", *sys.argv[1:]]))
    started_at: str = field(
        default_factory=lambda: datetime.now(UTC).isoformat(" ", timespec="minutes")
    )

    @property
    def is_judged(self) -> bool:
        """Whether the run was large enough for the goals."""
        enough = self.options.viewers >= ENOUGH.viewers
        return enough and self.options.messages >= ENOUGH.messages

    @property
    def complete(self) -> bool:
        """Whether every server that is here served every viewer every message."""
        return not self.failed and all(one.delivered == 1 for one in self.results)


def table(results: Sequence[Result], transport: str) -> str:
    """The results of one transport, in Markdown that is aligned for a terminal too."""
    head = [
        TRANSPORTS[transport],
        "viewers",
        "CPU per delivery",
        "first",
        "p50",
        "p99",
        "last",
        "memory per viewer",
        "CPU per connect",
        "delivered",
        "generator",
    ]
    rows = [
        [
            one.title,
            f"{one.viewers:,}",
            number(one.cpu, "µs"),
            *(delay(value, one) for value in (one.first, one.p50, one.p99, one.last)),
            number(one.memory, "KiB"),
            number(one.connect, "µs"),
            share(one.delivered),
            f"{one.generator:.0%}",
        ]
        for one in results
        if one.transport == transport
    ]
    return aligned(head, rows)


def goals(results: Sequence[Result], judged: bool) -> str:
    """The goals that this run can speak of, in Markdown."""
    rows = []
    for goal in GOALS:
        value = measured(goal, results)
        if value is not None:
            name = f"{TRANSPORTS[goal.transport]}, {FIGURES[goal.figure]}"
            unit = f" × {goal.against}" if goal.against else " KiB"
            verdict = ("met" if value <= goal.limit else "MISSED") if judged else "not judged"
            rows.append([name, ratio(value) + unit, f"≤ {ratio(goal.limit)}{unit}", verdict])
    return aligned(["manage.py serve", "measured", "goal", ""], rows) if rows else ""


def words(report: Report) -> str:
    """The whole report, in Markdown."""
    transports = [t for t in TRANSPORTS if any(one.transport == t for one in report.results)]
    parts = [about(report), *(table(report.results, transport) for transport in transports)]
    parts += [goals(report.results, report.is_judged), "\n".join(notes(report))]
    return "\n\n".join(part for part in parts if part) + "\n"


def about(report: Report) -> str:
    """When, where, how."""
    options = report.options
    memory = psutil.virtual_memory().total / 2**30
    kernel = platform.release().partition("-")[0]
    return (
        f"{report.started_at} · {_processor()}, {os.cpu_count()} cores, {memory:.0f} GiB · "
        f"Linux {kernel}, Python {platform.python_version()} · `{report.command}`\n\n"
        f"{options.viewers:,} viewers, medians of {options.messages} messages of {PAYLOAD} bytes, "
        "one under way at a time."
    )


def notes(report: Report) -> list[str]:
    """What a reader has to know, and what is not in the tables."""
    found = [
        "CPU is user and system time of the server's processes. A poll's is for delivering and for "
        "the poll that comes back. Ours includes the database, which the others do not have.",
        "Delays count from publishing, with all that it takes.",
        "Memory is resident memory: the kernel's socket buffers are not in it.",
    ]
    if report.interrupted:
        found.append("INTERRUPTED: this is part of a run.")
    busy = [one for one in report.results if not one.timely]
    if not report.pinned:
        found.append("INVALID delays: server and generator shared the only core.")
    elif busy:
        names = ", ".join(f"{one.title} ({TRANSPORTS[one.transport]})" for one in busy)
        found.append(
            f"INVALID delays (in brackets): the generator used more than {BUSY:.0%} of its core "
            f"with {names}. CPU per delivery holds, since the server has a core of its own."
        )
    found += [
        f"{one.title}, {TRANSPORTS[one.transport]}: {count:,} viewers lost, {why}."
        for one in report.results
        for why, count in one.lost.items()
    ]
    found += [f"Left out: {title}: {why}." for title, why in report.left_out.items()]
    found += [f"FAILED: {title}: {why}." for title, why in report.failed.items()]
    if not report.is_judged:
        found.append(
            f"The goals are for {ENOUGH.viewers:,} viewers and {ENOUGH.messages} messages or more: "
            "shown, not judged."
        )
    return [f"- {note}" for note in found]


def write(report: Report, folder: Path) -> Path:
    """report.md, report.json and pictures in `folder`, which is made; the path of the first."""
    from loadtest.benchmark import pictures  # matplotlib takes a second to load

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.json").write_text(json.dumps(asdict(report), indent=1, ensure_ascii=False))
    text = words(report)
    for name, caption, picture in pictures.draw_all(report.results):
        (folder / name).write_text(picture)
        text += f"\n![{caption}]({name})\n"
    path = folder / "report.md"
    path.write_text(text)
    return path


def aligned(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table: first column left, others right."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]

    def line(cells: Sequence[str]) -> str:
        first, *others = zip(cells, widths, strict=True)
        return " | ".join([f"| {first[0]:<{first[1]}}", *(f"{c:>{w}}" for c, w in others)]) + " |"

    rule = "|".join(["", "-" * (widths[0] + 2), *("-" * (w + 1) + ":" for w in widths[1:]), ""])
    return "\n".join([line(head), rule, *map(line, rows)])


def number(value: float | None, unit: str) -> str:
    """With as many digits as mean something."""
    if value is None:
        return "–"
    return f"{value:,.1f} {unit}" if abs(value) < 100 else f"{value:,.0f} {unit}"


def delay(value: float | None, result: Result) -> str:
    """In brackets if it is the generator's."""
    text = number(value, "ms")
    return text if result.timely or value is None else f"({text})"


def share(value: float) -> str:
    """100 % is said of all only."""
    return "100%" if value == 1 else f"{min(value, 0.9999):.2%}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
