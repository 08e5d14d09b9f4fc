"""The two Redis streams of a remote simulator: orders to it, and reports from it.

An entry has one field, whose name is its kind. Streams are capped, and expire when nothing has been
added for a while, so a run that is killed leaves nothing behind. Every function may raise
`RedisError`.
"""

from collections.abc import Iterator
from typing import Any

from redis import ConnectionPool, Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

MESSAGE = b"message"
"""One of swarm/messages.py, in MessagePack. Its times are Redis' time, in ns."""
JOINED = b"joined"
"""From a host, before anything else: a `Joined`."""
CLOCK = b"clock"
"""From a host, before the last tally: the `ClockQuality` of its whole run."""
ALIVE = b"alive"
"""Nothing else was to be sent. From both sides."""
END = b"end"
"""The last entry. From the director: stop. From a host: how its simulator ended."""

LONGEST = 1000  # entries of a stream; a host adds some three a second, and the director reads them
EXPIRY = 600  # seconds
BLOCK = 0.5  # seconds that `read` waits for an entry
TIMEOUT = 2.0  # seconds for Redis to answer; longer than BLOCK


def orders_key(run: str, number: int) -> str:
    """Return the key of the stream to simulator `number`."""
    return f"loadtest:{run}:{number}:orders"


def reports_key(run: str, number: int) -> str:
    """Return the key of the stream from simulator `number`."""
    return f"loadtest:{run}:{number}:reports"


def quick(redis: Redis) -> Redis:
    """Return another client of the same Redis that gives each call TIMEOUT, and tries it once.

    RQ's own waits minutes for a Redis that hangs.
    """
    pool = redis.connection_pool
    options = pool.connection_kwargs | {
        "socket_timeout": TIMEOUT,
        "socket_connect_timeout": TIMEOUT,
        "retry": Retry(NoBackoff(), 0),
    }
    return Redis(connection_pool=ConnectionPool(pool.connection_class, **options))


def add(redis: Redis, key: str, kind: bytes, data: bytes = b"") -> None:
    """Add an entry to a stream."""
    with redis.pipeline(transaction=False) as pipeline:
        pipeline.xadd(key, {kind: data}, maxlen=LONGEST, approximate=True)
        pipeline.expire(key, EXPIRY)
        pipeline.execute()


def read(redis: Redis, last: dict[Any, Any]) -> Iterator[tuple[str, bytes, bytes]]:
    """Yield the key, kind and data of each new entry. Waits up to BLOCK seconds for the first.

    `last` has the last entry that was read, by the key of its stream; "0" at first. It is updated.
    """
    found: Any = redis.xread(dict(last), block=int(BLOCK * 1000))
    for stream, entries in found or ():
        key = stream.decode()
        for entry, fields in entries:
            last[key] = entry
            for kind, data in fields.items():
                yield key, kind, data
