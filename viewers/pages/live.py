"""Pages for viewers, rendered whole on the server. No cookies."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import urljoin

from django.conf import settings
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.gzip import gzip_page

from broadcaster.desk import rebroadcasts
from broadcaster.domain.change import to_json
from broadcaster.domain.electoral import ELECTIONS, Election, unit_name
from broadcaster.domain.mapstate import ON_AIR
from broadcaster.domain.stream import Position, Update
from broadcaster.models import Broadcast
from broadcaster.publishing import history
from broadcaster.rendering import call_log
from broadcaster.rendering.picture import SHAPES, Picture
from viewers.pages.page_cache import remembered
from viewers.pages.wording import clock, hour, script_words, status

MODULES = (
    "broadcaster/rendering/drawing.js",
    "broadcaster/domain/replica.js",
    "broadcaster/domain/translation.js",
    "viewers/shared/explore.js",
    "viewers/follow/follow.js",
    "viewers/live/page.js",
    "viewers/follow/session.js",
    "viewers/shared/wording.js",
)
"""What page.js imports, told to browsers at once instead of one after the other."""


@gzip_page
def front(request: HttpRequest) -> HttpResponse:
    """What is on air now, what is next, past broadcasts."""
    listed = Broadcast.objects.filter(listed=True, rehearsal=False, archived_at=None)
    coming = listed.filter(phase="scheduled").order_by(F("starts_at").asc(nulls_last=True))
    again = rebroadcasts.to_come().filter(broadcast__listed=True, broadcast__rehearsal=False)
    now = timezone.now()
    response = render(
        request,
        "viewers/front.html",
        {
            "on_air": [entry(found) for found in listed.filter(phase__in=ON_AIR)],
            "again_now": again.filter(starts_at__lte=now),
            "coming": [entry(found) for found in coming],
            "again_later": [
                (each, clock(each.starts_at, False)) for each in again.filter(starts_at__gt=now)
            ],
            "past": [entry(found) for found in listed.filter(phase="ended")],
        },
    )
    patch_cache_control(response, public=True, max_age=5)
    return response


def entry(broadcast: Broadcast) -> tuple[Broadcast, Picture, dict[str, Any]]:
    """A broadcast as the front page tells of it."""
    return broadcast, Picture(broadcast.state, _), status(broadcast)


@remembered
@gzip_page
def broadcast(request: HttpRequest, found: Broadcast) -> HttpResponse:
    """The viewer page: map, table and state as they stand; the script takes it from there."""
    context = live(found) | {"modules": MODULES, "delays": range(0, 61, 5)}
    context["script_data"] |= {
        "past": context["picture"].past,
        "counties": counties(),
        "now": history.milliseconds(timezone.now()),
    }
    response = render(request, "viewers/broadcast.html", context)
    patch_cache_control(response, public=True, max_age=1)
    return response


def logged(updates: Sequence[Update], election: Election) -> dict[str, Any]:
    """The log of calls after these updates, and what they corrected."""
    corrected = call_log.corrected(updates)
    return {
        "log": [(entry, hour(entry.at)) for entry in call_log.entries(updates, election, _)],
        "corrected": corrected,
        "corrected_names": [unit_name(unit, _) for unit in corrected],
    }


@lru_cache(maxsize=32)
def logged_until(broadcast: Broadcast, position: Position, language: str) -> dict[str, Any]:
    """`logged` up to a position, in the language that is active: what is on the log stays, so one
    look at it does for all who come before the next update."""
    recording = history.recording(broadcast, position)
    return logged(recording.updates if recording else (), ELECTIONS[broadcast.election])


def counties() -> dict[str, str]:
    """Where each state's county lines are."""
    return {state: static(f"broadcaster/rendering/counties/{state}.json") for state in SHAPES}


def live(broadcast: Broadcast) -> dict[str, Any]:
    """What a page that follows a broadcast shows, and what its script goes on from."""
    snapshot = history.snapshot(broadcast)
    picture = Picture(snapshot.state, _)
    return logged_until(broadcast, snapshot.position, get_language()) | {
        "broadcast": broadcast,
        "picture": picture,
        "position": snapshot.position,
        "story": snapshot.state.story,
        "status": status(broadcast),
        "script_data": {
            "address": data_address(broadcast),
            "startsAt": broadcast.starts_at and history.milliseconds(broadcast.starts_at),
            "timeZone": settings.TIME_ZONE,
            "election": picture.script_data,
            "snapshot": to_json(snapshot),
            "words": script_words(),
        },
    }


def data_address(broadcast: Broadcast) -> str:
    """What a broadcast's socket, polls and files are below: the same for every language."""
    return urljoin(reverse("recording", args=[broadcast.slug]), ".")
