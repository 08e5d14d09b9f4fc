"""What is stored: broadcasts, their rundowns and logs, API tokens, and the audit.

`Broadcast.epoch`, `seq`, `at`, `phase` and `state` are written by publishing.py alone.
"""

import hashlib
import secrets

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import ProhibitNullCharactersValidator
from django.db import models
from django.utils import timezone

from broadcaster.domain import electoral, mapstate
from broadcaster.domain.change import KINDS
from broadcaster.domain.stream import Position

NOBODY = {"command": "command line", "schedule": "schedule"}
"""Who is named where nobody was logged in, by the way it came in."""


def new_epoch() -> str:
    """A name for a new history: 12 random hexadecimal digits."""
    return secrets.token_hex(6)


class Broadcast(models.Model):
    """One live map that staff drive and viewers watch."""

    EDITORIAL = (
        "title",
        "slug",
        "listed",
        "source",
        "starts_at",
        "ends_at",
        "automatic",
        "second_person",
        "archived_at",
    )
    ELECTIONS = [(year, f"President {year}") for year in electoral.ELECTIONS]
    SECOND_PERSON = [
        ("never", "never"),
        ("calls", "for every call"),
        ("270", "when a call crosses 270"),
    ]

    slug = models.SlugField(unique=True, help_text="The last part of the public address.")
    title = models.CharField(max_length=120, validators=[ProhibitNullCharactersValidator()])
    election = models.PositiveSmallIntegerField(
        choices=ELECTIONS, default=2024, help_text="Whose candidates and electoral votes are used."
    )
    listed = models.BooleanField(default=True, help_text="Shown on the front page.")
    source = models.CharField(
        "source of calls", max_length=60, blank=True, help_text="Told to viewers, as in “AP”."
    )
    starts_at = models.DateTimeField(
        "planned start", null=True, blank=True, help_text="Told to viewers."
    )
    ends_at = models.DateTimeField("planned end", null=True, blank=True)
    automatic = models.BooleanField(
        "starts and ends by itself", default=False, help_text="At the planned times."
    )
    second_person = models.CharField(
        max_length=5,
        choices=SECOND_PERSON,
        default="270",
        help_text="When somebody else must confirm a take.",
    )
    rehearsal = models.BooleanField(
        default=False, help_text="Says so on every page, and is never on the front page."
    )
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)

    epoch = models.CharField(max_length=32, default=new_epoch, editable=False)
    seq = models.PositiveIntegerField(default=0, editable=False)
    at = models.DateTimeField("last update", default=timezone.now, editable=False)
    phase = models.CharField(
        max_length=9,
        choices=[(phase, phase) for phase in mapstate.PHASES],
        default="scheduled",
        editable=False,
        db_index=True,
    )
    initial = models.JSONField(
        null=True, editable=False, help_text="The state at seq 0; empty: nothing is called."
    )
    state = models.JSONField(editable=False)

    class Meta:
        ordering = ["-at"]
        permissions = [
            ("prepare_broadcast", "Can prepare cues"),
            ("take_broadcast", "Can take updates on air, hold and resume"),
            ("run_broadcast", "Can start and end a broadcast"),
            ("correct_broadcast", "Can correct calls"),
            ("confirm_broadcast", "Can confirm takes of others"),
            ("schedule_broadcast", "Can schedule cues"),
        ]

    def __str__(self) -> str:
        return self.title

    def save(self, *args, **kwargs):
        """Save what editors write. Where the map stands is publishing.py's alone to change: a
        form that was read before an update must not undo it."""
        if self._state.adding:
            self.phase = self.opening.phase
            self.state = self.opening.to_dict()
        else:
            kwargs["update_fields"] = self.EDITORIAL
        super().save(*args, **kwargs)

    def clean(self):
        """The planned times must make sense together. Raises `ValidationError`."""
        if self.starts_at and self.ends_at and self.ends_at <= self.starts_at:
            raise ValidationError({"ends_at": "It ends before it starts."})
        if self.automatic and not (self.starts_at or self.ends_at):
            raise ValidationError({"automatic": "It has no planned time yet."})
        if self.automatic and self.on_air and self.ends_at and self.ends_at <= timezone.now():
            raise ValidationError({"ends_at": "This would end it at once: that time has passed."})

    @property
    def opening(self) -> mapstate.MapState:
        """The map at seq 0."""
        if self.initial is None:
            return mapstate.MapState(election=self.election)
        return mapstate.MapState.from_dict(self.initial)

    @property
    def position(self) -> Position:
        return Position(self.epoch, self.seq)

    @property
    def on_air(self) -> bool:
        return self.phase in mapstate.ON_AIR


