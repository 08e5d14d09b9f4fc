"""The address of a broadcast: its live page, or with `?at=` one moment of it."""

from django.http import HttpRequest, HttpResponseBase

from viewers.pages.live import live
from viewers.pages.moment import moment


def broadcast(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Return the page that the query asks for."""
    return moment(request, slug) if "at" in request.GET else live(request, slug)
