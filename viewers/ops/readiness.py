"""Whether this process can do its work: its database answers, and has the tables of this code."""

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from time import monotonic

import django.db
from django.apps import apps
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Model

from broadcaster.publishing.database import write_problem
from viewers.ops.question import Question

logger = logging.getLogger(__name__)

TIMEOUT = 0.7  # seconds for the database; HAProxy waits 0.8 s for an answer
PATIENCE = 0.02  # seconds that a probe waits for the database, if the last result is recent
RECENT = 2.0  # seconds
OPTIONAL_APPS = {"django_rq"}  # the site works without the permission that its migrations make
MAX_NAMED = 3  # migrations in a reason


@dataclass(frozen=True, slots=True)
class Problem:
    """The reason why a process is not ready. `detail`, with hosts and users, is only logged."""

    reason: str
    detail: str = ""


TIMED_OUT = Problem(f"the database did not answer within {TIMEOUT} s")


class Readiness:
    """Checks the database whenever a probe asks. Logs each reason once until it is ready again.

    A probe gets the result of its own check, or soon the last one: under load a check takes as long
    as a page.
    """

    def __init__(self) -> None:
        self._question = Question(database_problem, TIMEOUT)
        self._check: asyncio.Task[None] | None = None  # the last one
        self._checked = -RECENT  # by the monotonic clock
        self._reason = ""
        self._logged: set[str] = set()  # reasons since the database was last ready
        migrations()  # now, since an upgrade replaces the files while this process runs

    async def problem(self) -> str:
        """Return why this process is not ready, "" if it is."""
        recent = monotonic() - self._checked < RECENT
        if self._check is None or self._check.done():
            self._check = asyncio.create_task(self._ask())
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE if recent else None):
                await asyncio.shield(self._check)
        return self._reason

    async def _ask(self) -> None:
        """Ask the database, and keep the answer."""
        try:
            problem = await self._question.answer()
        except TimeoutError:
            problem = TIMED_OUT
        self._checked = monotonic()
        self._reason = problem.reason if problem else ""
        if problem and problem.reason not in self._logged:
            # A database that is away gives two reasons in turn: no answer yet, and no connection.
            self._logged.add(problem.reason)
            logger.error("not ready: %s. %s", problem.reason, problem.detail)
        elif not problem and self._logged:
            self._logged.clear()
            logger.warning("ready again")


def database_problem() -> Problem | None:
    """Return why the database cannot serve this code, None if it can."""
    try:
        reason = find_problem()
    except django.db.Error as error:
        detail = " ".join(str(error).split())
        return Problem("the database cannot be read", f"{type(error).__name__}: {detail}")
    finally:
        connection.close()
    return Problem(reason) if reason else None


def find_problem() -> str:
    """Return what the tables lack, or why nothing can be written; "" if neither.

    Tables that are newer than this code lack nothing: an upgrade migrates before it restarts.
    """
    if problem := missing_migrations():
        return problem
    try:
        with connection.cursor() as cursor:
            cursor.execute(every_column())
    except django.db.DatabaseError:
        if problem := missing_columns():
            return problem
        raise
    return write_problem() or ""


def missing_migrations() -> str:
    """Return which migrations of this code were not applied, "" if none."""
    applied = MigrationRecorder(connection).applied_migrations()
    if not applied:
        return "no migration was applied to the database: run manage.py migrate"
    missing = sorted(migrations() - applied.keys())
    if not missing:
        return ""
    named = ", ".join(f"{app}.{name}" for app, name in missing[:MAX_NAMED])
    more = f" and {len(missing) - MAX_NAMED} more" if len(missing) > MAX_NAMED else ""
    return f"migrations were not applied: {named}{more}: run manage.py migrate"


@cache
def migrations() -> frozenset[tuple[str, str]]:
    """Return app and name of all migrations that this code needs."""
    loader = MigrationLoader(None, load=False)
    loader.load_disk()
    return frozenset(key for key in loader.disk_migrations if key[0] not in OPTIONAL_APPS)


@cache
def every_column() -> str:
    """Return a query that reads nothing, and fails if a column that this code uses is missing."""
    quote = connection.ops.quote_name
    parts = []
    for model in models():
        table = quote(model._meta.db_table)
        # With the table's name, since SQLite reads a lone "missing" as a string.
        columns = ", ".join(f"{table}.{quote(name)}" for name in columns_of(model))
        parts.append(f"EXISTS (SELECT {columns} FROM {table} WHERE 1 = 0)")
    return f"SELECT 1 WHERE {' OR '.join(parts)}"


def missing_columns() -> str:
    """Return the first table or column that is missing, "" if there is none."""
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
        for model in models():
            table = model._meta.db_table
            if table not in tables:
                return f"the database has no table {table}"
            there = connection.introspection.get_table_description(cursor, table)
            for name in columns_of(model):
                if name not in {column.name for column in there}:
                    return f"the database has no column {table}.{name}"
    return ""


def models() -> list[type[Model]]:
    """Return the models whose tables this code uses."""
    every = apps.get_models(include_auto_created=True)
    managed = [model for model in every if model._meta.managed and not model._meta.proxy]
    return [model for model in managed if model._meta.app_label not in OPTIONAL_APPS]


def columns_of(model: type[Model]) -> list[str]:
    return [str(field.column) for field in model._meta.local_concrete_fields]
