"""The admission of viewers: the checks before a viewer reaches a hub, for every transport.

Viewers are anonymous and send no cookie, so the Origin check protects capacity, not secrets: pages
of other sites get no updates from this server. A sandboxed frame has no origin to check.
"""

from functools import lru_cache
from typing import Any
from urllib.parse import parse_qs, urlparse

from channels.security.websocket import OriginValidator
from django.conf import settings
from django.http.request import split_domain_port, validate_host

from broadcaster.domain.stream import Position
from viewers.fanout.hub import Hub
from viewers.fanout.log_reader import LogUnavailable
from viewers.fanout.relay_registry import RelayRegistry
from viewers.protocol.frames import VERSION, Close

Scope = dict[str, Any]

NO_ORIGIN = "null"  # the Origin that browsers send from a sandboxed frame, such as our own embed


async def admit(scope: Scope, relays: RelayRegistry) -> Hub | Close:
    """Return the hub of the broadcast in the address, or the code to close with."""
    if (code := rejection(scope, relays)) is not None:
        return code
    try:
        hub = await relays.hub(scope["url_route"]["kwargs"]["slug"])
    except LogUnavailable:
        return Close.FULL
    return relays.closing or hub or Close.UNKNOWN  # a drain may have begun meanwhile


def rejection(scope: Scope, relays: RelayRegistry) -> Close | None:
    """Return the code for a viewer that no broadcast admits; None if it may be admitted."""
    if not (host_allowed(scope) and origin_allowed(scope)):
        return Close.ORIGIN
    return relays.rejection


@lru_cache(maxsize=1024)  # all viewers at one position send the same
def since(query: bytes) -> Position | None:
    """Return the position in a query, None without one. Raises ValueError if it is malformed."""
    values = parse_qs(query.decode("latin-1"), keep_blank_values=True).get("since")
    return Position.parse(values[-1]) if values else None


def is_outdated(scope: Scope, query: bytes) -> bool:
    """Return whether the client is a page of an earlier version of the protocol.

    It would not understand the frames, and must be loaded again. Our pages have the version in the
    query; those of version 1 have only a position. Programs need not name the version: it is in
    their first frame.
    """
    return _lacks_version(query) and any(
        name == b"sec-fetch-mode" or (name == b"user-agent" and value.startswith(b"Mozilla/"))
        for name, value in scope["headers"]
    )


@lru_cache(maxsize=1024)
def _lacks_version(query: bytes) -> bool:
    values = parse_qs(query.decode("latin-1"), keep_blank_values=True)
    return "since" in values and values.get("v") != [str(VERSION)]


def host_allowed(scope: Scope) -> bool:
    """Return whether the Host header is in ALLOWED_HOSTS, as Django checks it."""
    return _is_our_host(_header(scope, b"host") or "")


def origin_allowed(scope: Scope) -> bool:
    """Return whether the page is of this site, or has no origin.

    Browsers send no Origin header with a GET of their own page.
    """
    origin = _header(scope, b"origin")
    if origin is None and scope["type"] == "http":
        return True
    return origin == NO_ORIGIN or _is_our_origin(origin)


@lru_cache(maxsize=256)
def _is_our_host(host: str) -> bool:
    domain, _ = split_domain_port(host)
    return bool(domain) and validate_host(domain, settings.ALLOWED_HOSTS)


@lru_cache(maxsize=256)
def _is_our_origin(origin: str | None) -> bool:
    validator = OriginValidator(None, settings.ALLOWED_HOSTS)
    try:
        return bool(validator.valid_origin(None if origin is None else urlparse(origin)))
    except ValueError:  # such as "http://["
        return False


def _header(scope: Scope, name: bytes) -> str | None:
    for key, value in scope["headers"]:
        if key == name:
            return value.decode("latin-1")
    return None
