"""The RQ job of a remote simulator: it starts the process, and bridges its pipes to two streams.

Any worker of the queue `simulators` runs it, also a bare `rq worker`: it needs neither Django nor a
database. RQ places, watches and stops the job; no data travels as its result.
"""

import contextlib
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import IO

import msgspec
from msgspec import Struct
from redis import Redis
from redis.exceptions import RedisError
from rq import get_current_job

from broadcaster.domain.decodable import decodable
from loadtest.common.plan import Plan
from loadtest.common.processes import LENGTH, ROOT, STOP_TIMEOUT, describe_end, frame
from loadtest.control import streams
from loadtest.control.clock import Clock
from loadtest.control.version import code_version
from loadtest.swarm.messages import ORDERS, SIMULATOR_MESSAGES, Count, StartSimulator, moved
from loadtest.swarm.preflight import inspect, problems
from loadtest.swarm.reach import PreflightFailed, resolve

DIRECTOR_SILENCE = 10.0  # seconds after which the director is lost: it sends something every second
RETRY = 0.5  # seconds between attempts while Redis does not answer


@decodable
class Joined(Struct):
    """The host of a simulator: its name, and the version of its code."""

    host: str
    version: str


class DirectorLost(Exception):
    """The director of a run is gone. The job fails with it, so that RQ's records show it."""


class WrongVersion(Exception):
    """The worker's code is not the director's. The director has the message, too."""


def simulate(run: str, number: int, version: str) -> None:
    """Run simulator `number` of a run whose director has the code `version`.

    Raises `WrongVersion`, `DirectorLost`, and OSError if the process cannot be started.
    """
    job = get_current_job()
    assert job is not None
    bridge = Bridge(streams.quick(job.connection), run, number)
    joined = Joined(socket.gethostname(), code_version())
    bridge.report(streams.JOINED, msgspec.msgpack.encode(joined))
    if joined.version != version:
        raise WrongVersion(f"this worker's code is {joined.version}, the director's {version}")
    bridge.run()


def check_host(plan: Plan, number: int) -> None:
    """Raise `PreflightFailed` if this machine cannot carry simulator `number` of a plan."""
    resolve(plan.target.url)
    share = replace(plan, clients=plan.sizes[number], simulators=1)
    if found := problems(share, inspect(plan.target, None)):
        raise PreflightFailed("\n".join(found))


class Bridge:
    """Passes orders from a stream to the simulator's stdin, and its stdout to another stream."""

    def __init__(self, redis: Redis, run: str, number: int) -> None:
        self._redis = redis
        self._orders = streams.orders_key(run, number)
        self._reports = streams.reports_key(run, number)
        self._clock = Clock(redis)
        self._over = False

    def report(self, kind: bytes, data: bytes = b"") -> None:
        """Add an entry to the stream to the director. Raises `RedisError`."""
        streams.add(self._redis, self._reports, kind, data)

    def run(self) -> None:
        """Run the simulator until the director ends it. Raises `DirectorLost`."""
        with subprocess.Popen(
            [sys.executable, "-m", "loadtest.swarm.simulator"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            start_new_session=True,
        ) as child:
            assert child.stdin is not None and child.stdout is not None
            reporting = threading.Thread(target=self._pass_reports, args=(child.stdout,))
            reporting.start()
            try:
                for order in self._receive_orders(child):
                    child.stdin.write(order)
                    child.stdin.flush()
            except BrokenPipeError:
                pass  # the simulator has ended, which is reported below
            except PreflightFailed as error:
                self._try_to_report(streams.END, str(error).encode())
            finally:
                self._end(child)
                self._over = True
                reporting.join()
        self._try_to_report(streams.END, describe_end(child.returncode).encode())

    def _receive_orders(self, child: subprocess.Popen[bytes]) -> Iterator[bytes]:
        """Yield what is to be written to the simulator, until the director or the process ends."""
        last = {self._orders: b"0"}
        heard = time.monotonic()
        while child.poll() is None:
            if time.monotonic() - heard > DIRECTOR_SILENCE:
                raise DirectorLost(f"the director was silent for {DIRECTOR_SILENCE:g} s")
            try:
                self.report(streams.ALIVE)
                for _, kind, data in streams.read(self._redis, last):
                    heard = time.monotonic()
                    if kind == streams.END:
                        return
                    if kind == streams.MESSAGE:
                        yield self._translated(data)
            except RedisError:
                time.sleep(RETRY)

    def _translated(self, data: bytes) -> bytes:
        """Return an order as it is written to a pipe, with times of this machine."""
        order = ORDERS.decode(data)
        if isinstance(order, StartSimulator):
            check_host(order.plan, order.number)
        if isinstance(order, Count):
            with contextlib.suppress(RedisError):  # the first reading has to do
                self._clock.read()
            self._try_to_report(streams.CLOCK, msgspec.msgpack.encode(self._clock.quality))
        return frame(moved(order, -self._clock.offset))

    def _pass_reports(self, stdout: IO[bytes]) -> None:
        """Pass on all reports until the simulator ends."""
        while head := stdout.read(LENGTH):
            message = SIMULATOR_MESSAGES.decode(stdout.read(int.from_bytes(head, "big")))
            data = msgspec.msgpack.encode(moved(message, self._clock.offset))
            while not self._try_to_report(streams.MESSAGE, data) and not self._over:
                time.sleep(RETRY)

    def _try_to_report(self, kind: bytes, data: bytes) -> bool:
        try:
            self.report(kind, data)
        except RedisError:
            return False
        return True

    def _end(self, child: subprocess.Popen[bytes]) -> None:
        """Close the pipe, which ends the simulator; kill it if it does not end in time."""
        assert child.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            child.stdin.close()
        try:
            child.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            child.kill()
