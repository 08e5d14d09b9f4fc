"""manage.py backup FILE: copy the SQLite database while the server runs."""

from pathlib import Path

import django.db
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from broadcaster.publishing import copies

POSTGRESQL = (
    "backup is for SQLite. For PostgreSQL run: pg_dump --format=custom --file=FILE DATABASE_URL"
)


class Command(BaseCommand):
    help = (
        "Write the whole SQLite database to FILE while the server runs. Copying the database file "
        "alone would lose what is still in SQLite's log. To restore, see docs/operating.md."
    )

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path, help="a file that does not exist yet")

    def handle(self, *, file, **options):
        if connection.vendor != "sqlite":
            raise CommandError(POSTGRESQL)
        if file.exists():
            raise CommandError(f"{file} exists already; name another file")
        try:
            copies.copy_to(file)
        except OSError as error:
            raise CommandError(f"{error.filename} cannot be written: {error.strerror}") from error
        except django.db.Error as error:
            raise CommandError(f"the database cannot be copied: {error}") from error
        self.stdout.write(f"{file}  {file.stat().st_size:,} bytes")
