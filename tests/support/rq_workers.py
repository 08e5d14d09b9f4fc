"""RQ workers as processes, for load tests on many machines."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
from redis import Redis

from loadtest.control.queues import free_workers
from tests.support.server import LIMIT, ROOT, wait_for


@contextlib.contextmanager
def pool(redis_url: str, workers: int) -> Iterator[psutil.Process]:
    """Run `manage.py rqworker-pool simulators`, and wait until all its workers are free."""
    command = ["manage.py", "rqworker-pool", "simulators", "--num-workers", str(workers)]
    with _running(command, ROOT, redis_url, workers, LOADTEST_REDIS_URL=redis_url) as process:
        yield process


@contextlib.contextmanager
def bare_worker(redis_url: str, folder: Path = ROOT) -> Iterator[psutil.Process]:
    """Run RQ's own `rq worker`, which knows nothing of Django, in a checkout of the project."""
    command = ["-m", "rq.cli", "worker", "simulators", "--url", redis_url]
    with _running(command, folder, redis_url, 1) as process:
        yield process


def kill_tree(process: psutil.Process) -> None:
    """Kill a process and all below it at once, as when their machine loses its power."""
    processes = [process, *process.children(recursive=True)]
    for each in processes:
        each.suspend()  # so that none sees the end of another
    for each in processes:
        each.kill()


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
    with contextlib.ExitStack() as stack:
        redis = stack.enter_context(Redis.from_url(redis_url))
        before = len(free_workers(redis))
        popen = stack.enter_context(
            subprocess.Popen(
                [sys.executable, *command],
                cwd=folder,
                env={k: v for k, v in os.environ.items() if k != "REDIS_URL"} | environment,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        )
        process = psutil.Process(popen.pid)
        try:
            wait_for(
                lambda: len(free_workers(redis)) - before >= workers, "workers", limit=2 * LIMIT
            )
            yield process
        finally:
            with contextlib.suppress(psutil.NoSuchProcess):
                children = process.children(recursive=True)
                popen.send_signal(signal.SIGTERM)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    popen.wait(LIMIT)
                for child in [process, *children]:
                    with contextlib.suppress(psutil.NoSuchProcess):
                        child.kill()
