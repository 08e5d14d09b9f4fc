"""manage.py swarm: thousands of simulated viewers against a running server."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any, TextIO, cast

from django.core.management.base import BaseCommand, CommandError

from loadtest.common.exit_codes import ExitCode, first_outcome
from loadtest.common.plan import Plan, parse_rounds
from loadtest.common.values import is_writable
from loadtest.control.compare import Side, as_table, load_side, spread_text
from loadtest.control.junit import as_junit
from loadtest.control.launch import Launcher
from loadtest.control.limit import Outcome, Search
from loadtest.control.limit import as_table as limit_table
from loadtest.control.play import connect
from loadtest.control.thresholds import parse_threshold
from loadtest.experiments.hypotheses import REPEATS
from loadtest.experiments.matrix import Finding, examine
from loadtest.experiments.story import KEYS, story
from loadtest.management.swarm_options import add_options, plan_of
from loadtest.peers.base import PeerUnavailable
from loadtest.swarm.leftovers import tidy
from loadtest.swarm.progress import ProgressDisplay
from loadtest.swarm.reach import PreflightFailed
from loadtest.swarm.report.model import SwarmReport
from loadtest.swarm.report.text import as_text


class Command(BaseCommand):
    help = (
        "Connect thousands of simulated viewers to a running server, publish updates to them, and "
        "report how these arrived. Exit status: 0 passed, 2 wrong options, 3 a threshold was "
        "crossed, 4 the server failed, 5 invalid (the figures prove nothing), 6 not started, "
        "130 interrupted."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_options(parser)

    def handle(self, **options: Any) -> None:
        try:
            code = self.run_mode(options)
        except ValueError as error:
            raise CommandError(str(error), returncode=ExitCode.USAGE) from error
        except PreflightFailed as error:
            raise CommandError(str(error), returncode=ExitCode.NOT_STARTED) from error
        if code:
            raise SystemExit(code)

    def run_mode(self, options: dict[str, Any]) -> ExitCode:
        """Do what the options ask for. Raises ValueError and `PreflightFailed`."""
        if options["tidy"]:
            self.stdout.write("\n".join(tidy()) or "Nothing was left behind.")
            return ExitCode.PASSED
        if options["matrix"]:
            return self.examine(options)
        if options["compare"]:
            a, b = options["compare"]
            return self.compare(a, b, options["report"])
        if not options["label"].isprintable():
            raise ValueError("--label has control characters")
        for option in ("report", "junit"):
            if options[option] and not is_writable(options[option]):
                raise ValueError(f"--{option}: {options[option]} cannot be written")
        rounds = parse_rounds(options["rounds"])
        limit = options["find_limit"]
        texts = [limit] if limit else options["fail_if"]
        thresholds = [parse_threshold(text, rounds) for text in texts]
        redis = connect() if options["on"] == "rq" else None
        plan = plan_of(options, redis)
        out = cast(TextIO, self.stdout._out)  # the wrapper adds line ends of its own
        with ProgressDisplay(options["progress"], out) as display:
            launcher = Launcher(
                view=display,
                token=options["token"],
                label=options["label"],
                metrics=options["metrics"],
                thresholds=thresholds,
                past_limits=options["past_limits"] or bool(limit),
                redis=redis,
            )
            if limit:
                return self.find_limit(launcher, plan, options)
            return self.repeat(launcher, plan, options)

    def repeat(self, launcher: Launcher, plan: Plan, options: dict[str, Any]) -> ExitCode:
        """Play the plan, once or several times, and return the outcome that counts."""
        count, folder = options["repeat"], options["report"]
        reports: list[SwarmReport] = []
        for number in range(1, count + 1):
            reports.append(launcher.launch(plan))
            self.show(reports[-1], folder / str(number) if folder and count > 1 else folder)
            if reports[-1].interrupted:
                break
        if options["junit"]:
            options["junit"].write_text(as_junit(reports))
        if count > 1:
            self.stdout.write(f"\n{spread_text(Side(options['label'], reports))}")
        return first_outcome(ExitCode(report.verdict.exit_code) for report in reports)

    def find_limit(self, launcher: Launcher, plan: Plan, options: dict[str, Any]) -> ExitCode:
        """Find the largest audience that holds."""
        search = Search(options["smallest"], plan.clients)
        steps = launcher.find_limit(plan, search)
        if folder := options["report"]:
            # matplotlib takes a second to load
            from loadtest.control.limit_page import step_folder, write_limit

            for number, step in enumerate(steps, start=1):
                self.write(step.report, folder / step_folder(number, step))
            self.stdout.write(f"\n{write_limit(search, steps, launcher.thresholds, folder)}")
        self.stdout.write(f"\n{limit_table(steps, launcher.thresholds)}")
        self.stdout.write(f"\n{search.conclusion(steps)}")
        last = steps[-1]
        if last.report.verdict.interrupted:
            return ExitCode.INTERRUPTED
        return ExitCode.INVALID if last.outcome == Outcome.INVALID else ExitCode.PASSED

    def show(self, report: SwarmReport, folder: Path | None) -> None:
        """Print a report, and write it to a folder if there is one."""
        self.stdout.write(as_text(report))
        if folder:
            self.write(report, folder)

    def write(self, report: SwarmReport, folder: Path) -> None:
        """Write a report to a folder, and print the path of its page."""
        from loadtest.swarm.report.page import write  # matplotlib takes a second to load

        self.stdout.write(f"\n{write(report, folder)}")

    def compare(self, a: Path, b: Path, folder: Path | None) -> ExitCode:
        """Compare two reports, or two folders with the reports of repeats."""
        sides = load_side(a), load_side(b)
        self.stdout.write(as_table(*sides))
        if folder:
            from loadtest.control.compare_page import write_comparison

            self.stdout.write(f"\n{write_comparison(*sides, folder)}")
        return ExitCode.PASSED

    def examine(self, options: dict[str, Any]) -> ExitCode:
        """Try the findings of 2012 again. Raises `PreflightFailed` if a program is missing."""
        from loadtest.experiments.page import write  # matplotlib takes a second to load

        if not 0.01 <= options["scale"] <= 2:
            raise ValueError("--scale must be between 0.01 and 2")
        findings: list[Finding] = []
        for hypothesis in story(options["scale"]):
            if hypothesis.key not in (options["finding"] or KEYS):
                continue
            try:
                findings.append(examine(hypothesis, REPEATS, self.stdout.write))
            except PeerUnavailable as error:
                raise PreflightFailed(str(error)) from error
            self.stdout.write(f"{hypothesis.key}: {findings[-1].outcome}. {findings[-1].reason}")
            if options["report"]:  # after each, since all of them take half an hour
                write(findings, options["report"])
        return ExitCode.PASSED
