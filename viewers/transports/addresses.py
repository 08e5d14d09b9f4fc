"""The addresses of viewers' connections and pages: for routing, the cache, and the fast path."""

import re

from django.conf import settings
from django.urls.converters import SlugConverter

BROADCASTS = "broadcasts/"
SLUG = "<slug:slug>"
WEBSOCKET = f"{BROADCASTS}{SLUG}/ws"
UPDATES = f"{BROADCASTS}{SLUG}/updates"
SNAPSHOT = f"{BROADCASTS}{SLUG}/snapshot.json"

OTHER_LANGUAGES = "|".join(code for code, _ in settings.LANGUAGES if code != settings.LANGUAGE_CODE)
SHARED = re.compile(
    rf"/{re.escape(settings.STATIC_URL.strip('/'))}/.+"
    rf"|/(({OTHER_LANGUAGES})/)?({BROADCASTS}{SlugConverter.regex}/"
    r"((board|embed|embedding|replay)/|map\.svg|picture\.png|(recording|results)\.json|calls\.atom)?"
    r"|contests/[0-9a-f]+\.(json|html))?"
)
"""The paths whose responses are the same for everybody: front page, broadcasts, contests, static
files. The calculator is missing: its address has the viewer's own calls."""

PARAMETERS = (
    "at",
    "contest",
    "height",
    "layer",
    "rebroadcast",
    "show",
    "t",
    "theme",
    "upto",
    "v",
    "width",
)
"""The parameters of the query that these pages know. nginx.conf has them, too."""


def pattern(route: str) -> bytes:
    """Return a regular expression for the path of a route. Its one group is the slug."""
    before, after = route.split(SLUG)
    return f"/{re.escape(before)}({SlugConverter.regex}){re.escape(after)}".encode()
