"""Samples server, simulators and machine while a run goes on: one sample a second."""

import asyncio
import time
from bisect import bisect
from collections.abc import Callable
from typing import Any

import psutil

from loadtest.common import machine
from loadtest.swarm.messages import ProgressReport
from loadtest.swarm.run import Run
from loadtest.swarm.samples import SAMPLE, Sample
from loadtest.swarm.server_meter import Reading, ServerMeter


class Sampler:
    """Compares each moment with the one before."""

    def __init__(self, run: Run, meter: ServerMeter) -> None:
        self.run = run
        self.meter = meter
        self._at = time.monotonic()
        self._reading = Reading()
        self._server_cpu: dict[str, float] = {}
        self._asking: asyncio.Task[Reading] | None = None
        self._reports = list(run.progress)
        self._machine = psutil.cpu_times()
        plan = run.plan
        self._arrivals = sorted(
            viewer.arrival for number in range(plan.simulators) for viewer in plan.viewers(number)
        )

    async def sample_until_cancelled(self, show: Callable[[Run], None]) -> None:
        """Add samples to the run, and show it after each."""
        while True:
            await asyncio.sleep(SAMPLE)
            self._read_server()
            self.run.samples.append(self.sample())
            show(self.run)

    def sample(self) -> Sample:
        """Return a sample of the time since the last one."""
        run = self.run
        now, cpu_times = time.monotonic(), psutil.cpu_times()
        reports = list(run.progress)
        usage = self._reading.usage
        sample = Sample(
            at=now - run.began,
            phase=run.phase,
            due=self._due(now),
            ws=run.present["ws"],
            poll=run.present["poll"],
            failures=run.failures,
            server_cpu=self._server_cpu,
            server_memory={name: one.memory for name, one in usage.items()},
            server_files=sum(one.files for one in usage.values()),
            simulator_cpu=[_cores(*pair) for pair in zip(self._reports, reports, strict=True)],
            lag=max((report.lag for report in reports), default=0.0),
            machine=_busy(self._machine, cpu_times),
            sockets=machine.sockets(),
        )
        self._at, self._reports, self._machine = now, reports, cpu_times
        return sample

    def _read_server(self) -> None:
        """Take over a reading that has arrived, and start the next one when it is due.

        A server that is slow to answer does not delay the samples.
        """
        if self._asking is not None and self._asking.done():
            reading = self._asking.result()
            self._server_cpu = reading.cores_since(self._reading)
            self._reading = reading
            self._asking = None
            self.run.note_ended(self.meter.ended)
        if self._asking is None and time.monotonic() - self._reading.at >= self.meter.interval:
            self._asking = asyncio.create_task(self.meter.read())

    def _due(self, now: float) -> int:
        """Return how many viewers should have arrived according to the plan."""
        passed = now - self.run.began
        if passed >= self.run.ramp:
            return len(self._arrivals)
        return bisect(self._arrivals, passed / self.run.ramp)


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
