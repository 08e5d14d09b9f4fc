"""The page that gives the code for embedding a broadcast, with its options and a preview."""

from csp.constants import SELF
from csp.decorators import csp_update
from django.conf import settings
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
            "code": embed_code(
                broadcast, address, options, request.build_absolute_uri(resizing_script())
            ),
        },
    )
    patch_cache_control(response, public=True, max_age=60)
    return response


def resizing_script() -> str:
    """Return the address of the script that sizes frames. It stays the same in later versions."""
    return f"{settings.STATIC_URL}viewers/embed/resize.js"


def embed_code(broadcast: Broadcast, address: str, options: EmbedOptions, script: str) -> str:
    """Return the HTML for the other page. A frame without a height of its own sizes itself."""
    frame = format_html(
        '<iframe src="{}" title="{}" width="{}" height="{}" loading="lazy"'
        ' style="border: 0; max-width: 100%"></iframe>',
        address,
        f"{broadcast}, {options.layer_title or _('live map')}",
        options.width or "100%",
        options.height or options.default_height,
    )
    if options.has_fixed_height:
        return frame
    return format_html('{}\n<script async src="{}"></script>', frame, script)
