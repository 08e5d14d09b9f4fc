"""Broadcasts."""

import secrets
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.urls import reverse
from django.utils import timezone

from broadcaster.domain.bidi import is_balanced, isolate
from broadcaster.domain.clock import is_plannable, shared_clock
from broadcaster.domain.feed_modes import Modes, parse_modes
from broadcaster.domain.mapstate import ON_AIR, MapState, Phase
from broadcaster.domain.opening import opening
from broadcaster.domain.parsing import unusable_characters
from broadcaster.domain.rejection import InvalidInput
from broadcaster.domain.show import Show
from broadcaster.domain.stream import Position
from broadcaster.models.contests import show_of
from broadcaster.models.fields import ValueField


def new_epoch() -> str:
    """Return a name for a new history: 12 random hexadecimal digits."""
    return secrets.token_hex(6)


def validate_text(value: str) -> None:
    """Raise `ValidationError` for text that cannot be stored or drawn everywhere."""
    if problem := unusable_characters(value):
        raise ValidationError(f"This text {problem}.")


def validate_time(at: datetime, field: str | None = None) -> None:
    """Raise `ValidationError`, for this field, if nothing can be planned for a time."""
    if not is_plannable(at):
        words = "This is not between the years 1970 and 2100."
        raise ValidationError({field: words} if field else words)


class Approval(models.TextChoices):
    """The two-person rule: the takes that need the approval of another person."""

    NEVER = "never", "never"
    CALLS = "calls", "for every call"
    DECISION = "wins", "when a call decides the contest"


class Broadcast(models.Model):
    """One live map that staff drive and viewers watch.

    `epoch`, `seq`, `at`, `phase` and `state` are written by publishing/publish.py alone, `contests`
    by publishing/lineup.py after a broadcast was made.
    """

    EDITORIAL = (
        "title",
        "slug",
        "listed",
        "source",
        "starts_at",
        "ends_at",
        "automatic",
        "approval",
        "feed",
    )

    slug = models.SlugField(unique=True, help_text="The last part of the public address.")
    title = models.CharField(max_length=120, validators=[validate_text])
    contests = models.JSONField(
        default=list,
        editable=False,
        help_text="Key and edition of each contest, in their order. Frozen by the first update.",
    )
    listed = models.BooleanField(default=True, help_text="Shown on the front page.")
    source = models.CharField(
        "source of calls",
        max_length=60,
        blank=True,
        validators=[validate_text],
        help_text="Shown to viewers, such as “AP”.",
    )
    starts_at = models.DateTimeField(
        "planned start", null=True, blank=True, help_text="Shown to viewers."
    )
    ends_at = models.DateTimeField("planned end", null=True, blank=True)
    automatic = models.BooleanField(
        "starts and ends automatically", default=False, help_text="At the planned times."
    )
    approval = models.CharField(
        "approval by another person",
        max_length=5,
        choices=Approval,
        default=Approval.DECISION,
        db_column="second_person",
        help_text="When another person must approve a take before it goes on air.",
    )
    feed = models.TextField(
        "calls of feeds",
        blank=True,
        max_length=8000,
        help_text="What becomes of a feed’s calls: a line for each contest or race, such as "
        "“senate: propose”, “senate/OH: off” or “president: direct”. Otherwise a direct token’s "
        "calls go on air, and all others into the rundown.",
    )
    rehearsal = models.BooleanField(
        default=False,
        help_text="Every page shows that it is a rehearsal; the front page never lists it.",
    )
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)

    epoch = models.CharField(max_length=32, default=new_epoch, editable=False)
    seq = models.PositiveIntegerField(default=0, editable=False)
    at = models.DateTimeField("last update", default=timezone.now, editable=False)
    phase = models.CharField(
        max_length=9,
        choices=[(str(phase), str(phase)) for phase in Phase],
        default=Phase.SCHEDULED.value,
        editable=False,
        db_index=True,
    )
    initial: Any = ValueField(
        MapState,
        null=True,
        editable=False,
        help_text="The map at seq 0. Empty: nothing is called.",
    )
    state: Any = ValueField(MapState, editable=False)

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
        return isolate(self.title)

    def get_absolute_url(self) -> str:
        """Return the address of the viewer page."""
        return reverse("broadcast", args=[self.slug])

    def save(self, *args, **kwargs):
        """Save what editors write.

        The columns that publishing writes are left out: a form that was read before an update
        must not undo the update.
        """
        if self._state.adding:
            self.phase = self.opening.phase.value
            self.state = self.opening
        else:
            kwargs["update_fields"] = self.EDITORIAL
        super().save(*args, **kwargs)

    def clean(self):
        """Check the title, and that the planned times agree. Raises `ValidationError`."""
        if not is_balanced(self.title):
            raise ValidationError(
                {"title": "It ends a change of direction that it does not begin."}
            )
        for name in ("starts_at", "ends_at"):
            if getattr(self, name):
                validate_time(getattr(self, name), name)
        if self.starts_at and self.ends_at and self.ends_at <= self.starts_at:
            raise ValidationError({"ends_at": "The planned end is before the planned start."})
        try:
            parse_modes(self.feed, self.show.contests if self.contests else {})
        except InvalidInput as error:
            raise ValidationError(
                {"feed": f"{error.field.capitalize()} {error.problem}."}
            ) from None
        if self.automatic and not (self.starts_at or self.ends_at):
            words = "There is no planned time yet: set a start or an end."
            raise ValidationError({"automatic": words})
        if self.automatic and self.on_air and self.ends_at and self.ends_at <= shared_clock.now():
            words = "This would end it at once: that time has passed."
            raise ValidationError({"ends_at": words})

    @property
    def opening(self) -> MapState:
        """The map at seq 0."""
        return self.initial or opening(self.show)

    @property
    def show(self) -> Show:
        """The contests, as they are frozen or will be."""
        return show_of(self.contests)

    @property
    def feed_modes(self) -> Modes:
        """What becomes of a feed's calls."""
        return parse_modes(self.feed, self.show.contests)

    @property
    def frozen(self) -> bool:
        """Whether the contests stay as they are, except names and looks.

        Logs before a new epoch are stored as well, and are of the same contests.
        """
        return self.seq > 0 or self.initial is not None or self.publications.exists()

    @property
    def position(self) -> Position:
        return Position(self.epoch, self.seq)

    @property
    def on_air(self) -> bool:
        return self.phase in ON_AIR
