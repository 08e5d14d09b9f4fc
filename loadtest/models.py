"""Load tests that are prepared in the admin, and their runs."""

import zlib
from datetime import timedelta

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.utils import timezone

from broadcaster.publishing import clock

LOST = timedelta(seconds=15)
"""After so long without a sign of life a run's worker is gone: it gives one every second."""

RUN = "loadtest.run_loadtest"
"""The permission to start and stop runs."""


class LoadTest(models.Model):
    """A load test that can be run again and again.

    `plan` has the options of `manage.py swarm` by name, those with their defaults left out.
    """

    name = models.CharField(max_length=80, unique=True)
    note = models.TextField(blank=True)
    plan = models.JSONField(default=dict, blank=True, editable=False)
    thresholds = models.TextField(
        blank=True, help_text='One a line, such as "p95>500" or "every 1 s: last>1000".'
    )

    matrix_scale = models.FloatField(
        "the story's matrix",
        null=True,
        blank=True,
        validators=[MinValueValidator(0.01), MaxValueValidator(2)],
        help_text="Try the findings of 2012 again, with this share of its 10,000 viewers, such as "
        "0.2. It takes half an hour or more, on servers of its own. Options and thresholds are "
        "ignored then.",
    )

    class Meta:
        ordering = ["pk"]
        permissions = [("run_loadtest", "Can start and stop load tests")]

    def __str__(self) -> str:
        return self.name

    @property
    def fail_if(self) -> list[str]:
        """The thresholds as a list."""
        return [line.strip() for line in self.thresholds.splitlines() if line.strip()]


class State(models.TextChoices):
    """The state of a run. Those from FINISHED on are final."""

    QUEUED = "queued", "Waiting for a worker"
    RUNNING = "running", "Running"
    FINISHED = "finished", "Finished"
    STOPPED = "stopped", "Stopped early"
    REFUSED = "refused", "Could not start"
    FAILED = "failed", "Failed: an error in the load test"
    ABORTED = "aborted", "Aborted: its worker is gone"


class LoadTestRun(models.Model):
    """One run. Name, plan and thresholds are frozen: those of the load test when it was started."""

    test = models.ForeignKey(LoadTest, models.SET_NULL, null=True, related_name="runs")
    name = models.CharField(max_length=80)
    plan = models.JSONField(default=dict)
    thresholds = models.JSONField(default=list)
    matrix_scale = models.FloatField(null=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True)
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    job = models.CharField(max_length=40, blank=True)  # its id in RQ
    queued_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)  # the last sign of life of its worker
    ended_at = models.DateTimeField(null=True)
    stop_asked_at = models.DateTimeField(null=True)
    live = models.JSONField(default=dict)  # what its page shows while it runs: control/live.py
    commit = models.CharField(max_length=40, blank=True)
    hosts = models.JSONField(default=list)  # that played: the director's, then the simulators'
    verdict = models.CharField(max_length=120, blank=True)
    exit_code = models.IntegerField(null=True)  # that manage.py swarm would have
    message = models.TextField(blank=True)  # why it could not start, or failed
    figures = models.JSONField(default=dict)  # headline figures by name: control/figures.py
    report = models.BinaryField(null=True)  # report.json, packed
    page = models.BinaryField(null=True)  # report.html, packed

    class Meta:
        ordering = ["-pk"]
        default_permissions = ("view", "delete")
        verbose_name = "load test run"

    def __str__(self) -> str:
        return f"{self.name}, run {self.pk}"

    @property
    def is_over(self) -> bool:
        return self.state not in (State.QUEUED, State.RUNNING)

    @classmethod
    def begin(cls, pk: int) -> bool:
        """Mark a run as running if it is queued and no other run goes on; return whether it was.

        The rows are locked, so only one of two runs can begin. SQLite has one writer anyway.
        """
        cls.mark_lost()
        unfinished = cls.objects.filter(state__in=(State.QUEUED, State.RUNNING))
        with transaction.atomic():
            states = dict(unfinished.select_for_update().order_by("pk").values_list("pk", "state"))
            if states.get(pk) != State.QUEUED or State.RUNNING in states.values():
                return False
            now = clock.read()
            cls.objects.filter(pk=pk).update(state=State.RUNNING, started_at=now, seen_at=now)
        return True

    @classmethod
    def mark_lost(cls) -> int:
        """Mark the runs whose worker is gone as aborted; return how many there are."""
        now = clock.read()
        lost = cls.objects.filter(state=State.RUNNING, seen_at__lt=now - LOST)
        return lost.update(state=State.ABORTED, ended_at=now)


def pack(text: bytes) -> bytes:
    """Return a report as it is stored."""
    return zlib.compress(text)


def unpack(data: bytes | memoryview) -> bytes:
    """Return what `pack` packed."""
    return zlib.decompress(data)
