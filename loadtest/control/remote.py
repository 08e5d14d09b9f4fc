"""Simulators on RQ workers of any machine, as the director sees them."""

import asyncio
import queue
import threading
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from types import TracebackType
from typing import TypeVar

import msgspec
from msgspec import Struct
from msgspec.msgpack import Decoder
from redis import Redis
from redis.exceptions import RedisError
from rq import Queue
from rq.command import send_stop_job_command
from rq.exceptions import InvalidJobOperation, NoSuchJobError
from rq.job import Job, JobStatus

from loadtest.control import streams
from loadtest.control.clock import Clock, ClockQuality
from loadtest.control.jobs import Joined, simulate
from loadtest.control.queues import SIMULATORS
from loadtest.control.version import code_version
from loadtest.swarm.messages import Count, moved

SILENCE = 5.0  # seconds after which a simulator is lost: its host sends something twice a second
ALIVE_EVERY = 1.0  # seconds between two signs of life to every host
CHECK = 0.5  # seconds between two checks of a silent simulator
RETRY = 0.5  # seconds between attempts while Redis does not answer
STOP_TIMEOUT = 8.0  # seconds for a host to end its simulator, which may take 5
QUEUE_TTL = 60  # seconds after which a job that no worker took is dropped
FAILURE_TTL = 3600  # seconds for which RQ keeps a failed job for people to look at

FAILED = (JobStatus.FAILED, JobStatus.STOPPED, JobStatus.CANCELED)

T = TypeVar("T", bound=Struct)


class RemoteSimulators:
    """Enqueues simulators, and carries messages to and from them in two threads.

    An asynchronous context manager; on exit it removes its jobs and streams. Entering raises
    `RedisError` if Redis does not answer.
    """

    def __init__(self, redis: Redis, run: str, simulators: int) -> None:
        self._queue = Queue(SIMULATORS, connection=redis)
        self._redis = streams.quick(redis)
        self._run = run
        self._peers = [RemotePeer(self, number) for number in range(simulators)]
        self._outbox: queue.SimpleQueue[tuple[int, bytes, Struct | None]] = queue.SimpleQueue()
        self._closed = threading.Event()
        self._threads: list[threading.Thread] = []
        self._counting = False
        self.outage = ""  # why Redis does not answer; "" if it does

    async def __aenter__(self) -> "RemoteSimulators":
        self._loop = asyncio.get_running_loop()
        self.clock = await asyncio.to_thread(Clock, self._redis)
        for work in (self._receive, self._send):
            self._threads.append(threading.Thread(target=work, daemon=True))
            self._threads[-1].start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._closed.set()
        await asyncio.to_thread(self._tidy)

    async def start(self, number: int) -> "RemotePeer":
        """Enqueue a simulator. Raises `RedisError`."""
        peer = self._peers[number]
        peer.job = await asyncio.to_thread(
            self._queue.enqueue,
            simulate,
            self._run,
            number,
            code_version(),
            description=f"simulator {number} of {self._run}",
            job_timeout=-1,  # it ends when the director does
            ttl=QUEUE_TTL,
            result_ttl=0,
            failure_ttl=FAILURE_TTL,
        )
        return peer

    def send(self, number: int, kind: bytes, message: Struct | None = None) -> None:
        """Send an entry to a host, without waiting."""
        self._outbox.put((number, kind, message))

    @property
    def clock_quality(self) -> ClockQuality:
        """The quality of the worst host's clock together with this one's."""
        worst = max((peer.clock for peer in self._peers), key=lambda quality: quality.error)
        return self.clock.quality + worst

    def _receive(self) -> None:
        """Hand what arrives to the peers, in the event loop."""
        peers = {streams.reports_key(self._run, peer.number): peer for peer in self._peers}
        last = dict.fromkeys(peers, b"0")
        while not self._closed.is_set():
            try:
                for key, kind, data in streams.read(self._redis, last):
                    self._loop.call_soon_threadsafe(peers[key].receive, kind, data)
                self.outage = ""
            except RedisError as error:
                self.outage = f"Redis does not answer: {error}"
                self._closed.wait(RETRY)

    def _send(self) -> None:
        """Send what is in the outbox, and signs of life."""
        due = 0.0
        while not self._closed.is_set():
            if time.monotonic() >= due:
                for peer in self._peers:
                    self._add(peer.number, streams.ALIVE)
                due = time.monotonic() + ALIVE_EVERY
            with suppress(queue.Empty):
                number, kind, message = self._outbox.get(timeout=max(due - time.monotonic(), 0))
                self._add(number, kind, self._encoded(message) if message is not None else b"")

    def _encoded(self, message: Struct) -> bytes:
        """Return a message as it is sent, with times by Redis' clock."""
        if isinstance(message, Count) and not self._counting:
            self._counting = True
            with suppress(RedisError):  # the first reading has to do
                self.clock.read()
        return msgspec.msgpack.encode(moved(message, self.clock.offset))

    def _add(self, number: int, kind: bytes, data: bytes = b"") -> None:
        """Add an entry, as soon as Redis answers. Signs of life are not repeated."""
        while not self._closed.is_set():
            try:
                streams.add(self._redis, streams.orders_key(self._run, number), kind, data)
                return
            except RedisError:
                if kind == streams.ALIVE:
                    return
                self._closed.wait(RETRY)

    def _tidy(self) -> None:
        """End the threads, and remove jobs and streams."""
        for thread in self._threads:
            thread.join()
        with suppress(RedisError):
            for peer in self._peers:
                self._redis.delete(
                    streams.orders_key(self._run, peer.number),
                    streams.reports_key(self._run, peer.number),
                )


