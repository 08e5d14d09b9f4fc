"""The options of `manage.py swarm`."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from redis import Redis

from loadtest.common.plan import Plan
from loadtest.common.plan_options import add_plan_options
from loadtest.common.values import positive
from loadtest.control.launch import aim, draft_plan
from loadtest.control.starting import own_url
from loadtest.experiments.story import KEYS


def add_options(parser: ArgumentParser) -> None:
    """Add the options of `manage.py swarm`."""
    add_plan_options(parser, own_url())
    add = parser.add_argument
    add(
        "--via",
        choices=["http"],
        default="http",
        help="how updates are published (default: %(default)s)",
    )
    add(
        "--token",
        default="",
        help="API token, for a server with another database (default: a temporary one)",
    )
    add(
        "--allow-host",
        action="append",
        default=[],
        help="a host with a public address that is yours; may be repeated",
    )
    add(
        "--fail-if",
        metavar="THRESHOLD",
        action="append",
        default=[],
        help="exit with 3 if a figure crosses a limit, such as 'p95>500' or "
        "'every 1 s: last>1000'; may be repeated",
    )
    add("--junit", type=Path, metavar="FILE", help="file for the outcome as JUnit XML")
    add(
        "--find-limit",
        metavar="THRESHOLD",
        help="find the largest audience that does not cross this threshold",
    )
    add(
        "--from",
        dest="smallest",
        type=positive,
        default=500,
        metavar="N",
        help="with --find-limit, the first size (default: %(default)s)",
    )
    add(
        "--to",
        dest="largest",
        type=positive,
        default=20_000,
        metavar="N",
        help="with --find-limit, the largest size (default: %(default)s)",
    )
    add("--label", default="", help="a name for the run, in its report")
    add("--repeat", type=positive, default=1, metavar="N", help="play the run so many times")
    add(
        "--compare",
        nargs=2,
        type=Path,
        metavar=("A", "B"),
        help="start nothing; compare two reports, or folders with those of repeats",
    )
    add(
        "--tidy",
        action="store_true",
        help="start nothing; put away what killed runs left in the local database",
    )
    add(
        "--past-limits",
        action="store_true",
        help="start although the server has room for fewer viewers, to see how it fails",
    )
    add("--ca", type=Path, metavar="FILE", help="certificates to trust, in PEM")
    add("--report", type=Path, help="folder for report.json and its page, or a comparison's")
    add(
        "--matrix",
        choices=["blog"],
        help="try the findings of 2012 again, each on servers of its own; of the other options "
        "only --scale, --finding and --report count",
    )
    add(
        "--scale",
        type=float,
        default=0.2,
        help="with --matrix, the audience as a share of the 10,000 viewers of 2012 (default: "
        "%(default)s)",
    )
    add(
        "--finding",
        action="append",
        choices=KEYS,
        help="with --matrix, a finding to try; may be repeated (default: all)",
    )
    add(
        "--progress",
        choices=["auto", "plain", "none"],
        default="auto",
        help="live table on a terminal, plain lines elsewhere, or none (default: %(default)s)",
    )


def plan_of(options: dict[str, Any], redis: Redis | None) -> Plan:
    """Return the plan that the options describe, with its simulators on the workers of `redis`.

    Raises ValueError for options that cannot be meant, and `PreflightFailed` if the server cannot
    be reached, or workers are missing.
    """
    if options["find_limit"]:
        options = options | {"clients": options["largest"]}
    plan = draft_plan(options, redis)
    if options["find_limit"]:
        _check_search(options, plan)
    return aim(plan, options)


def _check_search(options: dict[str, Any], plan: Plan) -> None:
    """Raise ValueError for options that contradict a search for the limit."""
    if options["smallest"] >= options["largest"]:
        raise ValueError("--from must be less than --to")
    if plan.simulators > options["smallest"]:
        raise ValueError("--simulators must be at most --from")
    for option in ("fail_if", "storm", "expect_restart", "junit"):
        if options[option]:
            raise ValueError(f"--find-limit and --{option.replace('_', '-')} exclude each other")
    if options["repeat"] > 1:
        raise ValueError("--find-limit and --repeat exclude each other")
    if options["shape"] != "linear":
        raise ValueError("--find-limit lets viewers come evenly, so --shape must be linear")
    if plan.habits.churn or plan.habits.asleep:
        raise ValueError("--find-limit lets viewers come and go itself: no --churn, no --asleep")
