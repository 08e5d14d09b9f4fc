"""The map in a frame on other people's pages, and the page that gives the code for it."""

from dataclasses import dataclass
from urllib.parse import urlencode

from csp.constants import SELF
from csp.decorators import csp_replace, csp_update
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.gzip import gzip_page

from broadcaster.domain.change import calls_of
from broadcaster.domain.electoral import ELECTIONS, earlier
from broadcaster.domain.mapstate import MapState
from broadcaster.models import Broadcast
from broadcaster.rendering.picture import Picture
from viewers.pages.live import live
from viewers.pages.page_cache import remembered

THEMES = {
    "auto": _("As the reader’s system has it"),
    "light": _("Light"),
    "dark": _("Dark"),
}
PARTS = {
    "both": _("Map and electoral votes"),
    "map": _("Map"),
    "tally": _("Electoral votes"),
}
HEIGHTS = {"both": 720, "map": 600, "tally": 240}  # CSS pixels
SIZES = range(160, 2001)  # CSS pixels that a frame may have either way
MODULES = (
    "broadcaster/rendering/drawing.js",
    "broadcaster/domain/replica.js",
    "broadcaster/domain/translation.js",
    "viewers/embed/embed.js",
    "viewers/follow/follow.js",
    "viewers/follow/session.js",
    "viewers/shared/wording.js",
)
"""What embed.js imports."""


@dataclass(frozen=True, slots=True)
class Options:
    """What can be chosen; what is not understood is as if it were not there."""

    theme: str
    show: str
    layer: int | None  # the year of an earlier election; None: tonight
    width: int | None  # CSS pixels; None: as wide as there is room
    height: int | None  # CSS pixels; None: what does for a frame 640 wide

    @classmethod
    def parse(cls, query: QueryDict, election: int) -> "Options":
        theme, show = query.get("theme", ""), query.get("show", "")
        years = {str(year): year for year in earlier(election)}
        return cls(
            theme=theme if theme in THEMES else "auto",
            show=show if show in PARTS else "both",
            layer=years.get(query.get("layer", "")),
            width=_size(query.get("width", "")),
            height=_size(query.get("height", "")),
        )

    @property
    def usual_height(self) -> int:
        return HEIGHTS[self.show]

    @property
    def query(self) -> str:
        """As it stands in the frame's address, without what is the default."""
        chosen = {"theme": self.theme, "show": self.show, "layer": self.layer}
        pairs = {k: v for k, v in chosen.items() if v not in ("auto", "both", None)}
        return f"?{urlencode(pairs)}" if pairs else ""


def _size(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and int(text[:5]) in SIZES else None


@remembered
@gzip_page
@xframe_options_exempt
@csp_replace({"frame-ancestors": ["*"]})  # type: ignore[arg-type] # views have arguments
def embed(request: HttpRequest, found: Broadcast) -> HttpResponse:
    """The live map for a frame of any size, on any page."""
    options = Options.parse(request.GET, found.election)
    context = live(found) | {"options": options, "modules": MODULES}
    context["script_data"]["corrected"] = context["corrected"]
    if options.layer:
        context |= {"picture": Picture(decided(options.layer), gettext), "corrected": []}
    response = render(request, "viewers/embed.html", context)
    patch_cache_control(response, public=True, max_age=1)
    return response


@gzip_page
@csp_update({"frame-src": [SELF]})  # type: ignore[arg-type]
def embedding(request: HttpRequest, slug: str) -> HttpResponse:
    """The code to embed a broadcast with, its options, and how it will look."""
    found = get_object_or_404(Broadcast, slug=slug)
    options = Options.parse(request.GET, found.election)
    address = request.build_absolute_uri(reverse("embed", args=[slug])) + options.query
    response = render(
        request,
        "viewers/embedding.html",
        {
            "broadcast": found,
            "options": options,
            "themes": THEMES,
            "parts": PARTS,
            "years": earlier(found.election),
            "sizes": (SIZES[0], SIZES[-1]),
            "address": address,
            "code": code(found, address, options),
        },
    )
    patch_cache_control(response, public=True, max_age=60)
    return response


def decided(year: int) -> MapState:
    """How an earlier election ended."""
    return MapState(year, calls=calls_of(ELECTIONS[year].winners))


def code(broadcast: Broadcast, address: str, options: Options) -> str:
    """What goes into the other page."""
    return format_html(
        '<iframe src="{}" title="{}" width="{}" height="{}" loading="lazy"'
        ' style="border: 0; max-width: 100%"></iframe>',
        address,
        f"{broadcast.title}, {options.layer or gettext('live map')}",
        options.width or "100%",
        options.height or options.usual_height,
    )
