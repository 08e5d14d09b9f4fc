"""Bring everything stored to version 2: states, changes and totals by contest."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import Model

from broadcaster.domain import version1  # which converts to the form of version 2 for good

DATA = Path(__file__).parents[1] / "data"

ROWS = 500  # that are written at a time


def convert(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Convert broadcasts with their logs and rundowns, and complete the presets."""
    add_feed_words(apps)
    name_whole_maps(apps)
    broadcasts = apps.get_model("broadcaster", "Broadcast").objects
    editions = {
        year: keep_edition(apps, year)
        for year in broadcasts.values_list("election", flat=True).order_by().distinct()
    }
    broadcasts.filter(approval="270").update(approval="wins")

    def broadcast(row: Any) -> None:
        row.contests = [[version1.KEY, editions[row.election]]]
        row.state = version1.state(row.state)
        row.initial = row.initial and version1.state(row.initial)

    def publication(row: Any) -> None:
        row.change = version1.change(row.change)
        contest = version1.contest_of(row.broadcast.election)
        row.totals = version1.totals(row.totals, contest)

    def cue(row: Any) -> None:
        row.change = version1.change(row.change)

    rewrite(apps.get_model("broadcaster", "Publication"), publication, "change", "totals")
    rewrite(apps.get_model("broadcaster", "Cue"), cue, "change")
    rewrite(apps.get_model("broadcaster", "Broadcast"), broadcast, "contests", "state", "initial")


def rewrite(model: type[Model], change: Callable[[Any], None], *fields: str) -> None:
    """Change these fields of all rows."""
    rows: list[Model] = []
    related = ["broadcast"] if "totals" in fields else []
    manager: Any = model._default_manager
    for row in manager.select_related(*related).order_by("pk").iterator(chunk_size=ROWS):
        change(row)
        rows.append(row)
        if len(rows) == ROWS:
            manager.bulk_update(rows, fields)
            rows.clear()
    if rows:
        manager.bulk_update(rows, fields)


def keep_edition(apps: Apps, year: int) -> str:
    """Store the edition that all broadcasts of a year have, and return its digest."""
    edition = version1.edition_of(year)
    apps.get_model("broadcaster", "ContestEdition").objects.get_or_create(
        digest=edition.digest,
        defaults={"contest": edition.contest.to_dict(), "geometry": edition.geometry.to_dict()},
    )
    return edition.digest


def add_feed_words(apps: Apps) -> None:
    """Give the parties of stored presets the words that feeds use for them."""
    for row, preset in stored_presets(apps, "ContestDocument", "contests"):
        words = {party["id"]: party.get("feed") for party in preset["parties"]}
        for party in row.document.get("parties", []):
            if words.get(party["id"]):
                party.setdefault("feed", words[party["id"]])
        row.save()


def name_whole_maps(apps: Apps) -> None:
    """Give the stored maps that ship the id of the whole map."""
    for row, preset in stored_presets(apps, "GeometryDocument", "geometries"):
        if whole := preset.get("whole"):
            row.document.setdefault("whole", whole)
            row.save()


def stored_presets(apps: Apps, model: str, folder: str) -> Iterator[tuple[Any, Any]]:
    """Yield the stored documents that ship, each with the document that ships today."""
    for path in sorted((DATA / folder).glob("*.json")):
        for row in apps.get_model("broadcaster", model).objects.filter(slug=path.stem):
            yield row, json.loads(path.read_text())


class Migration(migrations.Migration):
    dependencies = [("broadcaster", "0012_editions")]

    operations = [migrations.RunPython(convert, migrations.RunPython.noop)]
