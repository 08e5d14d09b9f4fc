"""Settings from environment variables: accepted values, defaults and errors."""

import os
from pathlib import Path
from unittest import TestCase, mock

from mapcenter.env import (
    InvalidVariable,
    env_bool,
    env_choice,
    env_database,
    env_hosts,
    env_int,
    env_path,
    env_redis,
    env_seconds,
    env_text,
    env_time_zone,
)

SQLITE = {"ENGINE": "django.db.backends.sqlite3", "NAME": Path("default.sqlite3")}


class EnvCase(TestCase):
    def set(self, value):
        self.enterContext(mock.patch.dict(os.environ, {"NAME": value}))

    def assert_rejected(self, read, *parts):
        """Assert that `read` raises an error that contains the variable's name and `parts`."""
        with self.assertRaises(InvalidVariable) as raised:
            read()
        for part in ("NAME", *parts):
            self.assertIn(part, str(raised.exception))


class Text(EnvCase):
    def test_text_is_the_value_without_surrounding_spaces(self):
        self.set(" value ")
        self.assertEqual(env_text("NAME"), "value")

    def test_text_that_is_not_set_is_the_default(self):
        self.assertEqual(env_text("NAME", "default"), "default")

    def test_text_that_is_empty_is_the_default(self):
        self.set("")
        self.assertEqual(env_text("NAME", "default"), "default")


class TimeZone(EnvCase):
    def test_time_zone_is_a_name_of_the_iana_database(self):
        self.set("Europe/Berlin")
        self.assertEqual(env_time_zone("NAME", "America/New_York"), "Europe/Berlin")

    def test_other_names_are_rejected(self):
        for value in ("Eastern", "America", "UTC+1"):
            self.set(value)
            self.assert_rejected(lambda: env_time_zone("NAME", "America/New_York"), value)


class Bool(EnvCase):
    def test_bool_reads_on(self):
        for value in ("on", "1", "true", "yes", "On", "TRUE"):
            self.set(value)
            self.assertIs(env_bool("NAME"), True, value)

    def test_bool_reads_off(self):
        for value in ("off", "0", "false", "no", "Off", ""):
            self.set(value)
            self.assertIs(env_bool("NAME"), False, value)

    def test_bool_that_is_not_set_is_off(self):
        self.assertIs(env_bool("NAME"), False)

    def test_bool_rejects_other_values(self):
        for value in ("enabled", "maybe", "2", "o n"):
            self.set(value)
            self.assert_rejected(lambda: env_bool("NAME"), value, '"on" or "off"')


class Int(EnvCase):
    def test_int_reads_both_ends_of_the_range(self):
        for value, number in (("1", 1), ("65535", 65535)):
            self.set(value)
            self.assertEqual(env_int("NAME", 8000, 1, 65535), number)

    def test_int_that_is_not_set_is_the_default(self):
        self.assertEqual(env_int("NAME", 8000, 1, 65535), 8000)

    def test_int_rejects_other_values(self):
        for value in ("abc", "0", "65536", "-1", "80.5", "8 000"):
            self.set(value)
            self.assert_rejected(lambda: env_int("NAME", 8000, 1, 65535), value, "1 to 65535")


class Seconds(EnvCase):
    def test_seconds_reads_a_number(self):
        for value, seconds in (("25", 25.0), ("0.5", 0.5)):
            self.set(value)
            self.assertEqual(env_seconds("NAME", 10), seconds)

    def test_seconds_that_are_not_set_are_the_default(self):
        self.assertEqual(env_seconds("NAME", 25), 25.0)

    def test_seconds_rejects_other_values(self):
        for value in ("fast", "0", "-1", "nan", "inf", "25s"):
            self.set(value)
            self.assert_rejected(lambda: env_seconds("NAME", 25), value, "seconds above 0")


class UrlPath(EnvCase):
    def test_path_begins_with_a_slash_and_ends_without_one(self):
        for value in ("/maps", "/night/maps-2.0"):
            self.set(value)
            self.assertEqual(env_path("NAME"), value)

    def test_path_that_is_not_set_is_empty(self):
        self.assertEqual(env_path("NAME"), "")

    def test_path_rejects_other_values(self):
        for value in ("maps", "/maps/", "/", "//", "/a b", "/a?b", "https://example.org/maps"):
            self.set(value)
            self.assert_rejected(lambda: env_path("NAME"), value, "such as /maps")


