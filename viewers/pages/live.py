"""The live page, rendered whole on the server; viewers/live/live.js then keeps it up to date."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.utils.cache import patch_cache_control

from broadcaster.models import Broadcast
from broadcaster.publishing import clock, history
from broadcaster.rendering.election_picture import SHAPES
from viewers.pages.by_slug import of_broadcast
from viewers.pages.map_context import live_context

DELAYS = range(0, 61, 5)  # seconds
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
    context = live_context(broadcast) | {"modules": MODULES, "delays": DELAYS}
    context["script_data"] |= {
        "past": context["picture"].past,
        "counties": counties(),
        "now": history.milliseconds(clock.now()),
    }
    response = render(request, "viewers/live.html", context)
    patch_cache_control(response, public=True, max_age=1)
    return response


def counties() -> dict[str, str]:
    """Return the address of the file with the county lines of each state."""
    return {state: static(f"broadcaster/rendering/counties/{state}.json") for state in SHAPES}
