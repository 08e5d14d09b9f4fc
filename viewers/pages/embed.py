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
from broadcaster.domain.contest import Earlier
from broadcaster.domain.show import Edition, Show
from broadcaster.models import Broadcast
from broadcaster.rendering.picture import Picture
from viewers.pages.by_slug import of_broadcast
from viewers.pages.map_context import live_context

THEMES = {
    "auto": _("As set in the reader’s system"),
    "light": _("Light"),
    "dark": _("Dark"),
}
PARTS = {
    "both": _("Map and tally"),
    "map": _("Map"),
    "tally": _("Tally"),
}
HEIGHTS = {"both": 864, "map": 760, "tally": 312}  # CSS pixels: the map 640 wide, with tabs
SIZES = range(160, 2001)  # CSS pixels that a frame's width and height may have
MODULES = (
    "broadcaster/domain/replica.js",
    "broadcaster/domain/translation.js",
    "broadcaster/rendering/call_log.js",
    "broadcaster/rendering/drawing.js",
    "viewers/embed/embed.js",
    "viewers/embed/sizing.js",
    "viewers/follow/follow.js",
    "viewers/follow/session.js",
    "viewers/shared/contest_pieces.js",
    "viewers/shared/followed_map.js",
    "viewers/shared/renewal.js",
    "viewers/shared/story.js",
    "viewers/shared/wording.js",
)
"""The modules that embed.js imports."""


@dataclass(frozen=True, slots=True)
class EmbedOptions:
    """The options of a frame."""

    theme: str
    show: str
    contest: str  # the key of the one that it keeps to; "": as the broadcast shows
    layer: str  # the number of an earlier outcome of the contest; "": tonight
    layer_title: str
    width: int | None  # CSS pixels; None: all the width there is
    height: int | None  # CSS pixels; None: enough for a frame 640 wide

    @classmethod
    def parse(cls, query: QueryDict, show: Show) -> "EmbedOptions":
        """Return the options in a query. Unknown options and values are ignored.

        An earlier outcome may be given by its title, such as 2016.
        """
        theme, parts = query.get("theme", ""), query.get("show", "")
        contests, layer = show.contests, query.get("layer", "")
        contest = query.get("contest", "")
        contest = contest if contest in contests else ""
        earlier = contests[contest or show.first].earlier
        layers = {str(number): each.title for number, each in enumerate(earlier)}
        layer = {title: number for number, title in layers.items()}.get(layer, layer)
        return cls(
            theme=theme if theme in THEMES else "auto",
            show=parts if parts in PARTS else "both",
            contest=contest,
            layer=layer if layer in layers else "",
            layer_title=layers.get(layer, ""),
            width=_parse_size(query.get("width", "")),
            height=_parse_size(query.get("height", "")),
        )

    @property
    def default_height(self) -> int:
        return HEIGHTS[self.show]

    @property
    def has_fixed_height(self) -> bool:
        """Whether the frame keeps its height: as chosen, or for want of a script in it."""
        return self.height is not None or self.layer != ""

    @property
    def query(self) -> str:
        """Return the query of the frame's address, without options that have their default."""
        names = ("theme", "show", "contest", "layer")
        options = {name: getattr(self, name) for name in names}
        chosen = {
            name: value for name, value in options.items() if value not in ("auto", "both", "")
        }
        return f"?{urlencode(chosen)}" if chosen else ""


def _parse_size(text: str) -> int | None:
    is_number = text.isascii() and text.isdigit() and len(text) <= len(str(SIZES[-1]))
    return int(text) if is_number and int(text) in SIZES else None


@of_broadcast
@xframe_options_exempt
@csp_replace({"frame-ancestors": ["*"]})  # type: ignore[arg-type] # views have arguments
def embed(request: HttpRequest, broadcast: Broadcast) -> HttpResponse:
    """Return the live map, or with `?layer=` an earlier outcome, for a frame of any size."""
    options = EmbedOptions.parse(request.GET, broadcast.show)
    context = live_context(broadcast, request.GET) | {"options": options, "modules": MODULES}
    context["script_data"] |= {"corrected": context["corrected"], "pinned": options.contest}
    if options.layer:
        edition = broadcast.show.editions[options.contest or broadcast.show.first]
        earlier = edition.contest.earlier[int(options.layer)]
        context |= {"picture": past_picture(edition, earlier), "corrected": []}
    response = render(request, "viewers/embed.html", context)
    patch_cache_control(response, public=True, max_age=1)
    return response


def past_picture(edition: Edition, earlier: Earlier) -> Picture:
    """Return the picture of an earlier outcome."""
    then = Edition(edition.contest.before(earlier), edition.geometry)
    return Picture(then, calls_of(earlier.winners), gettext=gettext)
