"""manage.py benchmark: Map Center beside other servers, on one machine, with one load."""

import asyncio
import os
import signal
import tempfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from loadtest.benchmark.goals import missed
from loadtest.benchmark.measure import measure
from loadtest.benchmark.report import TRANSPORT_TITLES, BenchmarkReport, as_markdown, write
from loadtest.benchmark.results import BenchmarkOptions
from loadtest.common.exit_codes import ExitCode
from loadtest.common.machine import (
    OWN_FILES,
    file_limit,
    raise_file_limit,
    separate_cores,
)
from loadtest.peers import PEERS, Peer, PeerFailed, PeerUnavailable, Placement, free_port
from viewers.fanout.relay_registry import RESERVED_FILES


class Command(BaseCommand):
    help = (
        "Start Map Center and other servers one after another, connect the same viewers to each, "
        "and compare them. With two cores or more, the server has one and the load generator "
        "another. Servers that are not installed are named and left out. Exit status: 0 all "
        "messages delivered and all measured goals met, 2 wrong options, 3 a goal missed, "
        "4 deliveries missing or a server failed, 6 not started, 130 interrupted."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        add = parser.add_argument
        default = BenchmarkOptions()
        add(
            "--viewers",
            type=int,
            default=default.viewers,
            help="viewers at each server (default: %(default)s)",
        )
        add(
            "--messages",
            type=int,
            default=default.messages,
            help="messages that count, after one to warm up (default: %(default)s)",
        )
        add(
            "--interval",
            type=float,
            default=default.interval,
            help="seconds of rest between two messages (default: %(default)s)",
        )
        names = [peer.name for peer in PEERS]
        add(
            "--only",
            action="append",
            choices=names,
            help="measure only this server; may be repeated (default: all)",
        )
        add(
            "--transport",
            choices=list(TRANSPORT_TITLES),
            help="how viewers connect (default: both, one after the other)",
        )
        add("--report", type=Path, metavar="DIR", help="folder for report.md, report.json, charts")
        add(
            "--port",
            type=int,
            help="port of the first server; each next one takes the next (default: free ports)",
        )

    def handle(self, **options: Any) -> None:
        load = BenchmarkOptions(options["viewers"], options["messages"], options["interval"])
        if load.viewers < 1 or load.messages < 1 or load.interval < 0:
            raise CommandError(
                "--viewers and --messages must be at least 1, and --interval at least 0.",
                returncode=ExitCode.USAGE,
            )
        check_file_limit(load.viewers)
        raise_file_limit()  # servers and the load generator inherit it
        cores = separate_cores()
        report = BenchmarkReport(load, pinned=cores is not None)
        if cores is not None:
            os.sched_setaffinity(0, {cores[1]})  # the load generator inherits it
        transports = [options["transport"]] if options["transport"] else TRANSPORT_TITLES
        wanted = [
            (peer, transport)
            for transport in transports
            for peer in PEERS
            if transport in peer.viewers and peer.name in (options["only"] or [peer.name])
        ]
        signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
        try:
            for number, (peer, transport) in enumerate(wanted):
                port = options["port"] + number if options["port"] else free_port()
                self.measure(peer, transport, port, cores and cores[0], report)
        except KeyboardInterrupt:
            report.interrupted = True
        self.stdout.write("\n" + as_markdown(report))
        if options["report"]:
            self.stdout.write(str(write(report, options["report"])))
        if status := exit_code(report):
            raise SystemExit(status)

    def measure(
        self,
        kind: type[Peer],
        transport: str,
        port: int,
        core: int | None,
        report: BenchmarkReport,
    ) -> None:
        """Measure one server, and add the result or the failure to the report."""
        title = f"{kind.title}, {TRANSPORT_TITLES[transport]}"
        self.stderr.write(f"{title} …")
        with tempfile.TemporaryDirectory(prefix="mapcenter-") as folder:
            placement = Placement(Path(folder), settings.STATE_DIRECTORY / "benchmark", port, core)
            try:
                result = asyncio.run(measure(kind(placement, transport), report.options))
            except PeerUnavailable as error:
                report.left_out[title] = str(error)
            except PeerFailed as error:
                report.failed[title] = str(error)
            else:
                report.results.append(result)


def exit_code(report: BenchmarkReport) -> ExitCode:
    """Return the exit status for a report."""
    if report.interrupted:
        return ExitCode.INTERRUPTED
    if not report.complete:
        return ExitCode.FAILED
    if report.is_judged and missed(report.results):
        return ExitCode.GOAL_MISSED
    return ExitCode.PASSED


def check_file_limit(viewers: int) -> None:
    """Raise CommandError if a process may not open enough files for the viewers."""
    needed = viewers + OWN_FILES + RESERVED_FILES
    if needed > file_limit():
        raise CommandError(
            f"open files: {needed:,} are needed and the hard limit is {file_limit():,}. Use fewer "
            f"viewers, or raise the limit: ulimit -Hn {needed}",
            returncode=ExitCode.NOT_STARTED,
        )
