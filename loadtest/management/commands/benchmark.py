"""manage.py benchmark: ours and the servers that people would pick instead, side by side."""

import asyncio
import os
import resource
import signal
import tempfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from loadtest.benchmark.goals import missed
from loadtest.benchmark.machine import cores
from loadtest.benchmark.measure import Options, measure
from loadtest.benchmark.report import TRANSPORTS, Report, words, write
from loadtest.peers import PEERS, Broken, Missing, Peer, Place, free_port
from loadtest.swarm.preflight import OWN_FILES, SERVER_RESERVE
from loadtest.swarm.verdict import FAILURE, INTERRUPTED, REFUSED, THRESHOLD, USAGE


class Command(BaseCommand):
    help = (
        "Start ours and other servers one after another, each on a core of its own if there are "
        "two, bring the same viewers to each, and compare. What is not installed is named and "
        "left out. Exit status: 0 every delivery made and every measured goal met, 2 usage, "
        "3 a goal missed, 4 deliveries missing or a server failed, 6 refused before it began, "
        "130 interrupted."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        add = parser.add_argument
        default = Options()
        add("--viewers", type=int, default=default.viewers, help=f"({default.viewers})")
        add("--messages", type=int, default=default.messages, help=f"({default.messages})")
        add("--interval", type=float, default=default.interval, help="seconds between two (1)")
        names = [peer.name for peer in PEERS]
        add("--only", action="append", choices=names, help="a server; may be repeated (all)")
        add("--transport", choices=list(TRANSPORTS), help="one of the two (both)")
        add("--report", type=Path, metavar="DIR", help="for report.md, report.json, pictures")
        add("--port", type=int, help="the first server's, the next one's is one more (free ones)")

    def handle(self, **options: Any) -> None:
        load = Options(options["viewers"], options["messages"], options["interval"])
        if load.viewers < 1 or load.messages < 1 or load.interval < 0:
            raise CommandError("viewers and messages are at least 1 each", returncode=USAGE)
        raise_file_limit(load.viewers)
        pair = cores()
        if pair is not None:
            os.sched_setaffinity(0, {pair[1]})  # the generator inherits it
        report = Report(load, pinned=pair is not None)
        transports = [options["transport"]] if options["transport"] else TRANSPORTS
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
                self.measure(peer, transport, port, pair and pair[0], report)
        except KeyboardInterrupt:
            report.interrupted = True
        self.stdout.write("\n" + words(report))
        if options["report"]:
            self.stdout.write(str(write(report, options["report"])))
        if status := exit_status(report):
            raise SystemExit(status)

    def measure(
        self, kind: type[Peer], transport: str, port: int, core: int | None, report: Report
    ) -> None:
        """Measure one server, and add what came of it to the report."""
        title = f"{kind.title}, {TRANSPORTS[transport]}"
        self.stderr.write(f"{title} …")
        with tempfile.TemporaryDirectory(prefix="mapcenter-") as folder:
            place = Place(Path(folder), settings.STATE_DIRECTORY / "benchmark", port, core)
            try:
                result = asyncio.run(measure(kind(place, transport), report.options))
            except Missing as missing:
                report.left_out[title] = str(missing)
            except Broken as broken:
                report.failed[title] = str(broken)
            else:
                report.results.append(result)


def exit_status(report: Report) -> int:
    """0 if all is well."""
    if report.interrupted:
        return INTERRUPTED
    if not report.complete:
        return FAILURE
    return THRESHOLD if report.is_judged and missed(report.results) else 0


def raise_file_limit(viewers: int) -> None:
    """As many open files as may be; servers inherit it. Raises CommandError if too few."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = viewers + OWN_FILES + SERVER_RESERVE
    if needed > hard:
        raise CommandError(
            f"open files: {needed:,} are needed and the hard limit is {hard:,}. Use fewer viewers, "
            f"or raise it: ulimit -Hn {needed}",
            returncode=REFUSED,
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
