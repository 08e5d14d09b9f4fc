"""The admin's log-in: limited, and recorded in the audit.

django-axes counts wrong passwords by user name and address in the database, and locks the pair for
a while. Neither an attacker elsewhere nor a colleague's mistakes lock anybody else out.
mapcenter/request_limits.py limits how many passwords are checked at a time.
"""

from datetime import timedelta
from http import HTTPStatus
from typing import Any

from axes.signals import user_locked_out
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_login_failed
from django.core.validators import MaxLengthValidator
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from broadcaster.models import Via
from broadcaster.publishing.actor import Actor
from broadcaster.publishing.audit import add_entry, known_address


class LoginForm(AdminAuthenticationForm):
    """Django's form, which rejects a name that is longer than any user's.

    Django sets the limit after it made the field, so nothing checks it, and PostgreSQL would refuse
    to store the name of a failed log-in.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        name = self.fields["username"]
        name.validators.append(MaxLengthValidator(name.max_length))  # type: ignore[attr-defined]


admin.site.login_form = LoginForm


def locked_response(request: HttpRequest, response: Any, credentials: Any) -> HttpResponse:
    """Return the response for a user name and address that are locked (AXES_LOCKOUT_CALLABLE)."""
    minutes = settings.AXES_COOLOFF_TIME // timedelta(minutes=1)
    words = f"Too many wrong passwords for this name. Try again in {minutes} minutes."
    context = {**admin.site.each_context(request), "title": "Not logged in", "words": words}
    locked = render(
        request, "broadcaster/not_logged_in.html", context, status=HTTPStatus.TOO_MANY_REQUESTS
    )
    locked["Retry-After"] = str(int(settings.AXES_COOLOFF_TIME.total_seconds()))
    return locked


def client_address(request: HttpRequest) -> str | None:
    """Return the client's IP address, by which axes counts (AXES_CLIENT_IP_CALLABLE)."""
    return known_address(request.META.get("REMOTE_ADDR"))


@receiver(user_login_failed)
def record_failure(credentials: dict[str, Any], request: HttpRequest, **signal: Any) -> None:
    """Record a wrong password in the audit.

    Attempts on a locked name, and on names that no user has, are not recorded: they would fill the
    table.
    """
    if not getattr(request, "axes_locked_out", False):
        _record(request, credentials.get("username"), "wrong password")


@receiver(user_locked_out)
def record_lock(request: HttpRequest, username: str | None, **signal: Any) -> None:
    """Record in the audit that a name was locked; not each attempt while it is."""
    if getattr(request, "axes_failures_since_start", None):
        minutes = settings.AXES_COOLOFF_TIME // timedelta(minutes=1)
        count = settings.AXES_FAILURE_LIMIT
        _record(request, username, f"locked for {minutes} minutes after {count} wrong passwords")


def _record(request: HttpRequest, username: str | None, words: str) -> None:
    users = get_user_model().objects
    if username and users.filter(**{users.model.USERNAME_FIELD: username}).exists():
        actor = Actor(None, Via.ADMIN, client_address(request))
        add_entry(actor, "refused", None, f"log-in as {username}: {words}")
