"""Launches runs: checks before, token, the run itself, verdict, thresholds. Blocks."""

import asyncio
import contextlib
import secrets
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from django.conf import settings
from redis import Redis

from loadtest.common.environment import describe
from loadtest.common.machine import cores
from loadtest.common.plan import Plan
from loadtest.common.plan_options import read_plan
from loadtest.control.limit import Search, Step
from loadtest.control.play import count_workers, play
from loadtest.control.thresholds import Threshold, check_thresholds
from loadtest.swarm import preflight
from loadtest.swarm.director import Director, ProgressView
from loadtest.swarm.growing_director import GrowingDirector
from loadtest.swarm.leftovers import PREFIX, local_token
from loadtest.swarm.reach import (
    PreflightFailed,
    check_allowed,
    check_ready,
    check_token_stays_here,
    is_local,
    resolve,
)
from loadtest.swarm.report.build import build_report
from loadtest.swarm.report.model import SwarmReport
from loadtest.swarm.run import Run
from loadtest.swarm.server_meter import ServerMeter, choose_meter
from loadtest.swarm.verdict import judge


def draft_plan(options: Mapping[str, Any], redis: Redis | None) -> Plan:
    """Return the plan that options describe, with its simulators on the workers of `redis`.

    It has no target yet: wrong options are found before the server is reached. Raises ValueError
    for options that cannot be meant, and `PreflightFailed` if workers are missing.
    """
    clients, simulators = options["clients"], options["simulators"]
    if redis is not None:
        simulators = min(count_workers(redis, simulators), clients)
    if simulators is None:
        simulators = min(cores(), clients)
    return read_plan(options, simulators)


def aim(plan: Plan, options: Mapping[str, Any]) -> Plan:
    """Return a plan with its target.

    Raises ValueError for an invalid URL, and `PreflightFailed` if nothing answers there, or it may
    be somebody else's.
    """
    target = resolve(options["url"], insecure=options["insecure"], ca=options.get("ca"))
    check_allowed(target, options.get("allow_host", []))
    return replace(plan, target=target)


@dataclass(frozen=True)
class Launcher:
    """What runs need beside their plans.

    `token` may be empty: a temporary one. `metrics` are the addresses of the servers behind a
    proxy. Without `redis` the simulators run on this machine.
    """

    view: ProgressView
    token: str = ""
    label: str = ""
    metrics: list[str] = field(default_factory=list)
    thresholds: Sequence[Threshold] = ()
    redis: Redis | None = None
    past_limits: bool = False  # start although the server has room for fewer viewers

    def launch(self, plan: Plan) -> SwarmReport:
        """Play a run and return its report.

        Raises `PreflightFailed` if it cannot start, and ValueError for an invalid URL of metrics.
        """
        with self._prepared(plan) as (run, meter, token):
            direct = partial(Director, run, meter, token, self.view)
            asyncio.run(play(run, self.redis, direct))
        return self._report(run)

    def find_limit(self, plan: Plan, search: Search) -> list[Step]:
        """Play one audience at several sizes, and return the steps of the search.

        The plan is that of the largest size. Raises as `launch`.
        """
        steps: list[Step] = []

        def choose(run: Run | None) -> int | None:
            if run is not None:
                steps.append(Step(run.plan.clients, self._report(run)))
            return search.next_size(steps)

        with self._prepared(plan) as (run, meter, token):
            direct = partial(GrowingDirector, run, meter, token, self.view, choose)
            last = asyncio.run(play(run, self.redis, direct))
        if last.interrupted:
            choose(last)
        return steps

    @contextlib.contextmanager
    def _prepared(self, plan: Plan) -> Iterator[tuple[Run, ServerMeter, str]]:
        """Check that a run can start, and give it what it needs: a meter and a token."""
        check_ready(plan.target)
        meter = choose_meter(plan.target, self.metrics)
        self._check_limits(plan, meter)
        if not self.token:
            check_token_stays_here(plan.target, settings.ALLOWED_HOSTS)
        run = Run(plan, f"{PREFIX}{secrets.token_hex(4)}", label=self.label)
        run.environment = describe(settings.VERSION)
        run.local, run.local_token = is_local(plan.target), not self.token
        given = contextlib.nullcontext(self.token) if self.token else local_token(run.slug)
        with given as token:
            yield run, meter, token

    def _report(self, run: Run) -> SwarmReport:
        report = build_report(run, judge(run))
        check_thresholds(report, self.thresholds)
        return report

    def _check_limits(self, plan: Plan, meter: ServerMeter) -> None:
        """Raise `PreflightFailed` if this machine, or the server, cannot carry the run."""
        limits = preflight.inspect(plan.target, meter.room())
        if self.redis is not None:  # each worker's machine checks its own
            limits = replace(limits, files=sys.maxsize, ports=sys.maxsize)
        if self.past_limits:
            limits = replace(limits, room=None)
        if found := preflight.problems(plan, limits):
            raise PreflightFailed("\n".join(found))
