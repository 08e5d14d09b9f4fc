"""What a server needs from its machine, checked when it starts.

A problem is logged, and the server starts all the same. It uses a database or a Redis as soon as it
is there, and until it has a database `/readyz` keeps it out of a proxy.
"""

import logging
import resource
from collections.abc import Iterator

from django.conf import settings
from redis.exceptions import RedisError

from broadcaster.checks import check_collected_static_files
from broadcaster.publishing.redis_client import impatient_redis
from viewers.fanout.relay_registry import RESERVED_FILES
from viewers.ops.readiness import database_problem

REDIS_TIMEOUT = 2  # seconds for Redis to answer
FEW_VIEWERS = 1000  # room for fewer is a limit that nobody chose

logger = logging.getLogger(__name__)


def log_problems() -> None:
    """Log a line for each thing that is missing or wrong."""
    for problem in problems():
        logger.warning("%s", problem)


def problems() -> Iterator[str]:
    """Yield what is wrong, each with what to do."""
    if problem := database_problem():
        detail = f": {problem.detail.rstrip('.')}" if problem.detail else ""
        yield f"Not ready, check DATABASE_URL: {problem.reason}{detail}."
    if settings.REDIS_URL and (error := redis_error()):
        yield (
            f"Redis cannot be used, check REDIS_URL: {error}. Updates take up to 3 s without it."
        )
    for message in check_collected_static_files():
        yield f"{message.msg} {message.hint}"
    _, files = resource.getrlimit(resource.RLIMIT_NOFILE)  # `serve` raises its limit to this one
    if (room := max(files - RESERVED_FILES, 0)) < FEW_VIEWERS:
        yield (
            f"The limit of open files is {files}: each process has room for {room} viewers. Raise "
            "LimitNOFILE= in the unit, or the hard limit of the shell (ulimit -Hn)."
        )


def redis_error() -> str:
    """Return why Redis does not answer, "" if it does."""
    try:
        with impatient_redis(REDIS_TIMEOUT) as redis:
            redis.ping()
    except (RedisError, OSError) as error:
        return str(error).rstrip(".") or repr(error)
    return ""
