"""The live map for a frame on other people's pages, and the options that its address takes."""

from dataclasses import dataclass
from urllib.parse import urlencode

from csp.decorators import csp_replace
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.clickjacking import xframe_options_exempt

from broadcaster.domain.change import calls_of
from broadcaster.domain.electoral import ELECTIONS, earlier
from broadcaster.domain.mapstate import MapState
from broadcaster.models import Broadcast
from broadcaster.rendering.election_picture import ElectionPicture
from viewers.pages.by_slug import of_broadcast
from viewers.pages.map_context import live_context

THEMES = {
    "auto": _("As set in the reader’s system"),
    "light": _("Light"),
    "dark": _("Dark"),
}
PARTS = {
    "both": _("Map and electoral votes"),
    "map": _("Map"),
    "tally": _("Electoral votes"),
}
HEIGHTS = {"both": 720, "map": 600, "tally": 240}  # CSS pixels
SIZES = range(160, 2001)  # CSS pixels that a frame's width and height may have
MODULES = (
    "broadcaster/domain/replica.js",
    "broadcaster/domain/translation.js",
    "broadcaster/rendering/drawing.js",
    "viewers/embed/embed.js",
    "viewers/follow/follow.js",
    "viewers/follow/session.js",
    "viewers/shared/wording.js",
)
"""The modules that embed.js imports."""


@dataclass(frozen=True, slots=True)
class EmbedOptions:
    """The options of a frame."""

    theme: str
    show: str
    layer: int | None  # the year of an earlier election; None: tonight
    width: int | None  # CSS pixels; None: all the width there is
    height: int | None  # CSS pixels; None: enough for a frame 640 wide

    @classmethod
    def parse(cls, query: QueryDict, election: int) -> "EmbedOptions":
        """Return the options in a query. Unknown options and values are ignored."""
        theme, show = query.get("theme", ""), query.get("show", "")
        years = {str(year): year for year in earlier(election)}
        return cls(
            theme=theme if theme in THEMES else "auto",
            show=show if show in PARTS else "both",
            layer=years.get(query.get("layer", "")),
            width=_parse_size(query.get("width", "")),
            height=_parse_size(query.get("height", "")),
        )

    @property
    def default_height(self) -> int:
        return HEIGHTS[self.show]

    @property
    def query(self) -> str:
        """Return the query of the frame's address, without options that have their default."""
        options = {"theme": self.theme, "show": self.show, "layer": self.layer}
        chosen = {k: v for k, v in options.items() if v not in ("auto", "both", None)}
        return f"?{urlencode(chosen)}" if chosen else ""


def _parse_size(text: str) -> int | None:
    is_number = text.isascii() and text.isdigit() and len(text) <= len(str(SIZES[-1]))
    return int(text) if is_number and int(text) in SIZES else None


@of_broadcast
@xframe_options_exempt
@csp_replace({"frame-ancestors": ["*"]})  # type: ignore[arg-type] # views have arguments
def embed(request: HttpRequest, broadcast: Broadcast) -> HttpResponse:
    """Return the live map, or with `?layer=<year>` an earlier election, for a frame of any size."""
    options = EmbedOptions.parse(request.GET, broadcast.election)
    context = live_context(broadcast) | {"options": options, "modules": MODULES}
    context["script_data"]["corrected"] = context["corrected"]
    if options.layer:
        past = ElectionPicture(final_state(options.layer), gettext)
        context |= {"picture": past, "corrected": []}
    response = render(request, "viewers/embed.html", context)
    patch_cache_control(response, public=True, max_age=1)
    return response


def final_state(year: int) -> MapState:
    """Return the map of an earlier election with all its results."""
    return MapState(year, calls=calls_of(ELECTIONS[year].winners))
