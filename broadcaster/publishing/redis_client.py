"""A connection to Redis for calls that a person waits for."""

from django.conf import settings
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry


def impatient_redis(seconds: float) -> Redis:
    """Return a client of the settings' Redis that gives each call `seconds`, and tries it once.

    redis-py itself tries eleven times, each with the timeout.
    """
    return Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=seconds,
        socket_connect_timeout=seconds,
        retry=Retry(NoBackoff(), 0),
    )
