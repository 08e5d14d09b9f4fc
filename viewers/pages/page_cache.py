"""A page is the same for everyone, so a thousand who come at once cost one rendering."""

from collections.abc import Callable
from functools import wraps
from hashlib import sha256

from django.core.cache import cache
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.translation import get_language

from broadcaster.models import Broadcast

SECONDS = 1
"""How long a page may be old, which is not its map: that is as the database has it."""


def remembered(
    view: Callable[..., HttpResponseBase],
) -> Callable[[HttpRequest, str], HttpResponseBase]:
    """`view(request, broadcast)` as a view by slug, which gives one answer to all who ask for an
    address in the same language and encoding within a second, while the broadcast is as it was.
    """

    @wraps(view)
    def page(request: HttpRequest, slug: str) -> HttpResponseBase:
        broadcast = get_object_or_404(Broadcast, slug=slug)
        as_it_is = [getattr(broadcast, field.attname) for field in Broadcast._meta.concrete_fields]
        asked = request.build_absolute_uri(), request.headers.get("Accept-Encoding")
        key = sha256(
            repr((view.__qualname__, get_language(), asked, as_it_is)).encode()
        ).hexdigest()
        response = cache.get(key)
        if response is None:
            response = view(request, broadcast)
            cache.set(key, response, SECONDS)
        return response

    return page
