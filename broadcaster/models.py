"""What is stored: broadcasts, their logs, and the tokens that may write to them.

`Broadcast.epoch`, `seq`, `at`, `phase` and `state` are written by publishing.py alone.
"""

import hashlib
import secrets

from django.conf import settings
from django.core.validators import ProhibitNullCharactersValidator
from django.db import models
from django.utils import timezone

from broadcaster import electoral, mapstate
from broadcaster.change import KINDS
from broadcaster.stream import Position


def new_epoch() -> str:
    """A name for a new history: 12 random hexadecimal digits."""
    return secrets.token_hex(6)


class Broadcast(models.Model):
    """One live map that staff drive and viewers watch."""

    EDITORIAL = ("title", "slug", "listed", "starts_at")
    ELECTIONS = [(year, f"President {year}") for year in electoral.ELECTIONS]

    slug = models.SlugField(unique=True, help_text="The last part of the public address.")
    title = models.CharField(max_length=120, validators=[ProhibitNullCharactersValidator()])
    election = models.PositiveSmallIntegerField(
        choices=ELECTIONS, default=2024, help_text="Whose candidates and electoral votes are used."
    )
    listed = models.BooleanField(default=True, help_text="Shown on the front page.")
    starts_at = models.DateTimeField(
        "planned start", null=True, blank=True, help_text="Told to viewers; it starts nothing."
    )

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
    state = models.JSONField(editable=False)

    class Meta:
        ordering = ["-at"]
        permissions = [
            ("take_broadcast", "Can take updates on air"),
            ("run_broadcast", "Can start, hold and end a broadcast and correct calls"),
        ]

    def __str__(self) -> str:
        return self.title

    def save(self, *args, **kwargs):
        """Save what editors write. Where the map stands is publishing.py's alone to change: a
        form that was read before an update must not undo it."""
        if self._state.adding:
            self.state = mapstate.MapState(election=self.election).to_dict()
        else:
            kwargs["update_fields"] = self.EDITORIAL
        super().save(*args, **kwargs)

    @property
    def position(self) -> Position:
        return Position(self.epoch, self.seq)

    @property
    def on_air(self) -> bool:
        return self.phase in mapstate.ON_AIR


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
    client_id = models.CharField(max_length=64, null=True, help_text="Publishing again is one.")

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["broadcast", "epoch", "seq"], name="one_row_a_seq"),
            models.UniqueConstraint(
                fields=["broadcast", "epoch", "client_id"], name="one_row_a_client_id"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.broadcast} {self.epoch}:{self.seq}"


class ApiToken(models.Model):
    """A bearer token for the HTTP API, stored as a hash, acting for one user."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="api_tokens")
    note = models.CharField(max_length=120, blank=True)
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
    def issue(cls, user, note: str = "") -> str:
        """A new token for `user`. The text is returned once and stored nowhere."""
        token = secrets.token_urlsafe(32)
        cls.objects.create(user=user, note=note, digest=cls.hash(token))
        return token
