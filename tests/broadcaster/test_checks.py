"""System checks: settings and databases that cause warnings, and those that do not."""

import tempfile
from unittest import mock

from django.core.checks import run_checks
from django.core.management import call_command
from django.db import DatabaseError, connection, connections
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.test import SimpleTestCase, TestCase, override_settings

from broadcaster import checks

PRODUCTION = {
    "DEBUG": False,
    "ALLOWED_HOSTS": ["maps.example.org", "127.0.0.1"],
    "SESSION_COOKIE_SECURE": True,
}


def ids(messages):
    return [message.id for message in messages]


class SettingsChecks(SimpleTestCase):
    def test_production_settings_pass(self):
        with override_settings(**PRODUCTION):
            self.assertEqual(checks.check_any_host(), [])
            self.assertEqual(checks.check_https(), [])

    def test_default_hosts_need_no_https(self):
        hosts = ["localhost", "127.0.0.1", "[::1]"]
        with override_settings(DEBUG=False, ALLOWED_HOSTS=hosts, SESSION_COOKIE_SECURE=False):
            self.assertEqual(checks.check_https(), [])

    def test_public_host_without_https_is_a_warning(self):
        with override_settings(**PRODUCTION | {"SESSION_COOKIE_SECURE": False}):
            [warning] = checks.check_https()
        self.assertEqual(warning.id, "broadcaster.W002")
        self.assertIn("maps.example.org", warning.msg)

    def test_any_host_is_a_warning(self):
        with override_settings(**PRODUCTION | {"ALLOWED_HOSTS": ["*"]}):
            self.assertEqual(ids(checks.check_any_host()), ["broadcaster.W001"])

    def test_debug_mode_has_no_warnings(self):
        with override_settings(DEBUG=True, ALLOWED_HOSTS=["*"], SESSION_COOKIE_SECURE=False):
            self.assertEqual(checks.check_any_host() + checks.check_https(), [])

    def test_generated_key_beside_a_database_server_is_a_warning(self):
        for given, vendor, expected in (
            (False, "postgresql", ["broadcaster.W003"]),
            (True, "postgresql", []),
            (False, "sqlite", []),
        ):
            with (
                override_settings(SECRET_KEY_IS_GIVEN=given),
                mock.patch.object(type(connections["default"]), "vendor", vendor),
            ):
                self.assertEqual(ids(checks.check_secret_key()), expected)

    def test_static_files_that_are_not_collected_are_a_warning(self):
        with (
            tempfile.TemporaryDirectory() as folder,
            override_settings(DEBUG=False, STATIC_ROOT=folder),
        ):
            self.assertEqual(ids(checks.check_collected_static_files()), ["broadcaster.W004"])
            call_command("collectstatic", interactive=False, verbosity=0)
            self.assertEqual(checks.check_collected_static_files(), [])


class DatabaseChecks(TestCase):
    def test_migrated_database_passes(self):
        self.assertEqual(checks.check_migrations(databases=["default"]), [])

    def test_database_is_read_only_if_asked_for(self):
        with self.assertNumQueries(0):
            self.assertEqual(checks.check_migrations(), [])

    def test_migration_that_is_not_applied_is_a_warning(self):
        [newest] = MigrationLoader(connection).graph.leaf_nodes("broadcaster")
        MigrationRecorder(connection).record_unapplied(*newest)
        [warning] = checks.check_migrations(databases=["default"])
        self.assertEqual(warning.id, "broadcaster.W005")
        self.assertIn(".".join(newest), warning.msg)

    def test_database_that_cannot_be_read_is_an_error(self):
        broken = mock.patch.object(
            MigrationRecorder, "applied_migrations", side_effect=DatabaseError("gone")
        )
        with broken:
            [error] = checks.check_migrations(databases=["default"])
        self.assertEqual(error.id, "broadcaster.E001")
        self.assertIn("gone", error.msg)


class CheckRegistration(SimpleTestCase):
    def test_checks_run_before_commands(self):
        with override_settings(**PRODUCTION | {"ALLOWED_HOSTS": ["*"]}):
            self.assertIn("broadcaster.W001", ids(run_checks()))

    def test_checks_of_production_run_only_with_deploy(self):
        with (
            tempfile.TemporaryDirectory() as folder,
            override_settings(DEBUG=False, STATIC_ROOT=folder),
        ):
            self.assertNotIn("broadcaster.W004", ids(run_checks()))
            self.assertIn("broadcaster.W004", ids(run_checks(include_deployment_checks=True)))
