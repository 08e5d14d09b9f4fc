"""What has been: the recording as one file, the page that plays it, and single moments.

All of it comes from the log, and all of it may be cached. No cookies.
"""

import json
from datetime import timedelta
from functools import lru_cache
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    JsonResponse,
    QueryDict,
)
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.gzip import gzip_page

from broadcaster.domain import recording_file
from broadcaster.domain.change import Kind
from broadcaster.domain.electoral import unit_name
from broadcaster.domain.recording import Recording
from broadcaster.domain.stream import Position, Update
from broadcaster.domain.summary import describe
from broadcaster.models import Broadcast, Rebroadcast
from broadcaster.publishing import history
from broadcaster.rendering.picture import Picture
from viewers.pages import live
from viewers.pages.page_cache import remembered
from viewers.pages.wording import clock, elapsed, hour, script_words

YEAR = 365 * 24 * 3600  # seconds
DAY = 24 * 3600  # seconds
SPEEDS = (1, 10, 60, 300)
KINDS = {
    "start": gettext_lazy("On air"),
    "correct": "⚑",
    "hold": gettext_lazy("On hold"),
    "resume": gettext_lazy("Back on air"),
    "end": gettext_lazy("The end"),
}
"""What is said of an update besides its headline."""
MODULES = (
    "broadcaster/rendering/drawing.js",
    "broadcaster/domain/recording.js",
    "broadcaster/domain/replica.js",
    "broadcaster/domain/translation.js",
    "viewers/replay/player.js",
    "viewers/replay/replay.js",
    "viewers/shared/share.js",
    "viewers/shared/wording.js",
)
"""What replay.js imports."""


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
    return json.dumps(
        recording_file.to_dict(found), separators=(",", ":"), ensure_ascii=False
    ).encode()


def page(request: HttpRequest, slug: str) -> HttpResponseBase:
    """The live page, or with `?at=<seq>` or `?at=<epoch>:<seq>` the map as it stood then."""
    return moment(request, slug) if "at" in request.GET else live.broadcast(request, slug)


@remembered
@gzip_page
def moment(request: HttpRequest, broadcast: Broadcast) -> HttpResponse:
    """The map after one update, with what was corrected later."""
    epoch, __, digits = request.GET["at"].rpartition(":")
    try:
        position = Position.parse(f"{epoch or broadcast.epoch}:{digits}")
    except ValueError as error:
        raise Http404 from error
    recording = history.recording(broadcast, history.end_of(broadcast, position.epoch))
    if recording is None or not 0 < position.seq <= len(recording.updates):
        raise Http404
    at = recording.updates[position.seq - 1].at
    context = shown(broadcast, recording, position.seq)
    until = recording.updates[: position.seq]
    response = render(
        request,
        "viewers/moment.html",
        context
        | live.logged(until, context["picture"].election)
        | {
            "at": history.moment(at),
            "clock": clock(history.moment(at), with_seconds=False),
            "seconds": (at - recording.began) // 1000,
        },
    )
    over = not broadcast.on_air  # from then on nothing is corrected any more
    patch_cache_control(response, public=True, max_age=DAY if over else 10)
    return response


@remembered
@gzip_page
def replay(request: HttpRequest, broadcast: Broadcast) -> HttpResponse:
    """The recording with a time line: from the beginning, from `?t=<seconds>` or `?at=<seq>`.

    With `?rebroadcast=<id>` at the second that everyone sees.
    """
    again = None
    if "rebroadcast" in request.GET:
        number = request.GET["rebroadcast"]
        again = get_object_or_404(
            broadcast.rebroadcasts,
            pk=number if number.isdecimal() else 0,
            cancelled_at=None,
        )
    position = again.position if again else broadcast.position
    recording = history.recording(broadcast, position)
    if recording is None:
        raise Http404
    t = begin(request.GET, recording, again)
    seq = recording.seq_at(t)
    at = history.moment(recording.began + max(t, 0))
    context = shown(broadcast, recording, seq) | {
        "at": at,
        "clock": clock(at, with_seconds=True),
        "coming": again and t < 0,
        "together": again and 0 <= t <= recording.duration,
        "rebroadcast": again,
        "starts": again and clock(again.starts_at, with_seconds=False),
        "t": max(t, 0) // 1000,
        "seconds": -(-recording.duration // 1000),
        "elapsed": elapsed(max(t, 0)),
        "duration": elapsed(recording.duration),
        "entries": entries(recording),
        "speeds": SPEEDS,
        "modules": MODULES,
    }
    context["script_data"] = {
        "file": recording_address(broadcast, position),
        "from": max(t, 0),
        "election": context["picture"].script_data,
        "timeZone": settings.TIME_ZONE,
        "moment": f"{reverse('broadcast', args=[broadcast.slug])}?at={recording.epoch}:",
        "rebroadcast": again
        and {
            "startsAt": history.milliseconds(again.starts_at),
            "endsAt": history.milliseconds(again.ends_at),
            "clock": f"{live.data_address(broadcast)}snapshot.json",
        },
        "words": script_words(),
    }
    response = render(request, "viewers/replay.html", context)
    patch_cache_control(response, public=True, max_age=1 if again or broadcast.on_air else 60)
    return response


def begin(query: QueryDict, recording: Recording, again: Rebroadcast | None) -> int:
    """Where a replay begins, in milliseconds; below 0 if a rebroadcast has not begun."""
    now = timezone.now()
    if again and now < again.ends_at:
        return (now - again.starts_at) // timedelta(milliseconds=1)
    seconds, seq = query.get("t", ""), query.get("at", "")
    if seconds.isdecimal():
        return min(int(seconds[:9]) * 1000, recording.duration)
    if seq.isdecimal() and 0 < int(seq[:9]) <= len(recording.updates):
        return recording.updates[int(seq[:9]) - 1].at - recording.began
    return 0


def shown(broadcast: Broadcast, recording: Recording, seq: int) -> dict[str, Any]:
    """What the pages show of the map after update `seq`."""
    state = recording.at_seq(seq)
    return {
        "broadcast": broadcast,
        "position": Position(recording.epoch, seq),
        "story": state.story,
        "picture": Picture(state, _),
        "later": ", ".join(unit_name(unit, _) for unit in recording.later_corrected(seq)),
    }


def entries(recording: Recording) -> list[dict[str, Any]]:
    """The log, newest first: when, and what in words."""
    corrected = recording.corrected()
    return [
        {
            "seq": update.seq,
            "elapsed": elapsed(update.at - recording.began),
            "clock": hour(history.moment(update.at)),
            "x": f"{(update.at - recording.began) / max(recording.duration, 1):.3%}",
            "mark": mark(update),
            "kind": KINDS.get(update.kind, ""),
            "headline": update.headline,
            "words": describe(update, _),
            "reason": update.reason,
            "corrected": update.seq in corrected,
        }
        for update in reversed(recording.updates)
    ]


def mark(update: Update) -> str:
    """How an update stands on the time line: "correction", "call" or not at all."""
    if update.kind is Kind.CORRECT:
        return "correction"
    return "call" if update.decides else ""
