"""Migrations: frozen, and in step with the models."""

import ast
from importlib import import_module
from pathlib import Path

from django.core.management import call_command
from django.test import SimpleTestCase, TestCase

from broadcaster import migrations
from broadcaster.desk.permissions import GROUPS

FOLDER = Path(migrations.__path__[0])


class MigrationFiles(SimpleTestCase):
    def test_migrations_import_no_code_of_the_project_but_the_models_module(self):
        """Django writes `import broadcaster.models` itself, to name the default of a field."""
        for path in FOLDER.glob("0*.py"):
            imported = set()
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Import):
                    imported |= {alias.name for alias in node.names}
                elif isinstance(node, ast.ImportFrom):
                    imported.add(node.module)
            ours = {name for name in imported if name.startswith(("broadcaster", "viewers"))}
            self.assertLessEqual(ours, {"broadcaster.models"}, path.name)

    def test_groups_of_the_migration_hold_the_permissions_of_the_desk(self):
        frozen = import_module("broadcaster.migrations.0003_roles").GROUPS
        today = {
            group: {permission.removeprefix("broadcaster.") for permission in permissions}
            for group, permissions in GROUPS.items()
        }

        self.assertEqual({group: set(names) for group, names in frozen.items()}, today)


class ModelChanges(TestCase):
    def test_no_model_change_lacks_a_migration(self):
        call_command("makemigrations", check=True, dry_run=True, verbosity=0)
