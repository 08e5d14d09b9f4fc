"""RQ workers as processes, for load tests on many machines."""

import contextlib
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil
from redis import Redis

from loadtest.control.queues import LOADTEST, free_workers, living_workers
from tests.support.server import LIMIT, ROOT, ServeProcess, running, wait_for


@contextlib.contextmanager
def pool(redis_url: str, workers: int) -> Iterator[psutil.Process]:
    """Run `manage.py rqworker-pool simulators`, and wait until all its workers are free."""
    program = [sys.executable, "manage.py", "rqworker-pool"]
    command = [*program, "simulators", "--num-workers", str(workers)]
    with _running(command, ROOT, redis_url, workers, LOADTEST_REDIS_URL=redis_url) as process:
        yield process


@contextlib.contextmanager
def bare_worker(
    redis_url: str, folder: Path = ROOT, host: Sequence[str] = (), **environment: str
) -> Iterator[psutil.Process]:
    """Run RQ's own `rq worker`, which does not load Django, in a checkout of the project.

    `host` is a command that runs another one on another host.
    """
    command = [*host, sys.executable, "-m", "rq.cli", "worker", "simulators", "--url", redis_url]
    with _running(command, folder, redis_url, 1, **environment) as process:
        yield process


@contextlib.contextmanager
def center_worker(redis_url: str, server: ServeProcess) -> Iterator[psutil.Process]:
    """Run a worker of the queue `loadtest` with the database of `server`."""
    command = [sys.executable, "manage.py", "rqworker", "loadtest"]
    with (
        Redis.from_url(redis_url) as redis,
        running(command, cwd=ROOT, env=server.environment) as process,
    ):
        tree = psutil.Process(process.pid)
        try:
            wait_for(lambda: living_workers(redis, LOADTEST), "a worker", limit=2 * LIMIT)
            yield tree
        finally:
            kill_tree(tree)


def kill_tree(process: psutil.Process) -> None:
    """Kill a process and all below it at once, as when their machine loses its power."""
    if not process.is_running():
        return
    processes = [process, *process.children(recursive=True)]
    for action in (psutil.Process.suspend, psutil.Process.kill):  # so that none sees another end
        for each in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                action(each)


def simulators(process: psutil.Process) -> list[psutil.Process]:
    """Return the simulators below a process."""
    found = []
    for child in process.children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            if "loadtest.swarm.simulator" in child.cmdline():
                found.append(child)
    return found


@contextlib.contextmanager
def _running(
    command: list[str], folder: Path, redis_url: str, workers: int, **environment: str
) -> Iterator[psutil.Process]:
    environment = {k: v for k, v in os.environ.items() if k != "REDIS_URL"} | environment
    with Redis.from_url(redis_url) as redis:
        before = len(free_workers(redis))
        with running(command, cwd=folder, env=environment) as process:
            wait_for(
                lambda: len(free_workers(redis)) - before >= workers, "workers", limit=2 * LIMIT
            )
            tree = psutil.Process(process.pid)
            try:
                yield tree
            finally:
                kill_tree(tree)
