"""Contests and geometries, stored as documents."""

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from broadcaster.domain.bidi import isolate
from broadcaster.domain.contest import Contest
from broadcaster.domain.geometry import Geometry
from broadcaster.models.fields import ValueField


class Document(models.Model):
    """A document with its id, its first and last author, and the times.

    Documents that ship have no first author, and those changed by a command have no last one.
    """

    slug = models.SlugField("id", unique=True, editable=False)
    title = models.CharField(max_length=120, editable=False)
    version = models.PositiveIntegerField(
        default=1, editable=False, help_text="+1 with each change."
    )
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name="+"
    )
    made_at = models.DateTimeField("made", default=timezone.now, editable=False)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name="+"
    )
    changed_at = models.DateTimeField("changed", default=timezone.now, editable=False)

    class Meta:
        abstract = True
        ordering = ["slug"]

    document: Any

    def __str__(self) -> str:
        return isolate(self.title)

    def save(self, *args, **kwargs):
        """Save the document. Id and title are those in it."""
        self.slug, self.title = self.document.id, self.document.title
        super().save(*args, **kwargs)


class ContestDocument(Document):
    """A stored contest, as editors make it and broadcasts show it."""

    document: Any = ValueField(Contest)

    class Meta(Document.Meta):
        verbose_name = "contest"
        default_permissions = ["view"]
        permissions = [("edit_contest", "Can make, edit and remove contests")]


class GeometryDocument(Document):
    """A stored geometry, which `manage.py geometry import` made or which ships."""

    document: Any = ValueField(Geometry)

    class Meta(Document.Meta):
        verbose_name = "geometry"
        verbose_name_plural = "geometries"
        default_permissions = []
