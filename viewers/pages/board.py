"""The board: the live map for a screen in a studio or a lobby, which nobody touches."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_cache_control

from broadcaster.models import Broadcast
from broadcaster.publishing import clock, history
from viewers.pages.by_slug import of_broadcast
from viewers.pages.embed import EmbedOptions
from viewers.pages.map_context import live_context, undecided_context

MAX_UNDECIDED = 12  # races in the list of those still to decide: more than there is room for
MODULES = (
    "broadcaster/domain/replica.js",
    "broadcaster/domain/translation.js",
    "broadcaster/rendering/call_log.js",
    "broadcaster/rendering/drawing.js",
    "viewers/board/board.js",
    "viewers/follow/follow.js",
    "viewers/follow/session.js",
    "viewers/shared/contest_pieces.js",
    "viewers/shared/followed_map.js",
    "viewers/shared/renewal.js",
    "viewers/shared/story.js",
    "viewers/shared/wording.js",
)
"""The modules that board.js imports."""


@of_broadcast
def board(request: HttpRequest, broadcast: Broadcast) -> HttpResponse:
    """Return the board, with the options `theme` and `contest` of a frame."""
    options = EmbedOptions.parse(request.GET, broadcast.show)
    context = live_context(broadcast, request.GET) | {"options": options, "modules": MODULES}
    now = clock.now()
    context |= undecided_context(context["picture"], now, broadcast.at, MAX_UNDECIDED)
    context["script_data"] |= {
        "corrected": context["corrected"],
        "pinned": options.contest,
        "now": history.milliseconds(now),
        "maxUndecided": MAX_UNDECIDED,
    }
    response = render(request, "viewers/board.html", context)
    patch_cache_control(response, public=True, max_age=1)
    return response
