"""The calculator: a viewer's own map, starting from the calls now, an earlier election or none."""

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
from broadcaster.rendering.election_picture import ElectionPicture
from viewers.pages.scenario import CHOICES, decode, encode
from viewers.pages.wording import clock, script_words

MODULES = (
    "broadcaster/domain/replica.js",
    "broadcaster/domain/translation.js",
    "broadcaster/rendering/drawing.js",
    "viewers/calculator/calculator.js",
    "viewers/calculator/scenario.js",
    "viewers/shared/explore.js",
    "viewers/shared/wording.js",
)
"""The modules that calculator.js imports."""

NOTHING = "nothing"  # `?from=nothing` starts with no state decided

Parties = Mapping[str, str]  # unit -> "D", "R" or "O"; open units are absent


@gzip_page
def calculator(request: HttpRequest, slug: str) -> HttpResponse:
    """Return the map with the viewer's own calls, which are in the address.

    The query has the calls in `s` (see scenario.py) or the start in `from`; with `keep`, tonight's
    calls replace the viewer's. The form without a script sends a party per unit instead, and is
    redirected to an address with `s`.
    """
    broadcast = get_object_or_404(Broadcast, slug=slug)
    query = request.GET
    if chosen := {unit: query[unit] for unit in UNITS if query.get(unit) in CHOICES}:
        return redirect(f"{request.path}?{scenario_query(chosen, keep='keep' in query)}")
    tonight = {unit: call for unit, call in broadcast.state.calls.items() if call.decided}
    called = {unit: call.party for unit, call in tonight.items()}
    own, problem = starting_parties(query, broadcast.election, called)
    is_undecided = len(called) < len(UNITS)
    keep = "keep" in query or (is_undecided and not {"s", "from"} & set(query))
    calls = calls_of(own)
    picture = ElectionPicture(
        MapState(broadcast.election, calls=calls | tonight if keep else calls), _
    )
    shown = own | called if keep else own
    response = render(
        request,
        "viewers/calculator.html",
        {
            "broadcast": broadcast,
            "picture": picture,
            "as_of": clock(broadcast.at, True),
            "choices": [(party, picture.candidates.get(party, _("Open"))) for party in CHOICES],
            "years": earlier(broadcast.election),
            "nothing": NOTHING,
            "keep": keep,
            "kept": tonight if keep else {},
            "problem": problem,
            "address": request.build_absolute_uri(f"{request.path}?{scenario_query(shown)}"),
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


def starting_parties(
    query: QueryDict, election: int, called: dict[str, str]
) -> tuple[dict[str, str], str]:
    """Return the parties to start with, and the error in the query, or "".

    They are those in `s`, those of `from`, or `called`, also if the query has an error.
    """
    if "s" in query:
        try:
            return decode(query.get("s", "")), ""
        except ValueError:
            return called, _("This link is not whole, so here are the calls as they stand.")
    starts = {str(year): ELECTIONS[year].winners for year in earlier(election)} | {NOTHING: {}}
    return dict(starts.get(query.get("from", ""), called)), ""


def scenario_query(parties: Parties, keep: bool = False) -> str:
    """Return the query of a scenario; with `keep`, tonight's calls replace its own."""
    return urlencode({"s": encode(parties)} | ({"keep": "on"} if keep else {}))
