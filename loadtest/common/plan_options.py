"""The options that describe a plan, for the command line and for the admin's forms."""

import ipaddress
from argparse import ArgumentParser
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn

from loadtest.common.habits import Habits, parse_churn, parse_share
from loadtest.common.plan import (
    ON,
    TRANSPORT_CHOICES,
    Plan,
    contradictions,
    parse_rounds,
    parse_seconds,
)
from loadtest.common.shapes import SHAPE_CHOICES
from loadtest.common.target import Target
from loadtest.common.values import positive

NOWHERE = Target("", "", "", 0)
"""The target of a plan until the server is reached: wrong options are reported before that."""

MOST_ADDRESSES = 4096  # of a CIDR block


def add_plan_options(parser: ArgumentParser, local: str) -> None:
    """Add the options; `local` is the URL of this project's own server."""
    add = parser.add_argument
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
        action="store_true",
        help="viewers load the page and its files first, as browsers do",
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
        "--source-ip",
        action="append",
        default=[],
        help="address or CIDR block to connect from; may be repeated",
    )
    add("--insecure", action="store_true", help="accept any certificate")


class OptionParser(ArgumentParser):
    """Raises ValueError where `ArgumentParser` ends the program."""

    def error(self, message: str) -> NoReturn:
        raise ValueError(message)


def plan_parser() -> ArgumentParser:
    """Return a parser of these options alone. Their URL is needed."""
    parser = OptionParser(add_help=False, allow_abbrev=False)
    add_plan_options(parser, "")
    return parser


def parse_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return options by name, with defaults for those that are missing. Raises ValueError."""
    return vars(plan_parser().parse_args(command_line(options)))


def read_plan(options: Mapping[str, Any], simulators: int) -> Plan:
    """Return the plan that parsed options describe, with so many simulators, and no target yet.

    Raises ValueError for options that cannot be meant.
    """
    clients = options["clients"]
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
        page=options["page"],
        habits=habits,
        storm=options["storm"],
    )
    if found := contradictions(plan):
        raise ValueError("\n".join(found))
    return plan


def command_line(options: Mapping[str, Any]) -> list[str]:
    """Return the arguments that give these options, of `add_plan_options` by name."""
    found = [str(options["url"])] if "url" in options else []
    for name, value in options.items():
        option = f"--{name.replace('_', '-')}"
        if name == "url":
            continue
        if value is True:
            found.append(option)
        else:
            found += [f"{option}={one}" for one in (value if isinstance(value, list) else [value])]
    return found


def source_addresses(texts: Iterable[str]) -> tuple[str, ...]:
    """Expand addresses and CIDR blocks to addresses. Raises ValueError if one is neither."""
    found: list[str] = []
    for text in texts:
        network = ipaddress.ip_network(text, strict=False)
        if network.num_addresses > MOST_ADDRESSES:
            raise ValueError(f"{text} has more than {MOST_ADDRESSES:,} addresses")
        if network.num_addresses == 1:
            found.append(str(network.network_address))
        else:
            found += map(str, network.hosts())
    return tuple(found)
