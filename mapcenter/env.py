"""Environment variables as values for settings.

A variable that is not set, or is empty, has its default. A value that cannot be read stops the
start: guessing what `HTTPS=enabled` means could send staff's cookies over an open network.
"""

import contextlib
import math
import os
import re
from collections.abc import Collection
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

ON = ("on", "1", "true", "yes")
OFF = ("off", "0", "false", "no")
HOST = re.compile(r"\*|\[[0-9a-f:.]+\]|\.?[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?", re.IGNORECASE)
PATH = re.compile(r"(/[a-z0-9._~-]+)+", re.IGNORECASE)
REDIS = ("redis", "rediss", "unix")
DATABASES = ("postgres", "postgresql", "sqlite")


class InvalidVariable(ImproperlyConfigured):
    """An environment variable that cannot be read. The message has its name and accepted values."""


def env_text(name: str, default: str = "") -> str:
    """Return the text of a variable, "" if it is not set."""
    return os.environ.get(name, "").strip() or default


def env_bool(name: str) -> bool:
    """Return whether a variable is on; not set is off. Raises `InvalidVariable`."""
    value = env_text(name, "off").lower()
    if value not in (*ON, *OFF):
        raise InvalidVariable(f'{name} is "{value}"; it must be "on" or "off".')
    return value in ON


def env_choice(name: str, default: str, choices: Collection[str]) -> str:
    """Return one of `choices`, in lower case. Raises `InvalidVariable`."""
    value = env_text(name, default).lower()
    if value not in choices:
        raise InvalidVariable(f'{name} is "{value}"; it must be one of {", ".join(choices)}.')
    return value


def env_path(name: str) -> str:
    """Return the beginning of a URL's path, "" if it is not set. Raises `InvalidVariable`."""
    value = env_text(name)
    if value and not PATH.fullmatch(value):
        raise InvalidVariable(f'{name} is "{value}"; it must be a path such as /maps.')
    return value


def env_time_zone(name: str, default: str) -> str:
    """Return the name of a time zone in the IANA database. Raises `InvalidVariable`."""
    value = env_text(name, default)
    try:
        return ZoneInfo(value).key
    except (KeyError, ValueError, OSError):  # unknown, no relative path, a folder
        raise InvalidVariable(
            f'{name} is "{value}"; it must be a name such as America/New_York or Europe/Berlin.'
        ) from None


def env_int(name: str, default: int, minimum: int, maximum: int) -> int:
    """Return a whole number from `minimum` to `maximum`. Raises `InvalidVariable`."""
    value = env_text(name, str(default))
    if value.isdecimal() and minimum <= int(value) <= maximum:
        return int(value)
    raise InvalidVariable(
        f'{name} is "{value}"; it must be a whole number from {minimum} to {maximum}.'
    )


def env_seconds(name: str, default: float) -> float:
    """Return a time in seconds, above 0. Raises `InvalidVariable`."""
    value = env_text(name, str(default))
    with contextlib.suppress(ValueError):
        if 0 < float(value) < math.inf:
            return float(value)
    raise InvalidVariable(f'{name} is "{value}"; it must be a number of seconds above 0.')


def env_share(name: str, default: float, maximum: float) -> float:
    """Return a share from 0 to `maximum`. Raises `InvalidVariable`."""
    value = env_text(name, str(default))
    with contextlib.suppress(ValueError):
        if 0 <= float(value) <= maximum:
            return float(value)
    raise InvalidVariable(f'{name} is "{value}"; it must be a number from 0 to {maximum:g}.')


def env_hosts(name: str, default: str) -> list[str]:
    """Return host names from a comma-separated list. Raises `InvalidVariable`."""
    hosts = [host.strip() for host in env_text(name, default).split(",") if host.strip()]
    for host in hosts:
        if not HOST.fullmatch(host):
            raise InvalidVariable(
                f'{name} contains "{host}"; it must be host names separated by commas, without '
                "scheme, port or path, as in maps.example.org,127.0.0.1,[::1]."
            )
    return hosts


def env_redis(name: str) -> str:
    """Return the address of a Redis, or "". Raises `InvalidVariable`."""
    url = env_text(name)
    if url and not has_scheme(url, REDIS):
        raise unreadable_url(name, "redis://host:6379/0, or the same with rediss:// or unix://")
    return url


def env_database(name: str, default: dict[str, Any]) -> dict[str, Any]:
    """Return the database of an address, as Django configures it. Raises `InvalidVariable`."""
    url = env_text(name)
    if not url:
        return default
    database: dict[str, Any] = {}
    if has_scheme(url, DATABASES):
        database |= dj_database_url.parse(url)
    # SQLite's :memory: would be another database in each connection.
    if database.get("NAME") in (None, "", ":memory:"):
        raise unreadable_url(name, "postgres://user:password@host/name or sqlite:////path/to/file")
    return database


def has_scheme(url: str, schemes: Collection[str]) -> bool:
    """Return whether an address is well-formed and has one of `schemes`."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises ValueError if it is not a number
    except ValueError:
        return False
    return parts.scheme in schemes and url.startswith(f"{parts.scheme}://")


def unreadable_url(name: str, accepted: str) -> InvalidVariable:
    """Return the error for an address. It leaves the value out, which may contain a password."""
    return InvalidVariable(
        f"{name} cannot be read; it must be {accepted}. Percent-encode special characters in user "
        "name and password."
    )
