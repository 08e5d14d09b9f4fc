"""Samples server, simulators and machine while a run goes on: one sample a second."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import psutil

from loadtest.common import machine
from loadtest.common.server_processes import ServerProcesses, Usage
from loadtest.swarm.messages import ProgressReport
from loadtest.swarm.run import SAMPLE, Run, Sample


class Sampler:
    """Compares each moment with the one before."""

    def __init__(self, run: Run, server: ServerProcesses) -> None:
        self.run = run
        self.server = server
        self._at = time.monotonic()
        self._usage = server.usage()
        self._reports = list(run.progress)
        self._machine = psutil.cpu_times()

    async def sample_until_cancelled(self, show: Callable[[Run], None]) -> None:
        """Add samples to the run, and show it after each."""
        while True:
            await asyncio.sleep(SAMPLE)
            self.run.samples.append(self.sample())
            show(self.run)

    def sample(self) -> Sample:
        """Return a sample of the time since the last one."""
        run = self.run
        now, usage, cpu_times = time.monotonic(), self.server.usage(), psutil.cpu_times()
        reports = list(run.progress)
        sample = Sample(
            at=now - run.began,
            phase=run.phase,
            due=self._due(now),
            ws=run.present["ws"],
            poll=run.present["poll"],
            failures=run.failures,
            server_cpu={
                pid: (usage[pid].cpu - self._usage[pid].cpu) / (now - self._at)
                for pid in usage.keys() & self._usage.keys()
            },
            server_memory={pid: one.memory for pid, one in usage.items()},
            server_files=sum(one.files for one in usage.values()),
            simulator_cpu=[_cores(*pair) for pair in zip(self._reports, reports, strict=True)],
            lag=max((report.lag for report in reports), default=0.0),
            machine=_busy(self._machine, cpu_times),
            sockets=machine.sockets(),
        )
        self._remove_ended_processes(usage)
        self._at, self._usage, self._reports, self._machine = now, usage, reports, cpu_times
        return sample

    def _remove_ended_processes(self, usage: dict[int, Usage]) -> None:
        for process in list(self.server.processes):
            if process.pid not in usage:
                self.server.processes.remove(process)
                self.run.server_errors.append(f"its process {process.pid} ended during the run")

    def _due(self, now: float) -> int:
        """Return how many viewers should have arrived according to the plan."""
        passed = max(now - self.run.began, 0.0)
        share = min(passed / self.run.ramp, 1.0) if self.run.ramp else 1.0
        return int(share * self.run.plan.clients)


def _cores(before: ProgressReport, after: ProgressReport) -> float:
    """Return the mean number of cores that a simulator used between two of its reports."""
    if not before.at or before.at == after.at:
        return 0.0
    return (after.cpu - before.cpu) / (after.at - before.at) * 1e9


def _busy(before: Any, after: Any) -> float:
    """Return the share of all cores' time that was not idle, between two psutil.cpu_times()."""
    total = sum(after) - sum(before)
    idle = after.idle + after.iowait - before.idle - before.iowait
    return float(1 - idle / total) if total else 0.0
