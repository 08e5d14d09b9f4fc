"""Watches server, simulators and machine while a run goes on: one sample a second."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import psutil

from loadtest.common import server
from loadtest.common.server import Server, Usage
from loadtest.swarm.run import SAMPLE, Run, Sample


class Watch:
    """Compares each moment with the one before."""

    def __init__(self, run: Run, server: Server) -> None:
        self.run = run
        self.server = server
        self._at = time.monotonic()
        self._usage = server.usage()
        self._reports = list(run.progress)
        self._machine = psutil.cpu_times()

    async def keep(self, show: Callable[[Run], None]) -> None:
        """Take samples, and show the run, until cancelled."""
        while True:
            await asyncio.sleep(SAMPLE)
            self.run.samples.append(self.sample())
            show(self.run)

    def sample(self) -> Sample:
        """What happened since the last one."""
        run = self.run
        now, usage, machine = time.monotonic(), self.server.usage(), psutil.cpu_times()
        reports = list(run.progress)
        sample = Sample(
            at=now - run.began,
            phase=run.phase,
            due=self._due(now),
            ws=run.present("ws"),
            poll=run.present("poll"),
            failures=run.blamed("failures").total(),
            server_cpu={
                pid: (usage[pid].cpu - self._usage[pid].cpu) / (now - self._at)
                for pid in usage.keys() & self._usage.keys()
            },
            server_memory={pid: one.memory for pid, one in usage.items()},
            server_files=sum(one.files for one in usage.values()),
            simulator_cpu=[_cores(*pair) for pair in zip(self._reports, reports, strict=True)],
            lag=max((report.get("lag", 0.0) for report in reports), default=0.0),
            machine=_busy(self._machine, machine),
            sockets=server.sockets(),
        )
        self._look_for_the_dead(usage)
        self._at, self._usage, self._reports, self._machine = now, usage, reports, machine
        return sample

    def _look_for_the_dead(self, usage: dict[int, Usage]) -> None:
        for process in list(self.server.processes):
            if process.pid not in usage:
                self.server.processes.remove(process)
                self.run.problems.append(f"its process {process.pid} ended during the run")

    def _due(self, now: float) -> int:
        """How many viewers should have come, by the plan."""
        passed = max(now - self.run.began, 0.0)
        share = min(passed / self.run.ramp, 1.0) if self.run.ramp else 1.0
        return int(share * self.run.plan.clients)


def _cores(before: dict[str, Any], after: dict[str, Any]) -> float:
    """Cores that a simulator used between two of its reports."""
    if not before or before["at"] == after["at"]:
        return 0.0
    return float((after["cpu"] - before["cpu"]) / (after["at"] - before["at"]) * 1e9)


def _busy(before: Any, after: Any) -> float:
    """Share of all cores' time that was not idle."""
    total = sum(after) - sum(before)
    idle = after.idle + after.iowait - before.idle - before.iowait
    return float(1 - idle / total) if total else 0.0
