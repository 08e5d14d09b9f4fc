"""Directs a run: start simulators, let viewers in, publish, count deliveries, clean up."""

import asyncio
import signal
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Protocol

from broadcaster.domain.contest import Contest
from loadtest.common.http_api import Api, ApiResponse, NoResponse
from loadtest.common.plan import duration, offsets
from loadtest.common.script import Script
from loadtest.swarm.messages import (
    Ramp,
    Release,
    Schedule,
    ScheduledUpdate,
    Settle,
    StartPublisher,
    StartRounds,
    StopPublishing,
    Storm,
)
from loadtest.swarm.reach import PreflightFailed
from loadtest.swarm.run import Run
from loadtest.swarm.sampler import Sampler
from loadtest.swarm.server_meter import ServerMeter
from loadtest.swarm.workers import StartSimulatorPeer, Workers, start_local
from viewers.protocol import frames

LEAD_TIME = 0.3  # seconds from an order to its time, so that every process receives it before
LATECOMERS = 15.0  # seconds after the ramp for viewers whose first attempts failed
LATECOMERS_AT_PAGE = 60.0  # seconds: a page may take long, and be reloaded
STORM = 60.0  # seconds for all viewers to be back after they were cut off
RESPONSES = 35.0  # seconds after the rounds for the server's last responses
FAREWELLS = 10.0  # seconds for the viewers to be notified of the end


class ProgressView(Protocol):
    """Shows the progress of a run."""

    def show(self, run: Run) -> None: ...


