"""Contests and geometries, stored as documents, and the editions of contests that shows have."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from broadcaster.domain import contest as contests
from broadcaster.domain import geometry as geometries
from broadcaster.domain.bidi import isolate
from broadcaster.domain.contest import Contest
from broadcaster.domain.geometry import Geometry
from broadcaster.domain.rejection import InvalidInput
from broadcaster.domain.show import DIGEST_LENGTH, Edition, Show
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


class ContestEdition(models.Model):
    """A contest as a show had it at one time, with its map. Named by its content, so it stays."""

    digest = models.CharField(primary_key=True, max_length=DIGEST_LENGTH)
    contest: Any = ValueField(Contest)
    geometry: Any = ValueField(Geometry)
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = []

    def __str__(self) -> str:
        return f"{self.contest.id}, edition {self.digest}"


Lineup = list[list[str]]
"""The contests of a show in their order: key and digest of each."""


def keep(edition: Edition) -> str:
    """Store an edition unless it is stored already, and return its digest."""
    fields = {"contest": edition.contest, "geometry": edition.geometry}
    ContestEdition.objects.get_or_create(digest=edition.digest, defaults=fields)
    return edition.digest


@lru_cache(maxsize=256)
def edition(digest: str) -> Edition:
    """Return a stored edition. Raises `ContestEdition.DoesNotExist`."""
    stored = ContestEdition.objects.get(digest=digest)
    return Edition(stored.contest, stored.geometry)


def show_of(lineup: Iterable[Iterable[str]]) -> Show:
    """Return the show with these contests."""
    return _show(tuple((key, digest) for key, digest in lineup))


@lru_cache(maxsize=64)
def _show(lineup: tuple[tuple[str, str], ...]) -> Show:
    return Show({key: edition(digest) for key, digest in lineup})


def keep_all(editions: Mapping[str, Edition]) -> Lineup:
    """Store the editions of a show, and return its lineup."""
    return [[key, keep(each)] for key, each in editions.items()]


def current_edition(field: str, id: object) -> Edition:
    """Return a contest as it is now, stored or, if it was removed here, as it ships.

    Raises `InvalidInput`.
    """
    stored = ContestDocument.objects.filter(slug=id).first() if isinstance(id, str) else None
    if stored is not None:
        contest = stored.document
    elif id in contests.shipped_ids():
        contest = contests.shipped(str(id))
    else:
        raise InvalidInput(field, f"there is no contest {str(id)[:50]}")
    return Edition(contest, geometry_of(contest.geometry) or _missing(field, contest))


def geometry_of(id: str) -> Geometry | None:
    """Return a geometry as it is now, stored or as it ships; None if there is none."""
    if stored := GeometryDocument.objects.filter(slug=id).first():
        found: Geometry = stored.document
        return found
    return geometries.shipped(id) if id in geometries.shipped_ids() else None


def _missing(field: str, contest: Contest) -> Geometry:
    raise InvalidInput(field, f"its map {contest.geometry} was removed")
