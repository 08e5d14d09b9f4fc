"""The front page: broadcasts on air, planned ones, and past ones."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _

from broadcaster.desk import rebroadcasts
from broadcaster.domain.mapstate import ON_AIR
from broadcaster.models import Broadcast, Publication, Rebroadcast
from broadcaster.publishing import clock as database_clock
from broadcaster.rendering.picture import Picture
from viewers.pages.wording import clock, date, status

BESIDE = 2  # past nights that stand beside what is on air or comes next


@dataclass(frozen=True, slots=True)
class Coming:
    """A broadcast or a rebroadcast that has not begun."""

    broadcast: Broadcast
    address: str
    words: str  # before its time, as in "Begins", or instead of it
    at: datetime | None
    clock: str | None

    @property
    def picture(self) -> Picture:
        """The map of its first contest, before any call."""
        show = self.broadcast.show
        return Picture(show.editions[show.first], {}, gettext=_, key=show.first)


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
    begun = planned.filter(starts_at__lte=now)
    to_come = [*map(_of_broadcast, coming), *map(_of_rebroadcast, later)]
    to_come.sort(key=lambda each: (each.at is None, each.at or now))
    hero = to_come.pop(0) if to_come and not on_air and not begun else None
    beside = BESIDE if on_air or hero or to_come else 0
    response = render(
        request,
        "viewers/front.html",
        {
            "on_air": on_air,
            "rebroadcasts_now": begun,
            "hero": hero,
            "coming": to_come,
            "beside": nights[:beside],
            "past": nights[beside:],
        },
    )
    patch_cache_control(response, public=True, max_age=1)
    return response


def _of_broadcast(broadcast: Broadcast) -> Coming:
    found = status(broadcast)
    address = broadcast.get_absolute_url()
    return Coming(broadcast, address, found["words"], found["at"], found["clock"])


def _of_rebroadcast(rebroadcast: Rebroadcast) -> Coming:
    slug, at = rebroadcast.broadcast.slug, rebroadcast.starts_at
    address = f"{reverse('replay', args=[slug])}?rebroadcast={rebroadcast.pk}"
    return Coming(rebroadcast.broadcast, address, _("Rebroadcast begins"), at, clock(at, False))


def pictures(broadcast: Broadcast) -> list[Picture]:
    """Return the pictures of a broadcast's contests as they are now."""
    show, state = broadcast.show, broadcast.state
    return [Picture.of(show, key, state, _) for key in show.contests]