class Hosts(EnvCase):
    def test_hosts_are_separated_by_commas(self):
        self.set("maps.example.org, .example.com,,127.0.0.1,[::1],*")
        expected = ["maps.example.org", ".example.com", "127.0.0.1", "[::1]", "*"]
        self.assertEqual(env_hosts("NAME", ""), expected)

    def test_hosts_that_are_not_set_are_the_default(self):
        self.assertEqual(env_hosts("NAME", "localhost,[::1]"), ["localhost", "[::1]"])

    def test_hosts_rejects_values_that_are_no_host_names(self):
        wrong = ("https://maps.example.org", "maps.example.org:443", "maps.example.org/", "::1")
        for value in (*wrong, "two words", "*.example.org", "..", "."):
            self.set(f"localhost,{value}")
            self.assert_rejected(lambda: env_hosts("NAME", ""), f'"{value}"', "host names")


class Redis(EnvCase):
    def test_redis_reads_addresses(self):
        addresses = ("redis://127.0.0.1:6379/0", "rediss://user:secret@redis.example.org")
        for value in (*addresses, "unix:///run/redis.sock"):
            self.set(value)
            self.assertEqual(env_redis("NAME"), value)

    def test_redis_that_is_not_set_is_empty(self):
        self.assertEqual(env_redis("NAME"), "")

    def test_redis_rejects_other_values(self):
        wrong = ("127.0.0.1:6379", "redis:6379", "http://127.0.0.1", "redis://host:port", "yes")
        for value in wrong:
            self.set(value)
            self.assert_rejected(lambda: env_redis("NAME"), "redis://host:6379/0")


class Database(EnvCase):
    def test_database_reads_postgresql(self):
        self.set("postgres://user:p%40ss@db.example.org:5433/maps?sslmode=require")
        database = env_database("NAME", SQLITE)
        self.assertEqual(database["ENGINE"], "django.db.backends.postgresql")
        self.assertEqual(database["NAME"], "maps")
        self.assertEqual((database["HOST"], database["PORT"]), ("db.example.org", 5433))
        self.assertEqual((database["USER"], database["PASSWORD"]), ("user", "p@ss"))
        self.assertEqual(database["OPTIONS"], {"sslmode": "require"})

    def test_database_reads_the_path_of_an_sqlite_file(self):
        self.set("sqlite:////srv/maps.sqlite3")
        database = env_database("NAME", SQLITE)
        self.assertEqual(database["ENGINE"], "django.db.backends.sqlite3")
        self.assertEqual(database["NAME"], "/srv/maps.sqlite3")

    def test_database_that_is_not_set_is_the_default(self):
        self.assertEqual(env_database("NAME", SQLITE), SQLITE)

    def test_database_rejects_other_values(self):
        wrong = ("maps", "mysql://host/maps", "postgres:host/maps", "postgres://host:port/maps")
        for value in (*wrong, "postgres://user@host", "sqlite://", "sqlite://:memory:"):
            self.set(value)
            self.assert_rejected(lambda: env_database("NAME", SQLITE), "postgres://", "sqlite://")

    def test_error_about_an_address_does_not_print_its_password(self):
        self.set("postgres://user:se#cret@host/maps")
        with self.assertRaises(InvalidVariable) as raised:
            env_database("NAME", SQLITE)
        self.assertNotIn("se#cret", str(raised.exception))
        self.assertIn("Percent-encode", str(raised.exception))


class Choice(EnvCase):
    def test_choice_is_in_lower_case(self):
        self.set("JSON")
        self.assertEqual(env_choice("NAME", "lines", ("lines", "json")), "json")

    def test_other_values_are_rejected_with_the_choices(self):
        self.set("xml")
        self.assert_rejected(
            lambda: env_choice("NAME", "lines", ("lines", "json")), '"xml"', "lines, json"
        )
