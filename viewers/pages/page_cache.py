"""A cache of rendered pages: thousands of viewers who come at once cost one rendering."""

from collections.abc import Callable
from copy import deepcopy
from functools import wraps
from hashlib import sha256

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.translation import get_language

from broadcaster.models import Broadcast
from viewers.pages.single_flight import SingleFlight

MAX_AGE = 1
"""Seconds for which a page is kept. Parts that depend on the time of day, such as a replay's
position, may be that old; the map never is, since an update changes the broadcast's row."""

MAX_PAGES = 200  # of up to 150 KB each

pages: SingleFlight[HttpResponseBase] = SingleFlight(MAX_PAGES, MAX_AGE)


def cached_page(
    view: Callable[..., HttpResponseBase],
) -> Callable[[HttpRequest, str], HttpResponseBase]:
    """Make a view by slug of `view(request, broadcast)`, and keep its responses for `MAX_AGE`.

    A kept response is used for requests for the same address in the same language and encoding,
    as long as the broadcast's row has not changed. Requests that come while it is rendered wait
    for it.
    """

    @wraps(view)
    def page(request: HttpRequest, slug: str) -> HttpResponseBase:
        broadcast = get_object_or_404(Broadcast, slug=slug)
        row = [getattr(broadcast, field.attname) for field in Broadcast._meta.concrete_fields]
        address = request.build_absolute_uri()
        encoding = request.headers.get("Accept-Encoding")
        key = repr((view.__qualname__, get_language(), address, encoding, row))
        digest = sha256(key.encode()).digest()
        response = pages.get(digest, lambda: view(request, broadcast))
        return deepcopy(response)  # since middleware adds headers to what it gets

    return page
