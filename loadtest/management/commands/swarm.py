"""manage.py swarm: thousands of simulated viewers against a running server."""

import asyncio
import contextlib
import secrets
import sys
from argparse import ArgumentParser
from dataclasses import replace
from pathlib import Path
from typing import Any, TextIO, cast

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from loadtest.common.exit_codes import ExitCode
from loadtest.common.habits import Habits, parse_churn, parse_share
from loadtest.common.machine import cores
from loadtest.common.plan import (
    TRANSPORT_CHOICES,
    Plan,
    contradictions,
    parse_rounds,
    parse_seconds,
)
from loadtest.common.shapes import SHAPE_CHOICES
from loadtest.common.target import Target
from loadtest.control.play import ON, connect, count_workers, play
from loadtest.experiments.hypotheses import REPEATS
from loadtest.experiments.matrix import Finding, examine
from loadtest.experiments.story import KEYS, story
from loadtest.peers.base import PeerUnavailable
from loadtest.swarm import preflight
from loadtest.swarm.leftovers import PREFIX, local_token, tidy
from loadtest.swarm.progress import ProgressDisplay
from loadtest.swarm.reach import (
    PreflightFailed,
    check_allowed,
    check_ready,
    check_token_stays_here,
    is_local,
    resolve,
)
from loadtest.swarm.report.build import build_report
from loadtest.swarm.report.text import as_text
from loadtest.swarm.run import Run
from loadtest.swarm.server_meter import choose_meter
from loadtest.swarm.verdict import judge

NOWHERE = Target("", "", "", 0)
"""The target of a plan until the server is reached: wrong options are reported before that."""


