"""The addresses of viewers' connections: for Django's routing and for the fast path."""

import re

from django.urls.converters import SlugConverter

BROADCASTS = "broadcasts/"
SLUG = "<slug:slug>"
WEBSOCKET = f"{BROADCASTS}{SLUG}/ws"
UPDATES = f"{BROADCASTS}{SLUG}/updates"
SNAPSHOT = f"{BROADCASTS}{SLUG}/snapshot.json"


def pattern(route: str) -> bytes:
    """Return a regular expression for the path of a route. Its one group is the slug."""
    before, after = route.split(SLUG)
    return f"/{re.escape(before)}({SlugConverter.regex}){re.escape(after)}".encode()
