"""Shows the progress of a run: a live table on a terminal, plain lines elsewhere."""

import time
from contextlib import AbstractContextManager
from types import TracebackType
from typing import TextIO

from rich.console import Console
from rich.live import Live
from rich.table import Table

from loadtest.swarm.run import Run

PLAIN_EVERY = 5.0  # seconds between two plain lines


class ProgressDisplay(AbstractContextManager["ProgressDisplay"]):
    """Shows runs. `mode` is auto (live on a terminal, else plain), live, plain or none."""

    def __init__(self, mode: str, out: TextIO) -> None:
        if mode == "auto":
            mode = "live" if out.isatty() else "plain"
        self.mode = mode
        self.out = out
        self._live = Live(console=Console(file=out), auto_refresh=False)
        self._shown = 0.0
        self._phase = ""

    def __enter__(self) -> "ProgressDisplay":
        if self.mode == "live":
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self.mode == "live":
            self._live.stop()

    def show(self, run: Run) -> None:
        """Show the present state; plain lines come with each phase and every few seconds."""
        if self.mode == "live":
            self._live.update(_table(run), refresh=True)
        elif self.mode == "plain":
            now = time.monotonic()
            if run.phase != self._phase or now - self._shown >= PLAIN_EVERY:
                self._phase, self._shown = run.phase, now
                line = "; ".join(f"{name} {value}" for name, value in facts(run).items() if value)
                self.out.write(f"{line}\n")
                self.out.flush()


def facts(run: Run) -> dict[str, str]:
    """Return the present state by name; empty strings where there is nothing to show."""
    left = max(run.ends - time.monotonic(), 0)
    sample = run.samples[-1] if run.samples else None
    here = run.watching
    due = sample.due if sample and run.phase == "ramp" else run.plan.clients
    failed = run.failures + run.losses
    away = sum(progress.away for progress in run.progress)
    shown = {
        "phase": run.phase,
        "time left": f"{left:.0f} s" if run.phase in ("ramp", "settle", "rounds") else "",
        "connected": f"{here:,} of {run.plan.clients:,}",
        "connecting": f"{max(due - here, 0):,}" if run.phase == "ramp" else "",
        "failed": f"{failed:,}" if failed else "",
        "pages": _pages(run),
        "away": f"{away:,}" if away else "",
        "message": _message(run),
        "server": "",
        "simulators": "",
    }
    if sample and sample.server_cpu:
        memory = sum(sample.server_memory.values()) / 2**20
        shown["server"] = f"{sum(sample.server_cpu.values()):.0%} CPU, {memory:,.0f} MiB"
    if sample:
        cpu = max(sample.simulator_cpu, default=0.0)
        shown["simulators"] = f"worst {cpu:.0%} CPU, {sample.lag * 1e3:.0f} ms late"
    return shown


def _pages(run: Run) -> str:
    """Describe how many pages were loaded, and how many failed."""
    if not run.plan.page:
        return ""
    loaded = sum(progress.pages for progress in run.progress)
    failed = sum(progress.page_failures for progress in run.progress)
    return f"{loaded:,} loaded, {failed:,} failed"


def _message(run: Run) -> str:
    """Describe the newest update: how many viewers have it, and the delays in ms."""
    if not run.sent:
        return ""
    newest = max(run.sent, key=lambda sent: sent.number)
    total = sum(entry.messages for entry in run.plan.rounds)
    marks = list(run.live.get(newest.seq, {}).values())
    count = sum(mark.count for mark in marks)
    if not count:
        return f"{newest.number + 1} of {total}"
    # Over simulators the quantiles are weighted means; the report has the exact ones.
    times = [
        min(mark.first for mark in marks),
        sum(mark.count * mark.p50 for mark in marks) / count,
        sum(mark.count * mark.p95 for mark in marks) / count,
        max(mark.last for mark in marks),
    ]
    delays = " / ".join(f"{(at - newest.intended) / 1e6:.0f}" for at in times)
    return (
        f"{newest.number + 1} of {total}: {count:,} have it, first / p50 / p95 / last {delays} ms"
    )


def _table(run: Run) -> Table:
    table = Table.grid(padding=(0, 2))
    for name, value in facts(run).items():
        if value:
            table.add_row(f"[dim]{name}[/dim]", value)
    return table
