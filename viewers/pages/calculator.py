"""The scenario calculator: a viewer's own map, from the calls as they stand or another start."""

from collections.abc import Mapping

import msgspec
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import patch_cache_control
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.gzip import gzip_page

from broadcaster.domain.change import calls_of
from broadcaster.domain.electoral import ELECTIONS, UNITS, earlier
from broadcaster.domain.mapstate import MapState
from broadcaster.models import Broadcast
from broadcaster.rendering.picture import Picture
from viewers.pages.scenario import CHOICES, decode, encode
from viewers.pages.wording import clock, script_words

MODULES = (
    "broadcaster/rendering/drawing.js",
    "broadcaster/domain/replica.js",
    "broadcaster/domain/translation.js",
    "viewers/calculator/calculator.js",
    "viewers/shared/explore.js",
    "viewers/calculator/scenario.js",
    "viewers/shared/wording.js",
)
"""What calculator.js imports."""

NOTHING = "nothing"  # to start from: no state is decided

Parties = Mapping[str, str]  # unit -> "D", "R" or "O"; open units are absent


@gzip_page
def calculator(request: HttpRequest, slug: str) -> HttpResponse:
    """What if: the map with the viewer's own calls, which the address holds."""
    found = get_object_or_404(Broadcast, slug=slug)
    query = request.GET
    if chosen := {unit: query[unit] for unit in UNITS if query.get(unit) in CHOICES}:
        return redirect(
            f"{request.path}?{address(chosen, 'keep' in query)}"
        )  # the form, without a script
    tonight = {unit: call for unit, call in found.state.calls.items() if call.decided}
    called = {unit: call.party for unit, call in tonight.items()}
    own, problem = start(query, found.election, called)
    undecided = len(called) < len(UNITS)
    keep = "keep" in query or (undecided and not {"s", "from"} & set(query))
    calls = calls_of(own)
    picture = Picture(MapState(found.election, calls=calls | tonight if keep else calls), _)
    shown = own | called if keep else own
    response = render(
        request,
        "viewers/calculator.html",
        {
            "broadcast": found,
            "picture": picture,
            "as_of": clock(found.at, True),
            "choices": [(party, picture.candidates.get(party, _("Open"))) for party in CHOICES],
            "years": earlier(found.election),
            "nothing": NOTHING,
            "keep": keep,
            "kept": tonight if keep else {},
            "problem": problem,
            "address": request.build_absolute_uri(f"{request.path}?{address(shown)}"),
            "modules": MODULES,
            "script_data": {
                "election": picture.script_data,
                "own": own,
                "tonight": msgspec.to_builtins(tonight),
                "words": script_words(),
            },
        },
    )
    patch_cache_control(response, public=True, max_age=1)
    return response


def start(query: QueryDict, election: int, called: dict[str, str]) -> tuple[dict[str, str], str]:
    """The parties that an address asks for, or tonight's; and what is wrong with it, if any."""
    if "s" in query:
        try:
            return decode(query.get("s", "")), ""
        except ValueError:
            return called, _("This link is not whole, so here are the calls as they stand.")
    starts = {str(year): ELECTIONS[year].winners for year in earlier(election)} | {NOTHING: {}}
    return dict(starts.get(query.get("from", ""), called)), ""


def address(parties: Parties, keep: bool = False) -> str:
    """The query for a scenario; with `keep`, tonight's calls win over it."""
    return urlencode({"s": encode(parties)} | ({"keep": "on"} if keep else {}))
