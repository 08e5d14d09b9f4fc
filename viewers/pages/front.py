"""The front page: broadcasts on air, planned ones, and past ones."""

from django.db.models import F, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _

from broadcaster.desk import rebroadcasts
from broadcaster.domain.mapstate import ON_AIR
from broadcaster.models import Broadcast, Publication
from broadcaster.publishing import clock as database_clock
from broadcaster.rendering.picture import Picture
from viewers.pages.wording import clock, date, status

BESIDE = 2  # past nights that stand beside what is on air or comes next


def front(request: HttpRequest) -> HttpResponse:
    """Return the front page. It lists neither rehearsals nor archived or unlisted broadcasts."""
    listed = Broadcast.objects.filter(listed=True, rehearsal=False, archived_at=None)
    coming = listed.filter(phase="scheduled").order_by(F("starts_at").asc(nulls_last=True))
    first = Publication.objects.filter(
        broadcast=OuterRef("pk"), epoch=OuterRef("epoch"), seq=1
    ).values("at")
    past = (
        listed.filter(phase="ended")
        .annotate(began=Coalesce("starts_at", Subquery(first), "at"))  # it ends after midnight
        .order_by("-began")
    )
    planned = rebroadcasts.to_come().filter(broadcast__listed=True, broadcast__rehearsal=False)
    now = database_clock.now()
    on_air = [(each, pictures(each), status(each)) for each in listed.filter(phase__in=ON_AIR)]
    nights = [(each, pictures(each), date(each.began)) for each in past]
    later = planned.filter(starts_at__gt=now)
    beside = BESIDE if on_air or coming or later else 0
    response = render(
        request,
        "viewers/front.html",
        {
            "on_air": on_air,
            "rebroadcasts_now": planned.filter(starts_at__lte=now),
            "coming": [(broadcast, status(broadcast)) for broadcast in coming],
            "rebroadcasts_later": [(each, clock(each.starts_at, False)) for each in later],
            "beside": nights[:beside],
            "past": nights[beside:],
        },
    )
    patch_cache_control(response, public=True, max_age=1)
    return response


def pictures(broadcast: Broadcast) -> list[Picture]:
    """Return the pictures of a broadcast's contests as they are now."""
    show, state = broadcast.show, broadcast.state
    return [Picture.of(show, key, state, _) for key in show.contests]
