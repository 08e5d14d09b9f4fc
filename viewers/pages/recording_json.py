"""The recording of a broadcast as one JSON file, which caches may keep for good."""

import json
from functools import lru_cache
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.cache import patch_cache_control

from broadcaster.domain import recording_file
from broadcaster.domain.stream import Position
from broadcaster.models import Broadcast
from broadcaster.publishing import history

YEAR = 365 * 24 * 3600  # seconds


def recording_json(request: HttpRequest, slug: str) -> HttpResponse:
    """Return all updates up to `?upto=<epoch>:<seq>`; without it, redirect to those up to now.

    Scripts of any origin may read it, as those in a sandboxed frame have to.
    """
    response = _response(request, slug)
    response["Access-Control-Allow-Origin"] = "*"
    return response


def _response(request: HttpRequest, slug: str) -> HttpResponse:
    broadcast = get_object_or_404(Broadcast, slug=slug)
    if "upto" not in request.GET:
        address = recording_address(broadcast, broadcast.position)
        response: HttpResponse = HttpResponseRedirect(address)
        patch_cache_control(response, public=True, max_age=1)
        return response
    try:
        position = Position.parse(request.GET["upto"])
        body = _encoded(broadcast.pk, broadcast.slug, broadcast.title, position)
    except ValueError as error:
        return error_response(HTTPStatus.BAD_REQUEST, str(error))
    except LookupError as error:
        return error_response(HTTPStatus.NOT_FOUND, str(error))
    response = HttpResponse(body, content_type="application/json")
    patch_cache_control(response, public=True, max_age=YEAR, immutable=True)
    return response


def error_response(status: HTTPStatus, error: str) -> JsonResponse:
    """Return an error in `upto`, not to be cached: the position may be published later."""
    response = JsonResponse({"field": "upto", "error": error}, status=status)
    patch_cache_control(response, no_store=True)
    return response


def recording_address(broadcast: Broadcast, position: Position) -> str:
    """Return the address of the recording up to `position`."""
    return f"{reverse('recording', args=[broadcast.slug])}?upto={position}"


@lru_cache(maxsize=16)
def _encoded(pk: int, slug: str, title: str, position: Position) -> bytes:
    """Return the file. The log up to a position never changes, so the file is kept.

    Raises LookupError for a position that is not in the log, or not yet.
    """
    found = history.recording(Broadcast.objects.get(pk=pk), position)
    if found is None:
        raise LookupError(f"{position} is not in the log of {slug}")
    data = recording_file.to_dict(found)
    return json.dumps(data, separators=(",", ":"), ensure_ascii=False).encode()
