"""Views of one broadcast."""

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404

from broadcaster.models import Broadcast


def of_broadcast(
    view: Callable[..., HttpResponseBase],
) -> Callable[[HttpRequest, str], HttpResponseBase]:
    """Make a view by slug of `view(request, broadcast)`. An unknown slug gets 404."""

    @wraps(view)
    def page(request: HttpRequest, slug: str) -> HttpResponseBase:
        return view(request, get_object_or_404(Broadcast, slug=slug))

    return page
