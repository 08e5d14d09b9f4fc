"""Middleware of the project."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase
from django.utils.decorators import sync_only_middleware


@sync_only_middleware
def in_one_thread(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Make Django run the whole chain of middleware in one thread.

    It must be last in the list. Since it is synchronous, Django calls the others synchronously,
    too. Without it Django would call them from the event loop, with two thread hops for each.
    """
    return get_response
