"""Thresholds: when a run counts as failed, such as "p95>500" or "every 1 s: last>1000"."""

import operator
import re
from collections.abc import Sequence
from dataclasses import dataclass

from loadtest.common.exit_codes import ExitCode, first_outcome
from loadtest.common.plan import Round
from loadtest.control.figures import DELAYS, NAMES, read_figure, read_round, unit_of
from loadtest.swarm.report.model import SwarmReport, ThresholdReport

PATTERN = re.compile(
    r"\s*(?:every\s+(?P<every>[\d.]+)\s*s\s*:)?\s*(?P<name>[a-z][\w-]*)\s*(?P<operator>>=|<=|>|<)"
    r"\s*(?P<limit>\d+(?:\.\d+)?)\s*(?P<unit>\S*)\s*"
)
OPERATORS = {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le}


@dataclass(frozen=True, slots=True)
class Threshold:
    """A figure must not be on this side of a limit, in the whole run or in one round."""

    name: str
    operator: str
    limit: float
    every: float | None = None  # seconds: the interval of the round

    def __str__(self) -> str:
        scope = "" if self.every is None else f"every {self.every:g} s: "
        return f"{scope}{self.name}{self.operator}{self.limit:g}"

    def check(self, report: SwarmReport) -> ThresholdReport:
        """Return the measured value, and whether the threshold was crossed."""
        if self.every is None:
            values = [read_figure(report, self.name)]
        else:
            rounds = [entry for entry in report.rounds if entry.interval == self.every]
            values = [read_round(report, entry, self.name) for entry in rounds]
        known = [value for value in values if value is not None]
        worst = max if self.operator.startswith(">") else min
        value = worst(known) if known else None
        crossed = value is not None and OPERATORS[self.operator](value, self.limit)
        return ThresholdReport(str(self), value, unit_of(self.name), crossed)


def parse_threshold(text: str, rounds: Sequence[Round]) -> Threshold:
    """Parse a threshold for a plan with these rounds.

    Raises ValueError with a message for the command line.
    """
    found = PATTERN.fullmatch(text)
    if found is None:
        raise ValueError(
            f'{text!r} is not a threshold, such as "p95>500" or "every 1 s: last>1000"'
        )
    name, every = found["name"], found["every"] and float(found["every"])
    if name not in NAMES:
        raise ValueError(f"{text!r}: there is no figure {name}. Use one of: {', '.join(NAMES)}")
    if found["unit"] not in ("", unit_of(name)):
        raise ValueError(f"{text!r}: {name} is measured in {unit_of(name) or 'numbers'}")
    if every is not None and name not in [figure.name for figure in DELAYS]:
        raise ValueError(f"{text!r}: {name} is measured over the whole run, not by round")
    if every is not None and every not in [entry.interval for entry in rounds]:
        raise ValueError(
            f"{text!r}: no round publishes every {every:g} s; the rounds are "
            + ",".join(map(str, rounds))
        )
    return Threshold(name, found["operator"], float(found["limit"]), every)


def check_thresholds(report: SwarmReport, thresholds: Sequence[Threshold]) -> None:
    """Enter thresholds and their outcome into a report.

    A figure that is unknown proves nothing: it makes the run invalid, instead of passing.
    """
    report.thresholds = [threshold.check(report) for threshold in thresholds]
    verdict = report.verdict
    verdict.invalid += [
        f"threshold {one.text}: this figure was not measured"
        for threshold, one in zip(thresholds, report.thresholds, strict=True)
        if one.value is None
    ]
    verdict.valid = not verdict.invalid
    found = [ExitCode(verdict.exit_code)]
    if any(one.crossed for one in report.thresholds):
        found.append(ExitCode.GOAL_MISSED)
    if verdict.invalid:
        found.append(ExitCode.INVALID)
    verdict.exit_code = first_outcome(found)
