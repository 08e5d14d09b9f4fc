"""Plays a run, with its simulators on this machine or on RQ workers."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

from django.conf import settings
from redis import Redis
from redis.exceptions import RedisError

from loadtest.control.queues import SIMULATORS, layer_groups, wait_for_workers
from loadtest.control.remote import RemoteSimulators
from loadtest.swarm.director import Director
from loadtest.swarm.reach import PreflightFailed
from loadtest.swarm.run import Run
from loadtest.swarm.workers import StartSimulatorPeer, start_local

SHARED_REDIS = (
    "RQ's Redis is also the channel layer of the server: the swarm's reports are a part of its "
    "load. LOADTEST_REDIS_URL names another one"
)


def connect() -> Redis:
    """Return a client of RQ's Redis. Raises `PreflightFailed` if there is none."""
    if not settings.LOADTEST_REDIS_URL:
        raise PreflightFailed(
            "--on rq needs a Redis: set LOADTEST_REDIS_URL, or REDIS_URL, on this machine and on "
            "those of the workers"
        )
    return Redis.from_url(settings.LOADTEST_REDIS_URL)


def count_workers(redis: Redis, wanted: int | None) -> int:
    """Return how many simulators the free workers can run: `wanted`, or as many as there are.

    Raises `PreflightFailed` if there are fewer than `wanted`, or none.
    """
    try:
        free = len(wait_for_workers(redis, wanted or 1))
    except RedisError as error:
        raise PreflightFailed(f"RQ's Redis does not answer: {error}") from error
    missing = (wanted or 1) - free
    if missing > 0:
        raise PreflightFailed(
            f"{wanted or 1} free workers of the queue `{SIMULATORS}` are needed, and there are "
            f"{free}. On any machine with this code: "
            f"manage.py rqworker-pool {SIMULATORS} --num-workers {missing}"
        )
    return wanted or free


async def play(
    run: Run, redis: Redis | None, direct: Callable[[StartSimulatorPeer], Director]
) -> Run:
    """Play a run with local simulators, or on the workers of `redis`. Raises as `Director.play`.

    `direct` makes the director, which starts simulators with its argument.
    """
    if redis is None:
        return await direct(start_local).play()
    async with _remote(run, redis) as remote, _watched_layer(run, redis):
        await direct(remote.start).play()
        if remote.clock_quality.notable:
            run.clock_error = remote.clock_quality.error / 1e6
    return run


@contextlib.asynccontextmanager
async def _remote(run: Run, redis: Redis) -> AsyncIterator[RemoteSimulators]:
    try:
        async with RemoteSimulators(redis, run.slug, run.plan.simulators) as remote:
            yield remote
    except RedisError as error:
        raise PreflightFailed(f"RQ's Redis does not answer: {error}") from error


@contextlib.asynccontextmanager
async def _watched_layer(run: Run, redis: Redis) -> AsyncIterator[None]:
    """Add a note to the run if its broadcast appears in the channel layer of RQ's Redis."""
    before = await asyncio.to_thread(layer_groups, redis)

    async def watch() -> None:
        while run.phase in ("starting", "ramp"):
            await asyncio.sleep(0.5)
        with contextlib.suppress(RedisError):
            if await asyncio.to_thread(layer_groups, redis) - before:
                run.notes.append(SHARED_REDIS)

    task = asyncio.create_task(watch())
    try:
        yield
    finally:
        task.cancel()
