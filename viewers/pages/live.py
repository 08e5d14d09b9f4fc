"""The live page, rendered whole on the server; viewers/live/live.js then keeps it up to date."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.utils.cache import patch_cache_control

from broadcaster.domain.geometry import shipped
from broadcaster.domain.show import Show
from broadcaster.models import Broadcast
from broadcaster.publishing import clock, history
from broadcaster.rendering.unit import Unit
from viewers.pages.by_slug import of_broadcast
from viewers.pages.map_context import live_context
from viewers.pages.wording import closing

DELAYS = range(0, 61, 5)  # seconds
MAX_UNDECIDED = 20  # races in the list of those still to decide
COUNTY_MAP = "us-states"
"""The map whose shapes have county lines: static/broadcaster/rendering/counties/."""
MODULES = (
    "broadcaster/domain/replica.js",
    "broadcaster/domain/translation.js",
    "broadcaster/rendering/drawing.js",
    "viewers/follow/follow.js",
    "viewers/follow/session.js",
    "viewers/live/live.js",
    "viewers/shared/explore.js",
    "viewers/shared/wording.js",
)
"""The modules that live.js imports, preloaded so that browsers fetch all at the same time."""


@of_broadcast
def live(request: HttpRequest, broadcast: Broadcast) -> HttpResponse:
    """Return the page that follows a broadcast: its map, table, log and status as they are now."""
    context = live_context(broadcast, request.GET) | {"modules": MODULES, "delays": DELAYS}
    undecided = context["picture"].undecided
    context |= {
        "undecided": with_closing(undecided[:MAX_UNDECIDED], broadcast),
        "undecided_more": max(len(undecided) - MAX_UNDECIDED, 0),
    }
    context["script_data"] |= {
        "counties": counties(broadcast.show),
        "now": history.milliseconds(clock.now()),
    }
    response = render(request, "viewers/live.html", context)
    patch_cache_control(response, public=True, max_age=1)
    return response


def with_closing(units: list[Unit], broadcast: Broadcast) -> list[tuple[Unit, str]]:
    """Return races, each with when its polls close or closed."""
    now = clock.now()
    return [(unit, closing(unit.closes, now, broadcast.at)) for unit in units]


def counties(show: Show) -> dict[str, dict[str, str]]:
    """Return by contest the address of the file with the county lines of each state."""
    return {
        key: {
            shape.id: static(f"broadcaster/rendering/counties/{shape.id}.json")
            for shape in shipped(COUNTY_MAP).shapes
        }
        for key, edition in show.editions.items()
        if edition.geometry.id == COUNTY_MAP
    }
