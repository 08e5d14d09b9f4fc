"""The options of `manage.py swarm`, and the plan that they describe."""

from argparse import ArgumentParser
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.conf import settings
from redis import Redis

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
from loadtest.common.values import positive
from loadtest.control.play import ON, count_workers
from loadtest.experiments.story import KEYS
from loadtest.swarm.preflight import source_addresses
from loadtest.swarm.reach import check_allowed, resolve

NOWHERE = Target("", "", "", 0)
"""The target of a plan until the server is reached: wrong options are reported before that."""


def add_options(parser: ArgumentParser) -> None:
    """Add the options of `manage.py swarm`."""
    add = parser.add_argument
    local = f"http://127.0.0.1:{settings.PORT}/"
    add("url", nargs="?", default=local, help="the server (default: %(default)s)")
    add(
        "--clients",
        type=positive,
        default=1000,
        help="number of viewers (default: %(default)s)",
    )
    add(
        "--simulators",
        type=positive,
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
        help="with --transport mix, the share of viewers that poll (default: 0.5)",
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
        help="seconds over which viewers arrive; 0: all at once (default: the heartbeat interval)",
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
        "--fail-if",
        metavar="THRESHOLD",
        action="append",
        default=[],
        help="exit with 3 if a figure crosses a limit, such as 'p95>500' or "
        "'every 1 s: last>1000'; may be repeated",
    )
    add("--junit", type=Path, metavar="FILE", help="file for the outcome as JUnit XML")
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
    add("--insecure", action="store_true", help="accept any certificate")
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
    clients = options["clients"]
    if clients < 1:
        raise ValueError("--clients must be at least 1")
    simulators = options["simulators"]
    if redis is not None:
        simulators = min(count_workers(redis, simulators), clients)
    if simulators is None:
        simulators = min(cores(), clients)
    if simulators > clients:
        raise ValueError("--simulators must be at most --clients")
    poll_share = 0.5
    if options["poll_share"] is not None:
        poll_share = options["poll_share"]
        if options["transport"] != "mix":
            raise ValueError("--poll-share needs --transport mix")
    if not 0 <= poll_share <= 1:
        raise ValueError("--poll-share must be between 0 and 1")
    ramp = None if options["ramp"] == "heartbeat" else parse_seconds("--ramp", options["ramp"])
    rounds = parse_rounds(options["rounds"])
    source_ips = source_addresses(options["source_ip"])
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
        poll_share=poll_share,
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
