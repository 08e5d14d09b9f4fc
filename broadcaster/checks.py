"""System checks: settings and files that would harm a show.

Two run before every command. The others are for a server that goes into production, and run with
`manage.py check --deploy --database default`.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import DatabaseError, connections
from django.db.migrations.executor import MigrationExecutor

LOCAL_HOSTS = ("localhost", ".localhost", "[::1]", "testserver")
"""Names of this machine, and the one that Django adds while tests run."""


@register(Tags.security)
def check_any_host(**options: Any) -> list[CheckMessage]:
    """Warn if every host name is accepted."""
    if settings.DEBUG or "*" not in settings.ALLOWED_HOSTS:
        return []
    return [
        Warning(
            "ALLOWED_HOSTS contains *, so pages of any origin may open WebSockets.",
            hint="Set ALLOWED_HOSTS to the host names of the public addresses.",
            id="broadcaster.W001",
        )
    ]


@register(Tags.security)
def check_https(**options: Any) -> list[CheckMessage]:
    """Warn if staff could log in from other machines without TLS."""
    public = [host for host in settings.ALLOWED_HOSTS if not is_local(host)]
    if settings.DEBUG or settings.SESSION_COOKIE_SECURE or not public:
        return []
    return [
        Warning(
            f"HTTPS is off although ALLOWED_HOSTS contains {public[0]}: browsers send staff's "
            "session cookies without TLS, too.",
            hint="Set HTTPS=on behind a TLS proxy.",
            id="broadcaster.W002",
        )
    ]


@register(Tags.security, deploy=True)
def check_secret_key(**options: Any) -> list[CheckMessage]:
    """Warn if several machines could share the database, but not the secret key."""
    if settings.SECRET_KEY_IS_GIVEN or connections["default"].vendor == "sqlite":
        return []
    return [
        Warning(
            "SECRET_KEY is not set, so each machine has a key of its own: a login at one is not "
            "valid at another that uses the same database.",
            hint="Set SECRET_KEY to the same value on every machine.",
            id="broadcaster.W003",
        )
    ]


@register(Tags.staticfiles, deploy=True)
def check_collected_static_files(**options: Any) -> list[CheckMessage]:
    """Warn if pages refer to static files that browsers do not keep for long."""
    manifest = Path(settings.STATIC_ROOT, ManifestStaticFilesStorage.manifest_name)
    if settings.DEBUG or manifest.exists():
        return []
    return [
        Warning(
            f"{settings.STATIC_ROOT} has no collected static files, so browsers ask for "
            "them again and again.",
            hint="Run manage.py collectstatic.",
            id="broadcaster.W004",
        )
    ]


@register(Tags.database, deploy=True)
def check_migrations(databases: Sequence[str] | None = None, **options: Any) -> list[CheckMessage]:
    """Warn if a database cannot be read, or is older than the code."""
    return [message for alias in databases or [] for message in migration_messages(alias)]


def migration_messages(alias: str) -> list[CheckMessage]:
    """Return the messages for one database."""
    try:
        executor = MigrationExecutor(connections[alias])
    except DatabaseError as error:
        return [
            Error(
                f"The database cannot be read: {error}",
                hint="Check DATABASE_URL, and that the database server runs.",
                id="broadcaster.E001",
            )
        ]
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if not plan:
        return []
    return [
        Warning(
            f"{len(plan)} migrations are not applied; the first is {plan[0][0]}.",
            hint="Run manage.py migrate.",
            id="broadcaster.W005",
        )
    ]


def is_local(host: str) -> bool:
    """Return whether an entry of ALLOWED_HOSTS can only mean this machine."""
    return host in LOCAL_HOSTS or host.startswith("127.")
