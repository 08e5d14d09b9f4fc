"""Directs one audience that grows and shrinks, and measures it at each size."""

import time
from collections.abc import Callable
from dataclasses import replace

from loadtest.common.plan import duration
from loadtest.swarm.director import LEAD_TIME, Director, ProgressView
from loadtest.swarm.messages import Resize
from loadtest.swarm.run import Run
from loadtest.swarm.sampler import Sampler
from loadtest.swarm.server_meter import ServerMeter
from loadtest.swarm.workers import StartSimulatorPeer, start_local

LEAVING = 2.0  # seconds for viewers who leave


class GrowingDirector(Director):
    """Plays a plan at several sizes, its `clients` being the largest.

    `choose` gets the run of each size when it is over, None at the beginning. It returns the next
    size, or None to end.
    """

    def __init__(
        self,
        run: Run,
        meter: ServerMeter,
        token: str,
        view: ProgressView,
        choose: Callable[[Run | None], int | None],
        start_simulator: StartSimulatorPeer = start_local,
    ) -> None:
        super().__init__(run, meter, token, view, start_simulator)
        self._whole = run.plan
        self._choose = choose

    async def _measure(self) -> None:
        """Measure one size after the other."""
        whole_ramp = self.run.ramp
        self.sampler = Sampler(self.run, self.meter)
        self.workers.spawn(self.sampler.sample_until_cancelled(self.view.show))
        present, size = 0, self._choose(None)
        while size is not None:
            added = size - present
            self._begin(size, whole_ramp * added / size if added > 0 else LEAVING)
            await self._resize()
            await self._settle()
            await self._rounds()
            self.run.note_ended(self.meter.ended)
            self.run.unknown, self.run.silent = self.meter.unknown, self.meter.silent
            await self._count()
            present, size = size, self._choose(self.run)

    def _begin(self, size: int, ramp: float) -> None:
        """Go on in a new run."""
        last = self.run
        self.plan = replace(self._whole, clients=size, ramp=ramp)
        self.run = Run(
            self.plan,
            last.slug,
            label=last.label,
            environment=last.environment,
            heartbeat=last.heartbeat,
            contests=last.contests,
            local=last.local,
            local_token=last.local_token,
            ended_before=len(self.meter.ended),
            server_errors=list(last.server_errors) if not last.sent else [],
        )
        self.workers.enter_into(self.run)
        self.sampler.run = self.run

    async def _resize(self) -> None:
        """Let viewers come or leave."""
        run = self.run
        run.began = time.monotonic() + LEAD_TIME
        self._enter("ramp", run.ramp + self.plan.settle + duration(self.plan.rounds))
        self.workers.send_to_simulators(Resize(int(run.began * 1e9), run.ramp, self.plan.sizes))
        await self._wait_for_viewers()
