"""What the middleware of Django and others leaves to be done here."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase
from django.utils.decorators import sync_only_middleware


@sync_only_middleware
def in_one_thread(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Last in the list: all before it then run in the request's one thread. By themselves they
    would be called from the event loop, which costs two hops between threads for each of them."""
    return get_response
