"""The live page, rendered whole on the server; viewers/live/live.js then keeps it up to date."""

from base64 import b64encode
from hashlib import sha256

from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.utils.cache import patch_cache_control

from broadcaster.domain.geometry import shipped
from broadcaster.domain.show import Show
from broadcaster.models import Broadcast
from broadcaster.publishing import clock, history
from viewers.pages.by_slug import of_broadcast
from viewers.pages.map_context import live_context, undecided_context

DELAYS = range(0, 61, 5)  # seconds
COUNTY_MAP = "us-states"
"""The map whose shapes have county lines: static/broadcaster/rendering/counties/."""
MODULES = (
    "broadcaster/domain/replica.js",
    "broadcaster/domain/translation.js",
    "broadcaster/rendering/call_log.js",
    "broadcaster/rendering/drawing.js",
    "viewers/follow/follow.js",
    "viewers/follow/session.js",
    "viewers/live/live.js",
    "viewers/shared/explore.js",
    "viewers/shared/story.js",
    "viewers/shared/wording.js",
)
"""The modules that live.js imports, preloaded so that browsers fetch all at the same time."""
COVER = "if (+localStorage.delay) document.documentElement.dataset.delay = localStorage.delay;"
"""Runs before the first paint: with a delay, what the server rendered is ahead of this viewer's
television, so page.css covers it until live.js has gone back. It is in the page since a file of its
own would be one more request; the Content-Security-Policy allows it by its hash."""
COVER_HASH = f"'sha256-{b64encode(sha256(COVER.encode()).digest()).decode()}'"


@of_broadcast
@csp_update({"script-src": [COVER_HASH]})  # type: ignore[arg-type] # views have arguments
def live(request: HttpRequest, broadcast: Broadcast) -> HttpResponse:
    """Return the page that follows a broadcast: its map, table, log and status as they are now."""
    context = live_context(broadcast, request.GET) | {"modules": MODULES, "delays": DELAYS}
    context["cover"] = COVER
    now = clock.now()
    context |= undecided_context(context["picture"], now, broadcast.at) | {"is_live": True}
    context["script_data"] |= {
        "counties": counties(broadcast.show),
        "now": history.milliseconds(now),
    }
    response = render(request, "viewers/live.html", context)
    patch_cache_control(response, public=True, max_age=1)
    return response


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