class Cue(models.Model):
    """A change that is prepared for the rundown. Taken once per epoch: see `Publication.cue`."""

    broadcast = models.ForeignKey(Broadcast, models.CASCADE, related_name="cues")
    rank = models.PositiveIntegerField(help_text="Its place in the rundown.")
    title = models.CharField(max_length=120)
    change = models.JSONField(help_text="As in `Publication.change`; a whole one.")
    version = models.PositiveIntegerField(default=1, help_text="+1 with each edit.")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    proposed = models.BooleanField(default=False, help_text="By a robot, through the API.")
    client_id = models.CharField(max_length=64, null=True, help_text="Proposing again is one.")
    due_at = models.DateTimeField(null=True, db_index=True, help_text="Taken then, by itself.")
    scheduled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        help_text="Who took it, while it waits for the second person.",
    )
    asked_at = models.DateTimeField(null=True)
    missed = models.TextField(blank=True, help_text="Why it did not go out at its time.")
    removed_at = models.DateTimeField(null=True, help_text="Out of the rundown.")

    class Meta:
        ordering = ["rank", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["broadcast", "client_id"], name="one_cue_a_client_id"),
        ]

    def __str__(self) -> str:
        return self.title


class Publication(models.Model):
    """One update in a broadcast's log. Never edited, never deleted."""

    broadcast = models.ForeignKey(Broadcast, models.PROTECT, related_name="publications")
    epoch = models.CharField(max_length=32)
    seq = models.PositiveIntegerField()
    at = models.DateTimeField()
    kind = models.CharField(max_length=7, choices=[(kind, kind) for kind in KINDS])
    change = models.JSONField(help_text="Kind, view, calls, story; corrects and reason.")
    totals = models.JSONField(help_text="Electoral votes after this update.")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, help_text="Empty: the command line."
    )
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    cue = models.ForeignKey(Cue, models.PROTECT, null=True, related_name="publications")
    client_id = models.CharField(max_length=64, null=True, help_text="Publishing again is one.")

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


class Rebroadcast(models.Model):
    """A showing of a recording: everyone who watches sees the same second of it."""

    broadcast = models.ForeignKey(Broadcast, models.PROTECT, related_name="rebroadcasts")
    epoch = models.CharField(max_length=32)
    seq = models.PositiveIntegerField(
        help_text="Up to which update; with the epoch: what is shown."
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


class ApiToken(models.Model):
    """A bearer token for the HTTP API, stored as a hash, acting for one user."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="api_tokens")
    note = models.CharField(max_length=120, blank=True)
    direct = models.BooleanField(
        default=False, help_text="Calls of a feed go on air directly, not into the rundown."
    )
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = "API token"

    def __str__(self) -> str:
        return f"{self.user}, {self.created_at:%Y-%m-%d}"

    @staticmethod
    def hash(token: str) -> str:
        """SHA-256 suffices: a token is 256 random bits, so there is nothing to guess."""
        return hashlib.sha256(token.encode()).hexdigest()

    @classmethod
    def issue(cls, user, note: str = "", direct: bool = False) -> str:
        """A new token for `user`. The text is returned once and stored nowhere."""
        token = secrets.token_urlsafe(32)
        cls.objects.create(user=user, note=note, direct=direct, digest=cls.hash(token))
        return token


class AppendOnly(models.QuerySet):
    """Rows that code can add and read, and nothing else."""

    def update(self, **kwargs):
        raise TypeError("the audit is append-only")

    def delete(self):
        raise TypeError("the audit is append-only")


class AuditEntry(models.Model):
    """One thing that somebody did or was refused. Append-only: it outlives what it speaks of."""

    VIA = ["console", "socket", "api", "admin", "command", "schedule"]
    ACTIONS = [
        "prepared",
        "edited",
        "moved",
        "removed",
        "proposed",
        "scheduled",
        "unscheduled",
        "asked",
        "confirmed",
        "declined",
        "took",
        "undid",
        "corrected",
        "started",
        "held",
        "resumed",
        "ended",
        "changed",
        "archived",
        "restored",
        "exported",
        "imported",
        "refused",
    ]

    at = models.DateTimeField(default=timezone.now, db_index=True)
    action = models.CharField(max_length=11, choices=[(action, action) for action in ACTIONS])
    who = models.CharField(max_length=150, help_text="The user's name then.")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.DO_NOTHING, null=True, db_constraint=False
    )
    broadcast = models.ForeignKey(
        Broadcast, models.DO_NOTHING, null=True, db_constraint=False, related_name="audit"
    )
    cue = models.ForeignKey(Cue, models.DO_NOTHING, null=True, db_constraint=False)
    epoch = models.CharField(max_length=32, blank=True)
    seq = models.PositiveIntegerField(null=True, help_text="Of the update, if it made one.")
    detail = models.TextField(blank=True, help_text="What, in words; why, if it was refused.")
    via = models.CharField(max_length=8, choices=[(via, via) for via in VIA])
    address = models.GenericIPAddressField(null=True, help_text="From where.")

    objects = AppendOnly.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name_plural = "audit"

    def __str__(self) -> str:
        return f"{self.who} {self.action} {self.detail}"

    def save(self, *args, **kwargs):
        if not self._state.adding:
            raise TypeError("the audit is append-only")
        super().save(*args, **kwargs)

    def delete(self, *args, **kwargs):
        raise TypeError("the audit is append-only")
