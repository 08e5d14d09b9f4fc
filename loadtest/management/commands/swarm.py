"""manage.py swarm: thousands of simulated viewers against a running server."""

import asyncio
import contextlib
import secrets
from argparse import ArgumentParser
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any, TextIO, cast

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from broadcaster.models import ApiToken
from loadtest.common.http_api import Api, Unanswered
from loadtest.common.plan import TRANSPORTS, Plan, parse_rounds
from loadtest.common.server import Server, cores
from loadtest.swarm import preflight
from loadtest.swarm.director import Swarm
from loadtest.swarm.preflight import Refused
from loadtest.swarm.progress import Progress
from loadtest.swarm.report import figures
from loadtest.swarm.report.text import words
from loadtest.swarm.run import Run
from loadtest.swarm.verdict import REFUSED, USAGE, judge

USER = "swarm"
PERMISSIONS = ("add_broadcast", "take_broadcast", "run_broadcast")


class Command(BaseCommand):
    help = (
        "Play thousands of viewers against a running server, broadcast to them, and report how "
        "it arrived. Exit status: 0 passed, 2 usage, 4 the server failed, 5 invalid (the swarm "
        "was the bottleneck), 6 refused before it began, 130 interrupted."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        add = parser.add_argument
        add("url", nargs="?", default=f"http://127.0.0.1:{settings.PORT}/", help="the server")
        add("--clients", type=int, default=1000, help="viewers in all (1000)")
        add("--simulators", type=int, help="processes that share them (one per core)")
        add("--transport", choices=TRANSPORTS, default="ws", help="how viewers connect (ws)")
        add("--poll-share", type=float, default=0.5, help="of a mix, who polls (0.5)")
        add("--poll-reopen", action="store_true", help="a new connection for every poll")
        add(
            "--ramp",
            default="heartbeat",
            help="seconds over which viewers arrive; 0: all at once (the heartbeat interval)",
        )
        add("--rounds", default="10@5,10@2,10@1", help="MESSAGES@SECONDS,… (10@5,10@2,10@1)")
        add("--settle", type=float, default=1.0, help="seconds between ramp and rounds (1)")
        add("--drain", type=float, default=10.0, help="seconds for the last deliveries (10)")
        add("--via", choices=["http"], default="http", help="how updates are published (http)")
        add("--token", default="", help="of the publishing API, for a server elsewhere")
        add("--allow-host", action="append", default=[], help="a public host that is yours")
        add("--source-ip", action="append", default=[], help="address or CIDR to connect from")
        add("--report", type=Path, help="folder for figures.json and figures.html")
        add("--progress", choices=["auto", "plain", "none"], default="auto")

    def handle(self, **options: Any) -> None:
        try:
            plan = self.plan(options)
            run = self.play(plan, options)
        except ValueError as error:
            raise CommandError(str(error), returncode=USAGE) from error
        except Refused as error:
            raise CommandError(str(error), returncode=REFUSED) from error
        verdict = judge(run)
        found = figures.numbers(run, verdict)
        self.stdout.write(words(found))
        if options["report"]:
            self.stdout.write(f"\n{figures.write(found, options['report'])}")
        if verdict.exit_code:
            raise SystemExit(verdict.exit_code)

    def plan(self, options: dict[str, Any]) -> Plan:
        """The run that the options describe. Raises ValueError or `Refused`."""
        clients = options["clients"]
        simulators = options["simulators"] or min(cores(), clients)
        if not 1 <= simulators <= clients:
            raise ValueError("there must be a simulator at least, and a viewer for each")
        if not 0 <= options["poll_share"] <= 1:
            raise ValueError("--poll-share is a share, from 0 to 1")
        ramp = None if options["ramp"] == "heartbeat" else float(options["ramp"])
        if min(ramp or 0, options["settle"], options["drain"]) < 0:
            raise ValueError("--ramp, --settle and --drain cannot be negative")
        rounds = parse_rounds(options["rounds"])
        source_ips = preflight.source_addresses(options["source_ip"])
        target = preflight.resolve(options["url"])
        preflight.check_allowed(target, options["allow_host"])
        return Plan(
            target=target,
            clients=clients,
            simulators=simulators,
            transport=options["transport"],
            poll_share=options["poll_share"],
            poll_reopen=options["poll_reopen"],
            ramp=ramp,
            rounds=rounds,
            settle=options["settle"],
            drain=options["drain"],
            source_ips=source_ips,
        )

    def play(self, plan: Plan, options: dict[str, Any]) -> Run:
        """The run. Raises `Refused`."""
        try:
            answer = Api(plan.target).ready()
        except Unanswered as error:
            raise Refused(f"{plan.target.url} does not answer: {error}") from error
        if answer.status != HTTPStatus.OK:
            reason = answer.data.get("error", "is it a Map Center?")
            raise Refused(f"{plan.target.url} is not ready: {answer.status}, {reason}")
        local = preflight.is_here(plan.target)
        server = Server.find(plan.target.port) if local else Server()
        if found := preflight.problems(plan, preflight.inspect(plan.target, server)):
            raise Refused("\n".join(found))
        run = Run(plan, slug=f"swarm-{secrets.token_hex(4)}", local=local)
        token = contextlib.nullcontext(options["token"]) if options["token"] else local_token()
        out = cast(TextIO, self.stdout._out)  # the wrapper adds line ends of its own
        with token as text, Progress(options["progress"], out) as view:
            return asyncio.run(Swarm(run, server, text, view).play())


@contextlib.contextmanager
def local_token() -> Iterator[str]:
    """A token in this project's own database, for a user of its own, deleted afterwards.

    A run that is killed leaves it behind: revoke it in the admin, by its note.
    """
    try:
        user, _ = get_user_model().objects.get_or_create(
            username=USER, defaults={"password": "!", "is_staff": False}
        )
        user.user_permissions.set(
            Permission.objects.filter(
                content_type__app_label="broadcaster", codename__in=PERMISSIONS
            )
        )
        text = ApiToken.issue(user, "manage.py swarm, while it runs")
    except DatabaseError as error:
        raise Refused(f"No token could be made in the local database: {error}") from error
    try:
        yield text
    finally:
        ApiToken.objects.filter(digest=ApiToken.hash(text)).delete()
