"""SQLite's connections stay open between requests, and never read a file that was replaced."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import TestCase

from django.conf import settings
from django.db import ConnectionHandler, OperationalError


class KeptConnection(TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(TemporaryDirectory()))
        self.path = self.folder / "here.sqlite3"
        self.store(self.path, "before")
        database = settings.DATABASES["default"] | {
            "ENGINE": "mapcenter.sqlite3",
            "NAME": self.path,
            "OPTIONS": {},
            "CONN_MAX_AGE": None,
            "CONN_HEALTH_CHECKS": True,
        }
        self.connection = ConnectionHandler({"default": database})["default"]
        self.addCleanup(self.connection.close)

    def store(self, path, word):
        with closing(sqlite3.connect(path)) as database, database:
            database.execute("CREATE TABLE words AS SELECT ? AS word", [word])

    def read(self):
        """Read the word in a request of its own."""
        with self.connection.cursor() as cursor:
            [(word,)] = cursor.execute("SELECT word FROM words").fetchall()
        self.connection.close_if_unusable_or_obsolete()
        return word

    def test_next_request_uses_the_same_connection(self):
        self.read()
        first = self.connection.connection
        self.assertEqual(self.read(), "before")
        self.assertIs(self.connection.connection, first)

    def test_next_request_reads_a_file_that_was_moved_into_its_place(self):
        self.assertEqual(self.read(), "before")
        self.store(self.folder / "backup.sqlite3", "restored")
        os.replace(self.folder / "backup.sqlite3", self.path)
        self.assertEqual(self.read(), "restored")

    def test_request_after_a_failed_query_works(self):
        self.read()
        with self.connection.cursor() as cursor, self.assertRaises(OperationalError):
            cursor.execute("SELECT nothing FROM nowhere")
        self.connection.close_if_unusable_or_obsolete()
        self.assertEqual(self.read(), "before")
