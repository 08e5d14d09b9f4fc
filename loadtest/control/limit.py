"""Finds the largest audience that a server holds: ×1.5 until it fails, then bisection."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import ceil

from loadtest.control.thresholds import Threshold
from loadtest.swarm.report.model import SwarmReport
from loadtest.swarm.report.text import format_value

GROWTH = 1.5
PRECISION = 0.1  # share of the size that failed, within which the limit is to be known


class Outcome(StrEnum):
    """What one size has shown."""

    HOLDS = "holds"
    FAILS = "fails"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class Step:
    """One size, and the report of its run."""

    size: int
    report: SwarmReport

    @property
    def outcome(self) -> Outcome:
        """A failure of the server counts, however it was measured; figures only if valid."""
        verdict = self.report.verdict
        if verdict.failures:
            return Outcome.FAILS
        if verdict.invalid or verdict.interrupted:
            return Outcome.INVALID
        crossed = any(one.crossed for one in self.report.thresholds)
        return Outcome.FAILS if crossed else Outcome.HOLDS


@dataclass(frozen=True, slots=True)
class Search:
    """A search between two sizes, of which the first is tried first."""

    smallest: int
    largest: int

    def next_size(self, steps: Sequence[Step]) -> int | None:
        """Return the next size to try, None if the search is over.

        An invalid step is tried once more. If it is invalid again, the search ends.
        """
        if not steps:
            return self.smallest
        last = steps[-1]
        if last.report.server.ended or last.report.verdict.interrupted:
            return None
        if last.outcome == Outcome.INVALID:
            again = len(steps) > 1 and steps[-2].size == last.size
            return None if again else last.size
        holds, fails = bounds(steps)
        if holds is None:
            return None
        if fails is None:
            return min(ceil(holds * GROWTH), self.largest) if holds < self.largest else None
        return (holds + fails) // 2 if fails - holds > PRECISION * fails else None

    def conclusion(self, steps: Sequence[Step]) -> str:
        """Return the result in a sentence: "holds 7,500, fails at 8,400"."""
        holds, fails = bounds(steps)
        parts = []
        if holds is not None:
            parts.append(f"holds {holds:,}")
        if fails is not None:
            parts.append(f"fails at {fails:,}")
        elif holds == self.largest:
            parts.append("the largest size that was asked for")
        if steps and steps[-1].outcome == Outcome.INVALID:
            parts.append(
                f"not known beyond: at {steps[-1].size:,} the run was invalid, which says nothing "
                "about the server"
            )
        return ", ".join(parts)


def bounds(steps: Sequence[Step]) -> tuple[int | None, int | None]:
    """Return the largest size that held and the smallest that failed, None without one."""
    holds = [step.size for step in steps if step.outcome == Outcome.HOLDS]
    fails = [step.size for step in steps if step.outcome == Outcome.FAILS]
    return max(holds, default=None), min(fails, default=None)


def as_table(steps: Sequence[Step], thresholds: Sequence[Threshold]) -> str:
    """Return a line for each step: its size, the figures of the thresholds, the outcome."""
    names = [str(threshold) for threshold in thresholds]
    lines = ["".join([f"{'viewers':>8}", *(f"{name:>{_width(name)}}" for name in names)])]
    for step in steps:
        values = [
            f"{format_value(one.value)} {one.unit}".strip().rjust(_width(one.text))
            for one in step.report.thresholds
        ]
        reasons = [*step.report.verdict.failures, *step.report.verdict.invalid]
        why = f": {reasons[0]}" if reasons and step.outcome != Outcome.HOLDS else ""
        lines.append("".join([f"{step.size:>8,}", *values, f"  {step.outcome}{why}"]))
    return "\n".join(lines)


def _width(name: str) -> int:
    return max(len(name), 10) + 2
