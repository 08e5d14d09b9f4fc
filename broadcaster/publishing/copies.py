"""Copies of the SQLite database: complete, marked, and detected when one is put back.

SQLite keeps the newest changes in a second file beside the database, its write-ahead log. A copy
that is put back beside the log of another time makes a mixture: SQLite applies the log to it, and
either the restored state is gone at once or the database is damaged. So a copy carries a mark, in
a number in its header that SQLite leaves to applications, and a server does not start on a copy
with that mark, nor on a database that is damaged.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

import django.db
from django.db import connection

MARK = 0x4D43_6370
"""The `user_version` of a copy; that of a database in use is 0."""

USER_VERSION = slice(60, 64)  # of SQLite's file header: https://www.sqlite.org/fileformat.html
STEPS = "see “Restoring a backup” in docs/operating.md"


class UnusableDatabase(Exception):
    """The database must not be served as it is. The text has the reason, and what to do."""


def copy_to(target: Path) -> None:
    """Write the whole database, as it is now, to a new file. Others may read and write meanwhile.

    The caller has checked that it does not exist. Raises OSError or `django.db.Error`.
    """
    unfinished = target.with_name(f"{target.name}.unfinished")
    unfinished.touch(mode=0o600, exist_ok=False)  # it has passwords' hashes
    try:
        with connection.cursor() as cursor:
            cursor.execute("VACUUM INTO %s", [str(unfinished)])
        with closing(sqlite3.connect(unfinished)) as copy:
            copy.execute(f"PRAGMA user_version = {MARK}")
        unfinished.rename(target)
    finally:
        unfinished.unlink(missing_ok=True)


def check_database() -> None:
    """Raise `UnusableDatabase` if an SQLite database is a copy, a mixture, or damaged.

    Call it before the first connection: SQLite merges what it finds.
    """
    if connection.vendor != "sqlite":
        return
    check_not_mixed()
    if is_copy():
        raise UnusableDatabase(
            f"{path()} is a backup that was put back. Run manage.py restored first; {STEPS}."
        )
    try:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA integrity_check(1)")
            [result] = cursor.fetchone()
    except django.db.OperationalError:  # such as no permission: /readyz will report it
        return
    except django.db.DatabaseError as error:
        result = str(error)
    finally:
        connection.close()  # a server must not start with an open connection
    if result != "ok":
        raise UnusableDatabase(f"{path()} is damaged ({result}). Restore a backup; {STEPS}.")


def check_not_mixed() -> None:
    """Raise `UnusableDatabase` if the file is a copy and another database's log is beside it."""
    log = Path(f"{path()}-wal")
    if is_copy() and log.exists() and log.stat().st_size:
        raise UnusableDatabase(
            f"{path()} is a backup, and {log} beside it belongs to the database that it replaced. "
            f"Stop all servers, delete {log} and {path()}-shm, and put the backup back again; "
            f"{STEPS}."
        )


def is_copy() -> bool:
    """Return whether the database has the mark of a copy.

    The file is read only before SQLite opens it. A process that closes a file loses its locks on
    it, SQLite's too; then another process may delete the log to which this one still writes.
    """
    if connection.connection is not None:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA user_version")
            [version] = cursor.fetchone()
        return version == MARK
    try:
        with path().open("rb") as file:
            header = file.read(100)
    except FileNotFoundError:
        return False
    return int.from_bytes(header[USER_VERSION]) == MARK


def remove_mark() -> None:
    """Make a copy a database in use. Raises `UnusableDatabase` if others have it open."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA user_version = 0")
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # into the file, where the mark is
        [busy, *_] = cursor.fetchone()
    if busy:
        raise UnusableDatabase(f"Another process uses {path()}. Stop all servers, and try again.")


def path() -> Path:
    """Return the file of the database."""
    return Path(connection.settings_dict["NAME"])
