"""Migrations: independent of today's code, complete, and correct about existing data."""

import ast
from importlib import import_module
from pathlib import Path

from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.test import SimpleTestCase, TestCase, TransactionTestCase
from django.utils import timezone

from broadcaster import migrations
from broadcaster.desk.permissions import GROUPS
from broadcaster.domain.change import Kind
from broadcaster.domain.contest import shipped_ids
from broadcaster.models import AuditEntry, GeometryDocument

FOLDER = Path(migrations.__path__[0])


class MigrationFiles(SimpleTestCase):
    def test_migrations_import_only_the_models_of_the_project(self):
        """Django writes `import broadcaster.models` itself, to name the default of a field.

        version1 has what version 1 stored, which stays as it was.
        """
        for path in FOLDER.glob("0*.py"):
            imported = set()
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Import):
                    imported |= {alias.name for alias in node.names}
                elif isinstance(node, ast.ImportFrom):
                    imported |= {f"{node.module}.{alias.name}" for alias in node.names}
            ours = {name for name in imported if name.startswith(("broadcaster", "viewers"))}
            allowed = {"broadcaster.models", "broadcaster.domain.version1"}
            self.assertLessEqual(ours, allowed, path.name)

    def test_groups_of_the_migrations_have_the_permissions_of_the_desk(self):
        first = import_module("broadcaster.migrations.0003_roles").GROUPS
        added = import_module("broadcaster.migrations.0010_shipped_contests").GROUPS
        frozen = {group: (*names, *added[group]) for group, names in first.items()}
        today = {
            group: {permission.removeprefix("broadcaster.") for permission in permissions}
            for group, permissions in GROUPS.items()
        }

        self.assertEqual({group: set(names) for group, names in frozen.items()}, today)


class ModelChanges(TestCase):
    def test_every_model_change_has_a_migration(self):
        call_command("makemigrations", check=True, dry_run=True, verbosity=0)


class MigrationCase(TransactionTestCase):
    def tearDown(self):
        executor = MigrationExecutor(connection)
        executor.migrate(executor.loader.graph.leaf_nodes())

    def migrate(self, targets):
        executor = MigrationExecutor(connection)
        executor.migrate(targets)
        return MigrationExecutor(connection).loader.project_state(targets).apps


class PublicationViaMigration(MigrationCase):
    def test_earlier_publications_get_via_from_the_audit(self):
        before = [("broadcaster", "0005_rebroadcasts")]
        apps = self.migrate(before)
        night = apps.get_model("broadcaster", "Broadcast").objects.create(
            slug="night", title="Night", epoch="e", state={}
        )
        for seq in (1, 2):
            apps.get_model("broadcaster", "Publication").objects.create(
                broadcast=night,
                epoch="e",
                seq=seq,
                at=timezone.now(),
                kind=Kind.UPDATE,
                change={"kind": "update"},
                totals={},
            )
        apps.get_model("broadcaster", "AuditEntry").objects.create(
            action="took", who="editor", broadcast=night, epoch="e", seq=2, via="socket"
        )

        apps = self.migrate([("broadcaster", "0006_publication_via")])

        rows = apps.get_model("broadcaster", "Publication").objects.order_by("seq")
        self.assertEqual([row.via for row in rows], ["command", "socket"])
        rows.delete()
        night.delete()
        self.assertEqual(AuditEntry.objects.count(), 1)


class ShippedContestsMigration(MigrationCase):
    def test_contests_ship_and_editors_may_edit_them(self):
        before = [("broadcaster", "0009_contests")]
        apps = self.migrate(before)
        apps.get_model("broadcaster", "ContestDocument").objects.all().delete()
        group = apps.get_model("auth", "Group").objects.get_or_create(name="Editor in charge")[0]
        group.permissions.clear()
        own = apps.get_model("broadcaster", "ContestDocument").objects.create(
            slug="us-senate-2026", title="Ours", document={"id": "us-senate-2026"}
        )

        apps = self.migrate([("broadcaster", "0010_shipped_contests")])

        contests = apps.get_model("broadcaster", "ContestDocument").objects
        later = {"us-house-2026"}
        self.assertEqual({*contests.values_list("slug", flat=True)}, {*shipped_ids()} - later)
        self.assertEqual(contests.get(pk=own.pk).title, "Ours")  # which was there first
        names = apps.get_model("auth", "Group").objects.get(pk=group.pk).permissions
        self.assertEqual(
            set(names.values_list("codename", flat=True)), {"view_contestdocument", "edit_contest"}
        )


class UsHouseMigration(MigrationCase):
    def migrated(self, **own):
        """Return titles of contests and maps after the migration of a database with maps `own`."""
        apps = self.migrate([("broadcaster", "0014_without_election")])
        models = [
            apps.get_model("broadcaster", name) for name in ("ContestDocument", "GeometryDocument")
        ]
        for model in models:
            model.objects.filter(slug__startswith="us-house").delete()
        for slug, title in own.items():
            models[1].objects.create(slug=slug.replace("_", "-"), title=title, document={})
        self.migrate([("broadcaster", "0015_us_house")])
        return [
            list(model.objects.filter(slug__startswith="us-house").values_list("title", flat=True))
            for model in models
        ]

    def tearDown(self):
        GeometryDocument.objects.filter(title="Ours").delete()
        super().tearDown()

    def test_contest_and_map_are_added(self):
        self.assertEqual(self.migrated(), [["U.S. House 2026"], ["U.S. House"]])

    def test_own_map_of_that_id_stays_and_the_contest_is_not_added(self):
        self.assertEqual(self.migrated(us_house="Ours"), [[], ["Ours"]])
