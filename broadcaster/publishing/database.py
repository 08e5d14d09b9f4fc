"""Whether the database takes writes: what can be found out without writing."""

import os
import shutil

from django.db import connection

MIN_FREE = 2**20  # bytes on the disk of an SQLite database, below which it counts as full


def write_problem() -> str | None:
    """Return why nothing can be written; None if nothing is known to be in the way.

    A full disk of PostgreSQL shows only when something is written. Raises `django.db.Error`.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SHOW transaction_read_only")
            [value] = cursor.fetchone()
        return "the database is read-only" if value == "on" else None
    folder = os.path.dirname(connection.settings_dict["NAME"]) or "."
    if not os.access(folder, os.W_OK) or not os.access(connection.settings_dict["NAME"], os.W_OK):
        return "the database is read-only"
    if shutil.disk_usage(folder).free < MIN_FREE:
        return "the disk of the database is full"
    return None
