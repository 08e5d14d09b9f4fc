"""An API token for a server that uses this project's own database."""

import contextlib
from collections.abc import Iterator

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.db import DatabaseError

from broadcaster.models import ApiToken
from loadtest.swarm.preflight import PreflightFailed

USER = "swarm"
PERMISSIONS = ("add_broadcast", "take_broadcast", "run_broadcast")


@contextlib.contextmanager
def local_token() -> Iterator[str]:
    """Issue an API token in the local database, and delete it afterwards.

    It belongs to a user of its own. A run that is killed leaves it behind: revoke it in the admin,
    by its note.
    """
    try:
        user, _ = get_user_model().objects.get_or_create(
            username=USER, defaults={"password": "!", "is_staff": False}
        )
        user.user_permissions.set(
            Permission.objects.filter(
                content_type__app_label="broadcaster", codename__in=PERMISSIONS
            )
        )
        text = ApiToken.issue(user, "manage.py swarm, while it runs")
    except DatabaseError as error:
        raise PreflightFailed(
            f"The local database could not issue a token: {error}. Migrate it (manage.py migrate), "
            "or give a token with --token."
        ) from error
    try:
        yield text
    finally:
        ApiToken.objects.filter(digest=ApiToken.hash(text)).delete()
