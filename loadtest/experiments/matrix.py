"""Runs the experiments of a matrix, each run a `manage.py swarm` of its own on fresh servers."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from loadtest.common.exit_codes import ExitCode
from loadtest.common.machine import separate_cores
from loadtest.common.processes import ROOT
from loadtest.experiments.hypotheses import REPEATS, Outcome, explain, judge, order, rounded
from loadtest.experiments.servers import Servers, running
from loadtest.experiments.story import Hypothesis, Report
from loadtest.peers.base import PeerFailed
from viewers.ops.supervisor import end_with_parent

RUN_TIMEOUT = 600.0  # seconds for one run
WITH_REPORT = (ExitCode.PASSED, ExitCode.FAILED, ExitCode.INVALID)
"""Exit statuses of runs that went to their end."""


@dataclass(slots=True)
class Finding:
    """What the runs of one hypothesis gave.

    `figures` and `reports` have a list for each variant; `problems` says which runs do not count.
    """

    hypothesis: Hypothesis
    figures: list[list[float]] = field(init=False)
    reports: list[list[Report]] = field(init=False)
    problems: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.figures = [[] for _ in self.hypothesis.variants]
        self.reports = [[] for _ in self.hypothesis.variants]

    def add(self, index: int, report: Report) -> str:
        """Take over the figure of a variant's run. Return it, or why it does not count."""
        variant = self.hypothesis.variants[index]
        figure = variant.measure.read(report)
        if variant.measure.of_valid and report["verdict"]["invalid"]:
            problem = f"invalid: {report['verdict']['invalid'][0]}"
        elif figure is None:
            problem = f"the run has no {variant.measure.name}"
        else:
            self.figures[index].append(figure)
            self.reports[index].append(report)
            return f"{rounded(figure)} {variant.measure.unit}"
        self.problems.append(f"{variant.label}: {problem}")
        return problem

    @property
    def outcome(self) -> Outcome:
        """The verdict. With too few runs that count, nothing is decided."""
        first, last = self.figures[0], self.figures[-1]
        if min(len(first), len(last)) < REPEATS:
            return Outcome.INCONCLUSIVE
        return judge(self.hypothesis.expected, first, last)

    @property
    def reason(self) -> str:
        """The figures behind the verdict, in a sentence."""
        first, last = self.figures[0], self.figures[-1]
        if min(len(first), len(last)) < REPEATS:
            problems = "".join(f" {problem}." for problem in self.problems)
            return f"Fewer than {REPEATS} runs of each variant count.{problems}"
        return explain(self.hypothesis.measure.unit, first, last)


class Skipped(Exception):
    """A run that does not count. The message says why."""


def examine(hypothesis: Hypothesis, repeats: int, show: Callable[[str], object]) -> Finding:
    """Run a hypothesis's variants `repeats` times each; `show` gets a line for each figure.

    Raises `PeerUnavailable` if a program that its servers need is not installed.
    """
    finding = Finding(hypothesis)
    set_ups = list(dict.fromkeys(variant.set_up for variant in hypothesis.variants))
    for chosen in order(len(set_ups), repeats):
        try:
            report = _run(*set_ups[chosen])
        except (Skipped, PeerFailed) as error:
            finding.problems.append(str(error))
            show(f"{hypothesis.key}: {error}")
            continue
        for index, variant in enumerate(hypothesis.variants):
            if variant.set_up == set_ups[chosen]:
                show(f"{hypothesis.key}, {variant.label}: {finding.add(index, report)}")
    return finding


def _run(servers: Servers, options: tuple[str, ...]) -> Report:
    """Run a swarm on fresh servers and return its report. Raises `Skipped` or `PeerFailed`."""
    with (
        tempfile.TemporaryDirectory(prefix="matrix-") as folder,
        running(servers, Path(folder)) as site,
    ):
        command = [sys.executable, "manage.py", "swarm", site.url, *options]
        command += ["--report", folder, "--progress", "none"]
        for url in site.hosts if len(site.hosts) > 1 else ():
            command += ["--metrics", f"{url}/metrics"]
        parent = os.getpid()

        def prepare() -> None:
            end_with_parent(parent)
            _leave_servers_their_core()

        try:
            done = subprocess.run(
                command,
                cwd=ROOT,
                env=site.environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=RUN_TIMEOUT,
                preexec_fn=prepare,
            )
        except subprocess.TimeoutExpired:
            raise Skipped(f"the swarm took more than {RUN_TIMEOUT:g} s") from None
        if done.returncode not in WITH_REPORT:
            last = done.stdout.strip().rpartition("\n")[2]
            raise Skipped(f"the swarm ended with status {done.returncode}: {last}")
        report: dict[str, Any] = json.loads(Path(folder, "report.json").read_text())
        return report


def _leave_servers_their_core() -> None:
    if (core := separate_cores()) is not None:
        os.sched_setaffinity(0, os.sched_getaffinity(0) - {core[0]})
