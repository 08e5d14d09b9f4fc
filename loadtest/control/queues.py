"""The RQ workers that simulators run on: which are there, and which are free."""

import time

from redis import Redis
from rq import Queue, Worker
from rq.worker.base import BaseWorker, WorkerStatus

LOADTEST = "loadtest"
"""The queue of whole runs. Nothing of the load test uses `default`, which has scheduled cues."""
SIMULATORS = "simulators"
"""The queue of simulators, one job each."""

BECOMING_FREE = 5.0  # seconds that workers may take to become free after another run
PAUSE = 0.2  # seconds between two counts


def living_workers(redis: Redis, queue: str) -> list[BaseWorker]:
    """Return the workers of a queue, busy ones too.

    A worker that was killed stays in RQ's records for minutes; one that lives is subscribed to its
    commands. Raises `RedisError`.
    """
    workers = Worker.all(queue=Queue(queue, connection=redis))
    channels = [worker.pubsub_channel_name for worker in workers]
    subscribed = dict(redis.pubsub_numsub(*channels)) if channels else {}
    return [worker for worker in workers if subscribed.get(worker.pubsub_channel_name.encode())]


def free_workers(redis: Redis) -> list[str]:
    """Return the host of each worker that could take a simulator now. Raises `RedisError`."""
    workers = living_workers(redis, SIMULATORS)
    return [worker.hostname or "" for worker in workers if worker.get_state() != WorkerStatus.BUSY]


def wait_for_workers(redis: Redis, wanted: int) -> list[str]:
    """Return the hosts of the free workers, after waiting a moment if fewer than `wanted` are."""
    deadline = time.monotonic() + BECOMING_FREE
    while len(found := free_workers(redis)) < wanted and time.monotonic() < deadline:
        time.sleep(PAUSE)
    return found


def layer_groups(redis: Redis) -> set[bytes]:
    """Return the keys of the broadcasts that servers follow through a channel layer on this Redis.

    Raises `RedisError`.
    """
    return set(redis.scan_iter("*:group:broadcast.*", count=1000))
