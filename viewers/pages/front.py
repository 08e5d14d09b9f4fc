"""The front page: broadcasts on air, planned ones, and past ones."""

from typing import Any

from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _

from broadcaster.desk import rebroadcasts
from broadcaster.domain.mapstate import ON_AIR
from broadcaster.models import Broadcast
from broadcaster.publishing import clock as database_clock
from broadcaster.rendering.picture import Picture
from viewers.pages.wording import clock, status


def front(request: HttpRequest) -> HttpResponse:
    """Return the front page. It lists neither rehearsals nor archived or unlisted broadcasts."""
    listed = Broadcast.objects.filter(listed=True, rehearsal=False, archived_at=None)
    coming = listed.filter(phase="scheduled").order_by(F("starts_at").asc(nulls_last=True))
    planned = rebroadcasts.to_come().filter(broadcast__listed=True, broadcast__rehearsal=False)
    now = database_clock.now()
    response = render(
        request,
        "viewers/front.html",
        {
            "on_air": [summary(broadcast) for broadcast in listed.filter(phase__in=ON_AIR)],
            "rebroadcasts_now": planned.filter(starts_at__lte=now),
            "coming": [summary(broadcast) for broadcast in coming],
            "rebroadcasts_later": [
                (each, clock(each.starts_at, False)) for each in planned.filter(starts_at__gt=now)
            ],
            "past": [summary(broadcast) for broadcast in listed.filter(phase="ended")],
        },
    )
    patch_cache_control(response, public=True, max_age=1)
    return response


def summary(broadcast: Broadcast) -> tuple[Broadcast, list[Picture], dict[str, Any]]:
    """Return a broadcast with the pictures of its contests and its status, for the template."""
    show, state = broadcast.show, broadcast.state
    pictures = [Picture.of(show, key, state, _) for key in show.contests]
    return broadcast, pictures, status(broadcast)