class RemotePeer:
    """One simulator on another machine; see `SimulatorPeer`."""

    job: Job | None = None

    def __init__(self, owner: RemoteSimulators, number: int) -> None:
        self.number = number
        self.host = "a worker"
        self.end = ""
        self.clock = ClockQuality()
        self._owner = owner
        self._inbox: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._heard = 0.0  # time.monotonic() of the last entry; 0 before the first
        self._over = asyncio.Event()  # the job has ended

    @property
    def running(self) -> bool:
        return not self.end

    def send(self, message: Struct) -> None:
        """Send a message, without waiting."""
        self._owner.send(self.number, streams.MESSAGE, message)

    async def messages(self, decoder: Decoder[T]) -> AsyncIterator[T]:
        """Yield the simulator's messages until it ends or is lost; `end` says how."""
        while True:
            try:
                async with asyncio.timeout(CHECK):
                    data = await self._inbox.get()
            except TimeoutError:
                await self._check()
                if self.end:
                    return
                continue
            if data is None:
                return
            yield moved(decoder.decode(data), -self._owner.clock.offset)

    async def stop(self) -> None:
        """End the simulator and its job; kill the job if it does not end in time."""
        self._owner.send(self.number, streams.END)
        if self._heard and self.running and not self._owner.outage:
            with suppress(TimeoutError):
                async with asyncio.timeout(STOP_TIMEOUT):
                    await self._over.wait()
        if not self._over.is_set():
            self.end = self.end or "it did not stop"
            await asyncio.to_thread(self._remove_job)

    def receive(self, kind: bytes, data: bytes) -> None:
        """Handle an entry from the simulator's host."""
        self._heard = time.monotonic()
        match kind:
            case streams.MESSAGE:
                self._inbox.put_nowait(data)
            case streams.JOINED:
                self._join(msgspec.msgpack.decode(data, type=Joined))
            case streams.CLOCK:
                self.clock = msgspec.msgpack.decode(data, type=ClockQuality)
            case streams.END:
                self.end = self.end or data.decode()
                self._inbox.put_nowait(None)
                self._over.set()

    def _join(self, joined: Joined) -> None:
        self.host = joined.host
        if joined.version != (ours := code_version()):
            self.end = (
                f"its code is another version ({joined.version}, here {ours}): "
                "install this one there and restart its workers"
            )
            self._over.set()
            self._inbox.put_nowait(None)

    async def _check(self) -> None:
        """Set `end` if the simulator is lost: silent for too long, or its job failed."""
        if not self._heard:
            self.end = await asyncio.to_thread(self._job_failure)
        elif time.monotonic() - self._heard > SILENCE:
            self.end = self._owner.outage or f"it was silent for {SILENCE:g} s"

    def _job_failure(self) -> str:
        """Return why the job cannot run any more; "" if it may."""
        try:
            assert self.job is not None
            if self.job.get_status() not in FAILED:
                return ""
            result = self.job.latest_result()
        except InvalidJobOperation:
            return "its job has disappeared from the queue"
        except RedisError:
            return ""
        lines = ((result and result.exc_string) or "its job failed").strip().splitlines()
        return f"its job failed: {lines[-1]}"

    def _remove_job(self) -> None:
        """Take the job from the queue, or kill it."""
        job = self.job
        if job is None:
            return
        with suppress(RedisError, NoSuchJobError, InvalidJobOperation):
            if job.get_status() == JobStatus.STARTED:
                send_stop_job_command(job.connection, job.id)
            else:
                job.delete()
