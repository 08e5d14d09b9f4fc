"""The page of one moment: the map as it stood after one update. Viewers share its address."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_cache_control

from broadcaster.domain.stream import Position
from broadcaster.models import Broadcast
from broadcaster.publishing import history
from viewers.pages.by_slug import of_broadcast
from viewers.pages.map_context import log_context, log_of, past_context, undecided_context
from viewers.pages.wording import clock

DAY = 24 * 3600  # seconds


@of_broadcast
def moment(request: HttpRequest, broadcast: Broadcast) -> HttpResponse:
    """Return the map after the update at `?at=<epoch>:<seq>`, or `?at=<seq>` of this history."""
    epoch, __, seq = request.GET["at"].rpartition(":")
    try:
        position = Position.parse(f"{epoch or broadcast.epoch}:{seq}")
    except ValueError as error:
        raise Http404 from error
    recording = history.recording(broadcast, history.end_of(broadcast, position.epoch))
    if recording is None or not 0 < position.seq <= len(recording.updates):
        raise Http404
    updates = recording.updates[: position.seq]
    at = history.moment(updates[-1].at)
    context = past_context(broadcast, recording, position.seq, request.GET)
    log = log_of(updates, recording.show)
    context |= undecided_context(context["picture"], at, at)
    context |= log_context(log, recording.show, context["shown"]) | {
        "at": at,
        "clock": clock(at, with_seconds=False),
        "seconds": (updates[-1].at - recording.began) // 1000,
    }
    response = render(request, "viewers/moment.html", context)
    can_be_corrected = broadcast.on_air
    patch_cache_control(response, public=True, max_age=10 if can_be_corrected else DAY)
    return response
