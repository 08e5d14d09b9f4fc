"""Metrics that every process answers alike: database, Redis, queue, cues, host, version."""

import asyncio
import shutil
from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError, connection
from prometheus_client.metrics_core import GaugeMetricFamily, InfoMetricFamily, Metric
from redis.exceptions import RedisError

from broadcaster.domain.clock import shared_clock
from broadcaster.domain.mapstate import ON_AIR, Phase
from broadcaster.models import Broadcast, Cue
from broadcaster.publishing import clock
from broadcaster.publishing.database import write_problem
from broadcaster.publishing.redis_client import impatient_redis
from viewers.ops.question import Question

TIMEOUT = 2.0  # seconds that database and Redis have; Prometheus gives up after 10
OVERDUE = timedelta(seconds=10)  # serving processes take a due cue after 6 s at the latest

Figures = dict[str, float]


class SiteMetrics:
    """Collects the figures of the database and Redis at each scrape."""

    def __init__(self) -> None:
        self._database = Question(database_figures, TIMEOUT)
        self._redis = Question(redis_figures, TIMEOUT)

    async def collect(self) -> list[Metric]:
        """Return the metrics. Without an answer, those that depend on it are missing."""
        asked = [figures_or_none(self._database)]
        if settings.REDIS_URL:
            asked.append(figures_or_none(self._redis))
        database, *redis = await asyncio.gather(*asked)
        metrics: list[Metric] = [
            InfoMetricFamily("mapcenter", "The version that runs.", {"version": settings.VERSION}),
            gauge("mapcenter_database_up", "Whether the database answers.", database is not None),
            gauge(
                "mapcenter_disk_free_bytes",
                "Free on the disk of the state directory.",
                shutil.disk_usage(settings.STATE_DIRECTORY).free,
            ),
        ]
        for name, value in (database or {}).items():
            metrics.append(gauge(f"mapcenter_{name}", DATABASE[name], value))
        for figures in redis:
            metrics.append(
                gauge("mapcenter_redis_up", "Whether Redis answers.", figures is not None)
            )
            for name, value in (figures or {}).items():
                metrics.append(gauge(f"mapcenter_{name}", REDIS[name], value))
        return metrics


DATABASE = {
    "database_writable": "Whether the database takes writes, as far as is known without one.",
    "clock_offset_seconds": "How far the host's clock is ahead of the database's.",
    "broadcasts_on_air": "Broadcasts that are on air, or on hold.",
    "cues_overdue": f"Cues that should have gone out {OVERDUE.seconds} s ago and did not.",
    "cues_missed": "Cues in the rundown that could not go out at their time.",
}
REDIS = {
    "queue_jobs": "Jobs that wait for a worker.",
    "queue_failed": "Jobs that failed, in the dashboard of RQ.",
    "queue_workers": "Workers that are registered.",
}


async def figures_or_none(question: Question[Figures]) -> Figures | None:
    """Return the figures; None if there is no answer in time."""
    try:
        return await question.answer()
    except (DatabaseError, RedisError, OSError):  # TimeoutError is an OSError
        return None


def database_figures() -> Figures:
    """Ask the database. Raises DatabaseError."""
    try:
        return _database_figures()
    finally:
        connection.close()


def _database_figures() -> Figures:
    clock.read()
    cues = Cue.objects.filter(removed_at=None, broadcast__archived_at=None)
    waiting = cues.filter(missed="", asked_by=None, due_at__lte=clock.now() - OVERDUE)
    running = cues.exclude(missed="").exclude(broadcast__phase=Phase.ENDED)
    return {
        "database_writable": write_problem() is None,
        "clock_offset_seconds": round(shared_clock.offset, 3),
        "broadcasts_on_air": Broadcast.objects.filter(phase__in=ON_AIR).count(),
        "cues_overdue": waiting.count(),
        "cues_missed": running.count(),
    }


def redis_figures() -> Figures:
    """Ask Redis for the state of the queue. Raises RedisError and OSError."""
    from rq import Queue, Worker  # needed only where there is Redis

    with impatient_redis(TIMEOUT / 2) as redis:
        queue = Queue("default", connection=redis)
        return {
            "queue_jobs": queue.count,
            "queue_failed": queue.failed_job_registry.get_job_count(cleanup=False),
            "queue_workers": Worker.count(queue=queue),
        }


def gauge(name: str, documentation: str, value: float) -> Metric:
    """Return a gauge without labels."""
    return GaugeMetricFamily(name, documentation, value=value)
