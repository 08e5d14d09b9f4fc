"""Starts and stops runs of the control center. The admin calls this, so it loads nothing heavy."""

import shlex

from django.conf import settings
from redis import Redis
from redis.exceptions import RedisError

from broadcaster.publishing import clock
from loadtest.common.plan_options import command_line
from loadtest.models import LoadTest, LoadTestRun, State

PLAY = "loadtest.control.center.play_run"
TIMEOUT = 1.0  # seconds for Redis to answer: somebody waits for it
RESULT_TTL = 3600  # seconds for which RQ keeps the job's end for people to look at


class NoWorker(Exception):
    """No worker can play a run. The message says why, and what to do."""


def start(test: LoadTest, by: int | None) -> LoadTestRun:
    """Queue a run of a load test, for the user with this primary key. Raises `NoWorker`."""
    from rq import Queue  # half a second that a serving process needs only here

    from loadtest.control.queues import LOADTEST

    redis = _redis()
    run = LoadTestRun.objects.create(
        test=test,
        name=test.name,
        plan={} if test.matrix_scale is not None else {"url": own_url(), **test.plan},
        thresholds=test.fail_if,
        matrix_scale=test.matrix_scale,
        by_id=by,
        queued_at=clock.read(),
    )
    try:
        job = Queue(LOADTEST, connection=redis).enqueue(
            PLAY,
            run.pk,
            description=str(run),
            job_timeout=-1,  # it gives signs of life, and can be stopped
            result_ttl=0,
            failure_ttl=RESULT_TTL,
        )
    except RedisError as error:
        run.delete()
        raise NoWorker(f"Redis does not answer: {error}.") from error
    run.job = job.id
    run.save(update_fields=["job"])
    return run


def workers() -> int:
    """Return how many workers of whole runs there are, busy ones too. Raises `NoWorker`."""
    from loadtest.control.queues import LOADTEST, living_workers

    try:
        return len(living_workers(_redis(), LOADTEST))
    except RedisError as error:
        raise NoWorker(f"Redis does not answer: {error}.") from error


def stop(run: LoadTestRun) -> None:
    """End a run early: it counts what was measured. A second time, kill it. Raises `NoWorker`."""
    now = clock.read()
    runs = LoadTestRun.objects.filter(pk=run.pk)
    if runs.filter(state=State.QUEUED).update(state=State.STOPPED, ended_at=now):
        return  # play_run leaves alone what is not queued
    if runs.filter(state=State.RUNNING, stop_asked_at=None).update(stop_asked_at=now):
        return
    from rq.command import send_stop_job_command
    from rq.exceptions import InvalidJobOperation, NoSuchJobError

    try:
        send_stop_job_command(_redis(), run.job)
    except RedisError as error:
        raise NoWorker(f"Redis does not answer: {error}.") from error
    except (InvalidJobOperation, NoSuchJobError):
        pass  # it ended just now
    runs.filter(state=State.RUNNING).update(state=State.ABORTED, ended_at=now)


def swarm_command(test: LoadTest) -> str:
    """Return the command that plays a load test without a worker."""
    if test.matrix_scale is not None:
        return f"manage.py swarm --matrix blog --scale {test.matrix_scale:g}"
    thresholds = [f"--fail-if={text}" for text in test.fail_if]
    return shlex.join(["manage.py", "swarm", *command_line(test.plan), *thresholds])


def own_url() -> str:
    """Return the URL of this project's own server, which load tests have by default."""
    return f"http://127.0.0.1:{settings.PORT}/"


def _redis() -> Redis:
    if not settings.LOADTEST_REDIS_URL:
        raise NoWorker("Neither LOADTEST_REDIS_URL nor REDIS_URL is set.")
    return Redis.from_url(
        settings.LOADTEST_REDIS_URL, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT
    )
