import json
from pathlib import Path

from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

DATA = Path(__file__).parents[1] / "data"
DOCUMENTS = {
    "GeometryDocument": ("geometries/us-states",),
    "ContestDocument": (
        *(f"contests/us-president-{year}" for year in range(2000, 2029, 4)),
        *(f"contests/us-senate-{year}" for year in (2022, 2024, 2026)),
        *(f"contests/us-governors-{year}" for year in (2024, 2026)),
    ),
}
"""The files of those that this migration adds; later migrations add those that came later."""

GROUPS = {
    "Contributor": ("view_contestdocument",),
    "Broadcaster": ("view_contestdocument",),
    "Editor in charge": ("view_contestdocument", "edit_contest"),
}
"""The permissions that this migration adds to the groups of 0003."""


def add_documents(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Store the contests and geometries that ship, if their ids are free."""
    for model, names in DOCUMENTS.items():
        for name in names:
            document = json.loads((DATA / f"{name}.json").read_text())
            apps.get_model("broadcaster", model).objects.get_or_create(
                slug=document["id"], defaults={"title": document["title"], "document": document}
            )


def add_permissions(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Let the groups that still exist see contests, and editors edit them.

    Django creates permissions after all migrations have run, which is too late for the groups, so
    this creates those of the app first.
    """
    config = apps.get_app_config("broadcaster")
    config.models_module = True
    create_permissions(config, apps=apps, verbosity=0)
    config.models_module = None
    permissions = apps.get_model("auth", "Permission").objects
    for group in apps.get_model("auth", "Group").objects.filter(name__in=GROUPS):
        group.permissions.add(
            *permissions.filter(
                codename__in=GROUPS[group.name], content_type__app_label="broadcaster"
            )
        )


class Migration(migrations.Migration):
    dependencies = [("broadcaster", "0009_contests")]

    operations = [
        migrations.RunPython(add_documents, migrations.RunPython.noop),
        migrations.RunPython(add_permissions, migrations.RunPython.noop),
    ]
