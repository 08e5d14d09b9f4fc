"""The audit: the actions of users, and rejected requests."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from broadcaster.models.broadcast import Broadcast
from broadcaster.models.log import Cue, Via


class AppendOnly(models.QuerySet):
    """Rows that code can add and read, but not change or delete."""

    def update(self, **kwargs):
        raise TypeError("the audit is append-only")

    def delete(self):
        raise TypeError("the audit is append-only")


class Action(models.TextChoices):
    """The actions that entries of the audit record."""

    PREPARED = "prepared", "prepared"
    EDITED = "edited", "edited"
    MOVED = "moved", "moved"
    REMOVED = "removed", "removed"
    PROPOSED = "proposed", "proposed"
    SCHEDULED = "scheduled", "scheduled"
    UNSCHEDULED = "unscheduled", "unscheduled"
    ASKED = "asked", "asked"
    CONFIRMED = "confirmed", "confirmed"
    DECLINED = "declined", "declined"
    TOOK = "took", "took"
    UNDID = "undid", "undid"
    CORRECTED = "corrected", "corrected"
    STARTED = "started", "started"
    HELD = "held", "held"
    RESUMED = "resumed", "resumed"
    ENDED = "ended", "ended"
    CHANGED = "changed", "changed"
    ARCHIVED = "archived", "archived"
    RESTORED = "restored", "restored"
    EXPORTED = "exported", "exported"
    IMPORTED = "imported", "imported"
    REFUSED = "refused", "refused"


class AuditEntry(models.Model):
    """One action of a user, or one rejected request. Append-only: it outlives its objects."""

    at = models.DateTimeField(default=timezone.now, db_index=True)
    action = models.CharField(max_length=11, choices=Action)
    who = models.CharField(max_length=150, help_text="The user's name at that time.")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.DO_NOTHING, null=True, db_constraint=False
    )
    broadcast = models.ForeignKey(
        Broadcast, models.DO_NOTHING, null=True, db_constraint=False, related_name="audit"
    )
    cue = models.ForeignKey(Cue, models.DO_NOTHING, null=True, db_constraint=False)
    epoch = models.CharField(max_length=32, blank=True)
    seq = models.PositiveIntegerField(null=True, help_text="Of the update, if there is one.")
    detail = models.TextField(blank=True, help_text="What was done, or why it was rejected.")
    via = models.CharField(max_length=8, choices=Via)
    address = models.GenericIPAddressField(null=True, help_text="The client's IP address.")

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
