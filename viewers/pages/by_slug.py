"""Views of one broadcast."""

from collections.abc import Callable
from functools import wraps

from django.http import Http404, HttpRequest, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404

from broadcaster.domain.stream import Position
from broadcaster.models import Broadcast


def of_broadcast(
    view: Callable[..., HttpResponseBase],
) -> Callable[[HttpRequest, str], HttpResponseBase]:
    """Make a view by slug of `view(request, broadcast)`. An unknown slug gets 404."""

    @wraps(view)
    def page(request: HttpRequest, slug: str) -> HttpResponseBase:
        return view(request, get_object_or_404(Broadcast, slug=slug))

    return page


def position_in(query: QueryDict, broadcast: Broadcast) -> Position:
    """Return the position `?at=<epoch>:<seq>`, or that of now. Raises Http404 if it is none."""
    try:
        return Position.parse(query.get("at", str(broadcast.position)))
    except ValueError as error:
        raise Http404 from error
