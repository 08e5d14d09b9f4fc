"""Rundowns and logs: cues, publications and rebroadcasts."""

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from broadcaster.domain.bidi import isolate
from broadcaster.domain.change import Change, Kind
from broadcaster.domain.stream import Position
from broadcaster.models.broadcast import Broadcast
from broadcaster.models.fields import ValueField


class Via(models.TextChoices):
    """The ways by which a user acts, or an update is published."""

    CONSOLE = "console", "console"
    SOCKET = "socket", "socket"
    API = "api", "api"
    ADMIN = "admin", "admin"
    COMMAND = "command", "command"
    SCHEDULE = "schedule", "schedule"


NOBODY = {
    Via.ADMIN.value: "not logged in",
    Via.COMMAND.value: "command line",
    Via.SCHEDULE.value: "schedule",
}
"""The name shown for an action without a user, by its way."""


def name_of(user: Any, via: str) -> str:
    """Return the name of the user, or of the way where there is no user."""
    return str(user) if user else NOBODY.get(via, via)


class Cue(models.Model):
    """A change that is prepared for the rundown. Taken once per epoch: see `Publication.cue`."""

    broadcast = models.ForeignKey(Broadcast, models.CASCADE, related_name="cues")
    rank = models.PositiveIntegerField(help_text="Its place in the rundown.")
    title = models.CharField(max_length=120)
    change: Any = ValueField(Change, help_text="A whole, valid change.")
    version = models.PositiveIntegerField(default=1, help_text="+1 with each edit.")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    proposed = models.BooleanField(
        default=False, help_text="Prepared by a program through the API."
    )
    client_id = models.CharField(
        max_length=64, null=True, help_text="Idempotency key: proposing twice creates one cue."
    )
    due_at = models.DateTimeField(
        null=True, db_index=True, help_text="When it is taken automatically."
    )
    scheduled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        help_text="The user who took it, while it waits for another person's approval.",
    )
    asked_at = models.DateTimeField(null=True)
    declined_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        help_text="The user who declined the last take of it, until it is edited or taken again.",
    )
    missed = models.TextField(blank=True, help_text="Why it was not taken at its time.")
    removed_at = models.DateTimeField(null=True, help_text="When it left the rundown.")

    class Meta:
        ordering = ["rank", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["broadcast", "client_id"], name="one_cue_a_client_id"),
        ]

    def __str__(self) -> str:
        return isolate(self.title)


class Publication(models.Model):
    """One update in a broadcast's log. Never edited, never deleted."""

    broadcast = models.ForeignKey(Broadcast, models.PROTECT, related_name="publications")
    epoch = models.CharField(max_length=32)
    seq = models.PositiveIntegerField()
    at = models.DateTimeField()
    kind = models.CharField(max_length=7, choices=[(str(kind), str(kind)) for kind in Kind])
    change: Any = ValueField(Change)
    totals = models.JSONField(help_text="By contest, after this update.")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, help_text="Empty: no user, see via."
    )
    via = models.CharField(max_length=8, choices=Via, help_text="The way it was published by.")
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    cue = models.ForeignKey(Cue, models.PROTECT, null=True, related_name="publications")
    client_id = models.CharField(
        max_length=64, null=True, help_text="Idempotency key: publishing twice makes one update."
    )

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["broadcast", "epoch", "seq"], name="one_row_a_seq"),
            models.UniqueConstraint(
                fields=["broadcast", "epoch", "client_id"], name="one_row_a_client_id"
            ),
            models.UniqueConstraint(fields=["epoch", "cue"], name="one_row_a_cue"),
        ]

    def __str__(self) -> str:
        return f"{self.broadcast} {self.epoch}:{self.seq}"

    @property
    def who(self) -> str:
        """The name of the user who published it, or of the way if there was none."""
        return name_of(self.by, self.via)


class FeedReply(models.Model):
    """The reply to a feed's message, for the same message again: its idempotency record."""

    broadcast = models.ForeignKey(Broadcast, models.CASCADE, related_name="feed_replies")
    epoch = models.CharField(max_length=32)
    client_id = models.CharField(max_length=64, help_text="Idempotency key of the message.")
    digest = models.CharField(max_length=64, help_text="SHA-256 of the message's content.")
    status = models.PositiveSmallIntegerField()
    reply = models.JSONField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["broadcast", "epoch", "client_id"], name="one_feed_reply_a_client_id"
            ),
        ]


class Rebroadcast(models.Model):
    """A showing of a recording: everyone who watches sees the same second of it."""

    broadcast = models.ForeignKey(Broadcast, models.PROTECT, related_name="rebroadcasts")
    epoch = models.CharField(max_length=32)
    seq = models.PositiveIntegerField(
        help_text="With the epoch: the position up to which the recording is shown."
    )
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(db_index=True, help_text="With the recording's last update.")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    cancelled_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["starts_at"]

    def __str__(self) -> str:
        return f"{self.broadcast}, again on {timezone.localtime(self.starts_at):%Y-%m-%d %H:%M}"

    @property
    def position(self) -> Position:
        return Position(self.epoch, self.seq)
