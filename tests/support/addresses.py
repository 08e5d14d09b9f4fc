"""Every address of the site, from the URL configuration."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.translation import override

from broadcaster.routing import websocket_urlpatterns as desk_urlpatterns
from viewers.ops import health
from viewers.routing import http_urlpatterns, websocket_urlpatterns

PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>[^)]*\)")


def routes(patterns: Iterable[Any], prefix: str = "") -> Iterator[str]:
    """Yield the routes of all views, with the names of their parameters in angle brackets."""
    for each in patterns:
        route = prefix + str(each.pattern).removeprefix("^").removesuffix("$")
        if isinstance(each, URLResolver):
            yield from routes(each.url_patterns, route)
        elif isinstance(each, URLPattern):
            yield PARAMETER.sub(lambda match: f"<{match[1] or match[2]}>", route)


def django_routes(language: str = "en") -> set[str]:
    """Return the routes of Django's views; with "es", those of the pages in Spanish too."""
    with override(language):
        return set(routes(get_resolver().url_patterns))


def http_routes() -> set[str]:
    """Return the routes that answer HTTP requests, in both languages."""
    others = {endpoint.removeprefix("/") for endpoint in health.ENDPOINTS}
    return django_routes() | django_routes("es") | set(routes(http_urlpatterns)) | others


def websocket_routes() -> set[str]:
    """Return the routes that WebSockets connect to."""
    return {*routes(websocket_urlpatterns), *routes(desk_urlpatterns, "admin/")}


def fill(route: str, parameters: dict[str, object]) -> str:
    """Return the path of a route with these parameters."""
    return "/" + PARAMETER.sub(lambda match: str(parameters[match[1] or match[2]]), route)
