"""The page that gives the code for embedding a broadcast, with its options and a preview."""

from csp.constants import SELF
from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.html import format_html
from django.utils.translation import gettext as _

from broadcaster.models import Broadcast
from viewers.pages.embed import PARTS, SIZES, THEMES, EmbedOptions


@csp_update({"frame-src": [SELF]})  # type: ignore[arg-type] # views have arguments
def embedding(request: HttpRequest, slug: str) -> HttpResponse:
    """Return the page with the choices that the query has."""
    broadcast = get_object_or_404(Broadcast, slug=slug)
    show = broadcast.show
    options = EmbedOptions.parse(request.GET, show)
    earlier = show.contests[options.contest or show.first].earlier
    address = request.build_absolute_uri(reverse("embed", args=[slug])) + options.query
    response = render(
        request,
        "viewers/embedding.html",
        {
            "broadcast": broadcast,
            "options": options,
            "themes": THEMES,
            "parts": PARTS,
            "contests": [(key, contest.title) for key, contest in show.contests.items()],
            "layers": [(str(number), each.title) for number, each in enumerate(earlier)],
            "sizes": (SIZES[0], SIZES[-1]),
            "address": address,
            "code": iframe_code(broadcast, address, options),
        },
    )
    patch_cache_control(response, public=True, max_age=60)
    return response


def iframe_code(broadcast: Broadcast, address: str, options: EmbedOptions) -> str:
    """Return the HTML for the other page."""
    return format_html(
        '<iframe src="{}" title="{}" width="{}" height="{}" loading="lazy"'
        ' style="border: 0; max-width: 100%"></iframe>',
        address,
        f"{broadcast}, {options.layer_title or _('live map')}",
        options.width or "100%",
        options.height or options.default_height,
    )
