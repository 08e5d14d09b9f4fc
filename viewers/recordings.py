"""What has been: a broadcast's recording as one file that caches may keep for good. No cookies."""

import json
from functools import lru_cache
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.views.decorators.gzip import gzip_page

from broadcaster import history
from broadcaster.models import Broadcast
from broadcaster.stream import Position

YEAR = 365 * 24 * 3600  # seconds


@gzip_page
def recording(request: HttpRequest, slug: str) -> HttpResponse:
    """All updates up to `?upto=<epoch>:<seq>`; without it, a redirect to those up to now."""
    broadcast = get_object_or_404(Broadcast, slug=slug)
    if "upto" not in request.GET:
        here = recording_address(broadcast, broadcast.position)
        response: HttpResponse = HttpResponseRedirect(here)
        patch_cache_control(response, public=True, max_age=1)
        return response
    try:
        position = Position.parse(request.GET["upto"])
        body = encoded(broadcast.pk, broadcast.slug, broadcast.title, position)
    except ValueError as error:
        return refused(HTTPStatus.BAD_REQUEST, str(error))
    except LookupError as error:
        return refused(HTTPStatus.NOT_FOUND, str(error))
    response = HttpResponse(body, content_type="application/json")
    patch_cache_control(response, public=True, max_age=YEAR, immutable=True)
    return response


def refused(status: HTTPStatus, error: str) -> JsonResponse:
    response = JsonResponse({"field": "upto", "error": error}, status=status)
    patch_cache_control(response, no_store=True)
    return response


def recording_address(broadcast: Broadcast, position: Position) -> str:
    """Where the recording up to `position` is, which never changes."""
    return f"{reverse('recording', args=[broadcast.slug])}?upto={position}"


@lru_cache(maxsize=16)
def encoded(pk: int, slug: str, title: str, position: Position) -> bytes:
    """The file. What is on the log stays, so a file that was made once need not be made again.

    Raises LookupError for a position that the log does not have, or not yet.
    """
    found = history.recording(Broadcast.objects.get(pk=pk), position)
    if found is None:
        raise LookupError("is not on the log")
    return json.dumps(found.to_dict(), separators=(",", ":"), ensure_ascii=False).encode()