class Command(BaseCommand):
    help = (
        "Connect thousands of simulated viewers to a running server, publish updates to them, and "
        "report how these arrived. Exit status: 0 passed, 2 wrong options, 4 the server failed, "
        "5 invalid (the swarm was the bottleneck), 6 not started, 130 interrupted."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        add = parser.add_argument
        local = f"http://127.0.0.1:{settings.PORT}/"
        add("url", nargs="?", default=local, help="the server (default: %(default)s)")
        add("--clients", type=int, default=1000, help="number of viewers (default: %(default)s)")
        add(
            "--simulators",
            type=int,
            help="processes that share the viewers (default: one a core; with --on rq, one a "
            "free worker)",
        )
        add(
            "--on",
            choices=ON,
            default="local",
            help="where simulators run: on this machine, or on RQ workers of any machine "
            "(default: %(default)s)",
        )
        add(
            "--transport",
            choices=TRANSPORT_CHOICES,
            default="ws",
            help="how viewers connect (default: %(default)s)",
        )
        add(
            "--poll-share",
            type=float,
            default=0.5,
            help="with --transport mix, the share of viewers that poll (default: %(default)s)",
        )
        add("--poll-reopen", action="store_true", help="open a new connection for every poll")
        add(
            "--client-pool",
            type=int,
            metavar="N",
            help="connections that all polls of a simulator share (default: one each)",
        )
        add(
            "--ramp",
            default="heartbeat",
            help="seconds over which viewers arrive; 0: all at once (default: the heartbeat "
            "interval)",
        )
        add(
            "--shape",
            choices=SHAPE_CHOICES,
            default="linear",
            help="how they arrive within the ramp (default: %(default)s)",
        )
        add(
            "--page",
            nargs="?",
            const="100%",
            default="0%",
            metavar="SHARE",
            help="viewers load the page and its files first, as browsers do (all, or a share)",
        )
        add("--churn", default="0%/min", help="share that leaves and comes back: 5%%/min")
        add("--asleep", default="0%", help="share that vanishes for a while, without closing: 10%%")
        add("--slow", default="0%", help="share of WebSockets that never read: 1%%")
        add("--fallback", default="0%", help="share whose WebSocket opens and stays silent: 10%%")
        add(
            "--storm",
            action="store_true",
            help="after the ramp, cut off all viewers; they come back at once",
        )
        add(
            "--rounds",
            default="10@5,10@2,10@1",
            help="MESSAGES@SECONDS,…: updates and their interval (default: %(default)s)",
        )
        add(
            "--settle",
            default="1",
            help="seconds between ramp and rounds (default: %(default)s)",
        )
        add(
            "--drain",
            default="10",
            help="seconds to wait for the last deliveries (default: %(default)s)",
        )
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
            "--source-ip",
            action="append",
            default=[],
            help="address or CIDR block to connect from; may be repeated",
        )
        add(
            "--metrics",
            metavar="URL",
            action="append",
            default=[],
            help="a server behind the proxy, whose /metrics has CPU, memory and viewers; may be "
            "repeated",
        )
        add(
            "--expect-restart",
            action="store_true",
            help="the server is restarted during the run: time how viewers come back",
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
        add("--insecure", action="store_true", help="accept any certificate")
        add("--report", type=Path, help="folder for report.json and report.html")
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

    def handle(self, **options: Any) -> None:
        if options["tidy"]:
            self.stdout.write("\n".join(tidy()) or "Nothing was left behind.")
            return
        if options["matrix"]:
            return self.examine(options)
        try:
            self.redis = connect() if options["on"] == "rq" else None
            plan = self.plan(options)
            run = self.play(plan, options)
        except ValueError as error:
            raise CommandError(str(error), returncode=ExitCode.USAGE) from error
        except PreflightFailed as error:
            raise CommandError(str(error), returncode=ExitCode.NOT_STARTED) from error
        verdict = judge(run)
        report = build_report(run, verdict)
        self.stdout.write(as_text(report))
        if options["report"]:
            from loadtest.swarm.report.page import write  # matplotlib takes a second to load

            self.stdout.write(f"\n{write(report, options['report'])}")
        if verdict.exit_code:
            raise SystemExit(verdict.exit_code)

    def examine(self, options: dict[str, Any]) -> None:
        """Try the findings of 2012 again. Raises `CommandError` if a program is missing."""
        from loadtest.experiments.page import write  # matplotlib takes a second to load

        if not 0.01 <= options["scale"] <= 2:
            raise CommandError("--scale must be between 0.01 and 2", returncode=ExitCode.USAGE)
        findings: list[Finding] = []
        for hypothesis in story(options["scale"]):
            if hypothesis.key not in (options["finding"] or KEYS):
                continue
            try:
                findings.append(examine(hypothesis, REPEATS, self.stdout.write))
            except PeerUnavailable as error:
                raise CommandError(str(error), returncode=ExitCode.NOT_STARTED) from error
            self.stdout.write(f"{hypothesis.key}: {findings[-1].outcome}. {findings[-1].reason}")
            if options["report"]:  # after each, since all of them take half an hour
                write(findings, options["report"])

    def plan(self, options: dict[str, Any]) -> Plan:
        """Return the plan that the options describe. Raises ValueError or `PreflightFailed`."""
        clients = options["clients"]
        if clients < 1:
            raise ValueError("--clients must be at least 1")
        simulators = options["simulators"]
        if self.redis is not None:
            simulators = min(count_workers(self.redis, simulators), clients)
        if simulators is None:
            simulators = min(cores(), clients)
        if not 1 <= simulators <= clients:
            raise ValueError("--simulators must be at least 1, and at most --clients")
        if not 0 <= options["poll_share"] <= 1:
            raise ValueError("--poll-share must be between 0 and 1")
        ramp = None if options["ramp"] == "heartbeat" else parse_seconds("--ramp", options["ramp"])
        rounds = parse_rounds(options["rounds"])
        source_ips = preflight.source_addresses(options["source_ip"])
        habits = Habits(
            page=parse_share("--page", options["page"]),
            churn=parse_churn("--churn", options["churn"]),
            asleep=parse_share("--asleep", options["asleep"]),
            slow=parse_share("--slow", options["slow"]),
            fallback=parse_share("--fallback", options["fallback"]),
        )
        plan = Plan(
            target=NOWHERE,
            clients=clients,
            simulators=simulators,
            transport=options["transport"],
            poll_share=options["poll_share"],
            poll_reopen=options["poll_reopen"],
            client_pool=options["client_pool"],
            ramp=ramp,
            shape=options["shape"],
            rounds=rounds,
            settle=parse_seconds("--settle", options["settle"]),
            drain=parse_seconds("--drain", options["drain"]),
            source_ips=source_ips,
            expect_restart=options["expect_restart"],
            habits=habits,
            storm=options["storm"],
        )
        if found := contradictions(plan):
            raise ValueError("\n".join(found))
        target = resolve(options["url"], insecure=options["insecure"], ca=options["ca"])
        check_allowed(target, options["allow_host"])
        return replace(plan, target=target)

    def play(self, plan: Plan, options: dict[str, Any]) -> Run:
        """Play the run. Raises `PreflightFailed` if it cannot start."""
        check_ready(plan.target)
        meter = choose_meter(plan.target, options["metrics"])
        limits = preflight.inspect(plan.target, meter.room())
        if self.redis is not None:  # each worker's machine checks its own
            limits = replace(limits, files=sys.maxsize, ports=sys.maxsize)
        if options["past_limits"]:
            limits = replace(limits, room=None)
        if found := preflight.problems(plan, limits):
            raise PreflightFailed("\n".join(found))
        given = options["token"]
        local = is_local(plan.target)
        if not given:
            check_token_stays_here(plan.target)
        slug = f"{PREFIX}{secrets.token_hex(4)}"
        run = Run(plan, slug, local=local, local_token=not given)
        token = contextlib.nullcontext(given) if given else local_token(slug)
        out = cast(TextIO, self.stdout._out)  # the wrapper adds line ends of its own
        with token as text, ProgressDisplay(options["progress"], out) as display:
            return asyncio.run(play(run, meter, text, display, self.redis))
