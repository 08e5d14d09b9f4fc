"""Directs a run: simulators up, viewers in, rounds out, deliveries counted, all put away."""

import asyncio
import contextlib
import signal
import time
from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Any, Protocol

from loadtest.common.http_api import Api, Unanswered
from loadtest.common.pipes import Child
from loadtest.common.plan import changes, duration, offsets
from loadtest.common.server import Server
from loadtest.swarm.preflight import Refused
from loadtest.swarm.run import Run, Sent
from loadtest.swarm.sampler import Watch
from loadtest.swarm.tally import Tally
from viewers.protocol import frames

HEAD_START = 0.3  # seconds from an order to its time, so that every process has it before
LATECOMERS = 15.0  # seconds after the ramp that viewers have who failed at first
COUNTING = 60.0  # seconds a simulator may take to count
ANSWERS = 35.0  # seconds after the rounds that the server's answers may take
FAREWELLS = 10.0  # seconds that viewers have to be told that it is over


class View(Protocol):
    """Where progress is shown."""

    def show(self, run: Run) -> None: ...


class Swarm:
    """One run against one server. `play` does it all."""

    def __init__(self, run: Run, server: Server, token: str, view: View) -> None:
        self.run = run
        self.plan = run.plan
        self.server = server
        self.token = token
        self.api = Api(self.plan.target, token)
        self.view = view
        self.simulators: list[Child] = []
        self.publisher: Child | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._news = asyncio.Event()
        self._ready = 0
        self._tallies: dict[int, Tally] = {}
        self._on_air = False

    async def play(self) -> Run:
        """The whole run. Cancelling it (Ctrl-C) ends it early: counted, and marked so.

        Raises `Refused` if the server will not have it.
        """
        task = asyncio.current_task()
        assert task is not None
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        try:
            self._enter("starting", 0)
            await self._go_on_air()
            await self._start_processes()
            await self._ramp()
            await self._settle()
            await self._rounds()
        except asyncio.CancelledError:
            self.run.interrupted = True
            task.uncancel()  # what follows has time limits of its own
        finally:
            await self._finish()
        return self.run

    async def _go_on_air(self) -> None:
        """A broadcast of our own, unlisted."""
        slug = self.run.slug
        self._expect(await self._ask(self.api.create, slug), HTTPStatus.CREATED)
        self._expect(await self._ask(self.api.publish, slug, {"kind": "start"}), HTTPStatus.CREATED)
        self._on_air = True
        answer = await self._ask(self.api.snapshot, slug)
        self._expect(answer, HTTPStatus.OK)
        self.run.heartbeat = frames.decode_snapshot(answer.body).heartbeat

    async def _start_processes(self) -> None:
        self.publisher = await self._start("loadtest.swarm.publisher", self._hear_publisher)
        for number in range(self.plan.simulators):
            self.run.progress.append({})
            child = await self._start("loadtest.swarm.simulator", self._hear_simulator, number)
            self.simulators.append(child)
            child.tell(
                plan=self.plan.to_dict(),
                number=number,
                slug=self.run.slug,
                heartbeat=self.run.heartbeat,
            )
        await self._until(
            lambda: self._ready > self.plan.simulators or bool(self.run.broken), COUNTING
        )
        if self._ready <= self.plan.simulators:
            raise RuntimeError("the swarm's processes did not start")

    async def _ramp(self) -> None:
        run = self.run
        run.began = time.monotonic() + HEAD_START
        self._enter("ramp", run.ramp + self.plan.settle + duration(self.plan.rounds))
        self._spawn(Watch(run, self.server).keep(self.view.show))
        self._tell_all(t="ramp", at=int(run.began * 1e9), seconds=run.ramp)
        await self._until(
            lambda: run.present("ws") + run.present("poll") >= self.plan.clients,
            HEAD_START + run.ramp + LATECOMERS,
        )

    async def _settle(self) -> None:
        """A moment of rest, at whose end the server is asked how many it has."""
        run = self.run
        self._enter("settle", self.plan.settle + duration(self.plan.rounds))
        self._tell_all(t="settle")
        await asyncio.sleep(self.plan.settle)
        if len(self.server.processes) <= 1:
            with contextlib.suppress(Unanswered):
                run.server_count = await asyncio.to_thread(self.api.viewers, run.slug)
        run.our_count = {transport: run.present(transport) for transport in ("ws", "poll")}

    async def _rounds(self) -> None:
        run = self.run
        assert self.publisher is not None
        schedule = offsets(self.plan.rounds)
        self._enter("rounds", HEAD_START + duration(self.plan.rounds))
        run.usage_before = self.server.usage()
        first = time.monotonic_ns() + int(HEAD_START * 1e9)
        self.publisher.tell(
            target=self.plan.to_dict()["target"],
            token=self.token,
            slug=run.slug,
            schedule=[
                (first + int(at * 1e9), change)
                for (_, at), change in zip(schedule, changes(len(schedule)), strict=True)
            ],
        )
        audience = run.present("ws") + run.present("poll")
        length = schedule[-1][1] + HEAD_START
        await self._until(lambda: len(run.sent) == len(schedule), length + ANSWERS)
        self._enter("drain", self.plan.drain)
        await self._until(
            lambda: all(run.delivered(seq) >= audience for seq in run.intended), self.plan.drain
        )
        run.usage_after = self.server.usage()

    async def _finish(self) -> None:
        """Count, end the broadcast, stop every process. Runs after Ctrl-C as well."""
        run = self.run
        self._enter("counting", 0)
        if self.run.sent and not run.usage_after:
            run.usage_after = self.server.usage()
        if self.simulators:
            await self._count()
        if self._on_air:
            await self._end()
        for task in self._tasks:
            task.cancel()
        children = [*self.simulators, *([self.publisher] if self.publisher else [])]
        await asyncio.gather(*(child.stop() for child in children))
        self._enter("done", 0)

    async def _count(self) -> None:
        snapshot = b""
        try:
            answer = await asyncio.to_thread(self.api.snapshot, self.run.slug)
            if answer.status == HTTPStatus.OK:
                snapshot = answer.body
        except Unanswered as error:
            self.run.problems.append(f"its snapshot could not be had at the end: {error}")
        self._tell_all(t="count", intended=self.run.intended, snapshot=snapshot)
        if not await self._until(lambda: len(self._tallies) == self._alive, COUNTING):
            self.run.broken.append("a simulator did not hand in its counts")
        self.run.tallies = [self._tallies[number] for number in sorted(self._tallies)]

    async def _end(self) -> None:
        """End the broadcast: every viewer must be told so."""
        run = self.run
        watching = run.present("ws") + run.present("poll")
        try:
            answer = await asyncio.to_thread(self.api.publish, run.slug, {"kind": "end"})
        except Unanswered as error:
            run.problems.append(f"the broadcast could not be ended: {error}")
            return
        if answer.status != HTTPStatus.CREATED:
            run.problems.append(f"ending the broadcast was answered with {answer.status}")
        await self._until(lambda: self._told() >= watching, FAREWELLS)
        run.farewells = self._told()

    def _told(self) -> int:
        return sum(progress.get("farewells", 0) for progress in self.run.progress)

    async def _start(self, module: str, hear: Callable[..., None], *who: int) -> Child:
        child = await Child.start(module)

        async def listen() -> None:
            async for message in child.messages():
                hear(message, *who)
                self._news.set()
            if self.run.phase not in ("counting", "done") and hear == self._hear_simulator:
                self.run.broken.append(f"simulator {who[0]} ended before its time")
                self._news.set()

        self._spawn(listen())
        return child

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run beside the rest. If it fails, the run cannot be believed."""

        def look(task: asyncio.Task[None]) -> None:
            if not task.cancelled() and (error := task.exception()):
                self.run.broken.append(f"an error in the swarm: {error!r}")
                self._news.set()

        self._tasks.append(asyncio.create_task(work))
        self._tasks[-1].add_done_callback(look)

    def _hear_publisher(self, message: dict[str, Any]) -> None:
        if message.pop("t") == "ready":
            self._ready += 1
            return
        sent = Sent(**message)
        self.run.sent.append(sent)
        if sent.status != HTTPStatus.CREATED:
            answer = sent.status or "no answer"
            self.run.problems.append(
                f"update {sent.number + 1} was not published: {answer} {sent.error}"
            )

    def _hear_simulator(self, message: dict[str, Any], number: int) -> None:
        kind = message.pop("t")
        if kind == "ready":
            self._ready += 1
        elif kind == "tally":
            self._tallies[number] = Tally.from_wire(message["tally"])
        elif kind == "broken":
            self.run.broken.append(f"an error in simulator {number}: {message['error']}")
        else:
            for seq, marks in message.pop("messages").items():
                self.run.live.setdefault(seq, {})[number] = marks
            self.run.progress[number] = message

    @property
    def _alive(self) -> int:
        return sum(child.process.returncode is None for child in self.simulators)

    def _tell_all(self, **message: Any) -> None:
        for child in self.simulators:
            child.tell(**message)

    def _enter(self, phase: str, remaining: float) -> None:
        """`remaining`: seconds that the rest will take, drain aside."""
        run = self.run
        run.phase = phase
        run.marks[phase] = time.monotonic() - run.began if run.began else 0.0
        run.ends = time.monotonic() + remaining
        self.view.show(run)

    async def _until(self, done: Callable[[], bool], seconds: float) -> bool:
        """Wait until `done()`, asked whenever a process said something; False if it was not."""
        try:
            async with asyncio.timeout(seconds):
                while not done():
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            return False
        return True

    async def _ask(self, call: Callable[..., Any], *arguments: Any) -> Any:
        """Call the API in a thread. Raises `Refused` if there is no answer."""
        try:
            return await asyncio.to_thread(call, *arguments)
        except Unanswered as error:
            raise Refused(
                f"The server at {self.plan.target.url} does not answer: {error}"
            ) from error

    def _expect(self, answer: Any, status: HTTPStatus) -> None:
        if answer.status == HTTPStatus.UNAUTHORIZED:
            raise Refused(
                f"The server at {self.plan.target.url} does not know the token: it uses another "
                "database than the one that the token is from. Make one there (manage.py "
                "apitoken USER) and give it with --token."
            )
        if answer.status != status:
            error = answer.data.get("error", "")
            raise Refused(f"The server at {self.plan.target.url} says {answer.status}: {error}")