class Director:
    """One run against one server. `play` is the whole of it."""

    def __init__(
        self,
        run: Run,
        meter: ServerMeter,
        token: str,
        view: ProgressView,
        start_simulator: StartSimulatorPeer = start_local,
    ) -> None:
        self.run = run
        self.plan = run.plan
        self.meter = meter
        self.token = token
        self.api = Api(self.plan.target, token)
        self.view = view
        self.workers = Workers(run, start_simulator)
        self._on_air = False
        self._audience: list[int] = []  # viewers of each simulator when the rounds began
        self._script = Script({})  # of the broadcast's contests, as soon as it is on air

    async def play(self) -> Run:
        """Play the whole run and return it.

        Cancelling (Ctrl-C) ends it early: what was measured is counted, and the run is marked as
        interrupted. Raises `PreflightFailed` if the server does not accept the broadcast.
        """
        task = asyncio.current_task()
        assert task is not None
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        try:
            self._enter("starting", 0)
            await self.workers.start_publisher(
                StartPublisher(self.plan.target, self.token, self.run.slug, self.run.local_token)
            )
            await self._go_on_air()
            await self.workers.start()
            await self._measure()
        except asyncio.CancelledError:
            self.run.interrupted = True
            task.uncancel()  # what follows has time limits of its own
        finally:
            await self._finish()
        return self.run

    async def _measure(self) -> None:
        """Go through the phases of the plan."""
        await self._ramp()
        await self._settle()
        if self.plan.storm:
            await self._storm()
        await self._rounds()

    async def _go_on_air(self) -> None:
        """Create an unlisted broadcast and start it."""
        slug = self.run.slug
        await self._request(lambda: self.api.create(slug), HTTPStatus.CREATED)
        await self._request(lambda: self.api.publish(slug, {"kind": "start"}), HTTPStatus.CREATED)
        self._on_air = True
        response = await self._request(lambda: self.api.snapshot(slug), HTTPStatus.OK)
        snapshot = frames.decode_snapshot(response.body)
        self.run.heartbeat = snapshot.heartbeat
        self.run.contests = await asyncio.to_thread(self._contests, snapshot.contests)
        self._script = Script(self.run.contests)

    def _contests(self, digests: dict[str, str]) -> dict[str, Contest]:
        """Fetch the broadcast's contests. Raises `PreflightFailed`."""
        try:
            return {key: self.api.contest(digest) for key, digest in digests.items()}
        except NoResponse as error:
            raise PreflightFailed(f"The server has no document of a contest: {error}") from error

    async def _ramp(self) -> None:
        """Let the viewers connect."""
        run = self.run
        empty = await self.meter.read()
        run.began = time.monotonic() + LEAD_TIME
        self._enter("ramp", run.ramp + self.plan.settle + duration(self.plan.rounds))
        self.sampler = Sampler(run, self.meter)
        self.workers.spawn(self.sampler.sample_until_cancelled(self.view.show))
        self.workers.send_to_simulators(Ramp(int(run.began * 1e9), run.ramp))
        await self._wait_for_viewers()
        full = await self.meter.read()
        if full.usage:
            run.arrivals_cpu = full.cpu - empty.cpu

    async def _wait_for_viewers(self) -> None:
        """Wait until all viewers watch, but not for ever."""
        run = self.run
        latecomers = LATECOMERS_AT_PAGE if self.plan.page else LATECOMERS
        await self.workers.wait_until(
            lambda: run.watching >= self.plan.readers - run.lost_viewers,
            LEAD_TIME + run.ramp + latecomers,
        )

    async def _settle(self) -> None:
        """Rest for a moment, then compare the server's count of viewers with ours."""
        run = self.run
        self._enter("settle", self.plan.settle + duration(self.plan.rounds))
        self.workers.send_to_simulators(Settle())
        resting = await self.meter.read()
        await asyncio.sleep(self.plan.settle)
        rested = await self.meter.read()
        viewer_seconds = run.watching * (rested.at - resting.at)
        if rested.usage and viewer_seconds and self.plan.settle > self.meter.interval:
            run.idle = (rested.cpu - resting.cpu) / viewer_seconds * 1e6
        run.server_count = await self.meter.viewers(run.slug)
        run.our_count = run.present

    async def _storm(self) -> None:
        """Cut off all viewers at once, and wait until they are back."""
        run = self.run
        self._enter("storm", STORM)
        audience = run.watching
        self.workers.send_to_simulators(Storm(time.monotonic_ns() + int(LEAD_TIME * 1e9)))
        await self.workers.wait_until(
            lambda: sum(progress.returned for progress in run.progress) >= audience, STORM
        )

    async def _rounds(self) -> None:
        """Publish all rounds, and wait for the deliveries."""
        run = self.run
        schedule = offsets(self.plan.rounds)
        self._enter("rounds", LEAD_TIME + duration(self.plan.rounds))
        run.before = await self.meter.read()
        first = time.monotonic_ns() + int(LEAD_TIME * 1e9)
        updates = [
            ScheduledUpdate(first + int(at * 1e9), self._script.next(first / 1e9 + at))
            for _, at in schedule
        ]
        self.workers.publish(Schedule(updates))
        self.workers.send_to_simulators(StartRounds(first))
        self._audience = [progress.watching for progress in run.progress]
        length = schedule[-1][1] + LEAD_TIME
        await self.workers.wait_until(lambda: len(run.sent) == len(schedule), length + RESPONSES)
        await self._drain()
        run.after = await self.meter.read()

    async def _drain(self) -> None:
        """Wait for the deliveries of what was published."""
        run = self.run
        self._enter("drain", self.plan.drain)

        def delivered_to_all() -> bool:
            return all(
                run.delivered(seq, number) >= watching
                for seq in run.intended
                for number, watching in enumerate(self._audience)
                if not run.is_lost(number)
            )

        await self.workers.wait_until(delivered_to_all, self.plan.drain)

    async def _stop_publishing(self) -> None:
        """Publish nothing more after an interruption, and wait for what is on its way.

        An update that is published while the director counts would be missing, and one that is
        published after the end of the broadcast would be rejected.
        """
        self.workers.publish(StopPublishing())
        await self.workers.wait_until(lambda: self.workers.publishing_stopped, RESPONSES)
        await self._drain()

    async def _finish(self) -> None:
        """Count, end the broadcast and stop every process, also after an interruption."""
        run = self.run
        if run.interrupted and self._audience:
            await self._stop_publishing()
        self._enter("counting", 0)
        if run.sent and run.after is None:
            run.after = await self.meter.read()
        run.note_ended(self.meter.ended)
        run.unknown, run.silent = self.meter.unknown, self.meter.silent
        if run.progress and not run.tallies:
            await self._count()
        if self._on_air:
            await self._end_broadcast()
        self.workers.publish(Release())
        await self.workers.stop()
        self._enter("done", 0)

    async def _count(self) -> None:
        """Collect the tallies, in which every viewer's map is compared with the server's."""
        snapshot = b""
        try:
            response = await asyncio.to_thread(self.api.snapshot, self.run.slug)
            if response.status == HTTPStatus.OK:
                snapshot = response.body
        except NoResponse as error:
            self.run.server_errors.append(f"the final snapshot could not be fetched: {error}")
        self.run.compared = bool(snapshot)
        await self.workers.count(snapshot)

    async def _end_broadcast(self) -> None:
        """End the broadcast, of which every viewer must be notified."""
        run = self.run
        watching = run.watching
        try:
            response = await asyncio.to_thread(self.api.publish, run.slug, {"kind": "end"})
        except NoResponse as error:
            run.server_errors.append(f"the broadcast could not be ended: {error}")
            return
        if response.status != HTTPStatus.CREATED:
            run.server_errors.append(
                f"the broadcast could not be ended: {response.status} {response.error}"
            )

        def farewells() -> int:
            return sum(progress.farewells for progress in run.progress)

        await self.workers.wait_until(lambda: farewells() >= watching, FAREWELLS)
        run.farewells = farewells()

    def _enter(self, phase: str, remaining: float) -> None:
        """Enter a phase; `remaining` are the seconds until the end of the rounds or the drain."""
        run = self.run
        run.phase = phase
        run.marks[phase] = time.monotonic() - run.began if run.began else 0.0
        run.ends = time.monotonic() + remaining
        self.view.show(run)

    async def _request(self, send: Callable[[], ApiResponse], expected: HTTPStatus) -> ApiResponse:
        """Call the API in a thread. Raises `PreflightFailed` unless the status is `expected`."""
        url = self.plan.target.url
        try:
            response = await asyncio.to_thread(send)
        except NoResponse as error:
            raise PreflightFailed(f"The server at {url} does not answer: {error}") from error
        if response.status == HTTPStatus.UNAUTHORIZED and response.challenge.startswith("Basic"):
            raise PreflightFailed(
                f"The proxy at {url} asks for a password below /api/, too, where the header for it "
                "has the token. Let /api/ pass there: the server checks the token."
            )
        if response.status == HTTPStatus.UNAUTHORIZED:
            raise PreflightFailed(
                f"The server at {url} rejects the token: it uses another database than the one "
                "that the token is from. Make a token there (manage.py apitoken USER) and give it "
                "with --token."
            )
        if response.status != expected:
            raise PreflightFailed(
                f"The server at {url} answers with {response.status}: {response.error}"
            )
        return response
