"""The calculator: a viewer's own map, starting from the calls now, an earlier outcome or none."""

from collections.abc import Container, Mapping
from dataclasses import replace
from typing import NamedTuple

import msgspec
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import patch_cache_control
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.gzip import gzip_page

from broadcaster.domain.change import calls_of
from broadcaster.domain.contest import Contest
from broadcaster.models import Broadcast
from broadcaster.rendering.contest_data import contest_data
from broadcaster.rendering.picture import Picture
from broadcaster.rendering.unit import Unit
from viewers.pages.map_context import chosen_contest, map_context
from viewers.pages.scenario import choices, decode, encode
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

NOTHING = "nothing"  # `?from=nothing` starts with no race decided
RACE = "race."  # what the form without a script has before a race's id

Parties = Mapping[str, str]  # by race; open races are absent


@gzip_page
def calculator(request: HttpRequest, slug: str) -> HttpResponse:
    """Return the map of a contest with the viewer's own calls, which are in the address.

    The query has the contest, the calls in `s` (see scenario.py) or the start in `from`; with
    `keep`, tonight's calls replace the viewer's. The form without a script sends a party per race
    instead, and is redirected to an address with `s`.
    """
    broadcast = get_object_or_404(Broadcast, slug=slug)
    query, show = request.GET, broadcast.show
    shown = chosen_contest(query, show, broadcast.state)
    contest = show.contests[shown]
    sent = {race: query.get(f"{RACE}{race}") for race in contest.race_of}
    if chosen := {race: party for race, party in sent.items() if party in contest.party_of}:
        parties = {race: str(party) for race, party in chosen.items()}
        return redirect(
            f"{request.path}?{scenario_query(shown, contest, parties, 'keep' in query)}"
        )
    calls = broadcast.state.calls.get(shown, {})
    tonight = {race: call for race, call in calls.items() if call.decided}
    called = {race: call.party for race, call in tonight.items()}
    own, problem = starting_parties(query, contest, called)
    is_undecided = len(called) < len(contest.races)
    keep = "keep" in query or (is_undecided and not {"s", "from"} & set(query))
    own_calls = calls_of(own)
    edition = show.editions[shown]
    picture = Picture(edition, own_calls | tonight if keep else own_calls, gettext=_, key=shown)
    context = map_context(show, broadcast.state, shown)
    tabs = [
        replace(tab, tally=picture.tally) if tab.is_shown else tab for tab in context["contests"]
    ]
    final = own | called if keep else own
    kept = tonight if keep else {}
    own_query = scenario_query(shown, contest, final)
    response = render(
        request,
        "viewers/calculator.html",
        context
        | {
            "broadcast": broadcast,
            "picture": picture,
            "contests": tabs,
            "as_of": clock(broadcast.at, True),
            "choices": [
                (party, picture.candidates.get(party, _("Open"))) for party in choices(contest)
            ],
            "starts": [
                (str(number), earlier.title) for number, earlier in enumerate(contest.earlier)
            ],
            "nothing": NOTHING,
            "groups": choice_groups(picture, kept),
            "keep": keep,
            "kept": kept,
            "problem": problem,
            "address": request.build_absolute_uri(f"{request.path}?{own_query}"),
            "modules": MODULES,
            "script_data": {
                "shown": shown,
                "contest": contest_data(edition, _),
                "own": own,
                "tonight": msgspec.to_builtins(tonight),
                "words": script_words(),
            },
        },
    )
    patch_cache_control(response, public=True, max_age=1)
    return response


class ChoiceGroup(NamedTuple):
    """Some rows of the table of choices, each with its place among all in the order of names."""

    name: str
    title: str
    rows: list[tuple[int, Unit]]


def choice_groups(picture: Picture, kept: Container[str]) -> list[ChoiceGroup]:
    """Return the rows by group: the open races, the heaviest first; one's own calls; those `kept`.

    calculator.js moves the rows.
    """
    places = {unit.unit: place for place, unit in enumerate(picture.rows)}
    called = [(place, unit) for place, unit in enumerate(picture.rows) if unit.party]
    return [
        ChoiceGroup("open", _("Still open"), [(places[u.unit], u) for u in picture.undecided]),
        ChoiceGroup("own", _("Your calls"), [row for row in called if row[1].unit not in kept]),
        ChoiceGroup("kept", _("Called tonight"), [row for row in called if row[1].unit in kept]),
    ]


def starting_parties(
    query: QueryDict, contest: Contest, called: dict[str, str]
) -> tuple[dict[str, str], str]:
    """Return the parties to start with, and the error in the query, or "".

    They are those in `s`, those of `from`, or `called`, also if the query has an error. `from` is
    the number or the title of an earlier outcome.
    """
    if "s" in query:
        try:
            return decode(query.get("s", ""), contest), ""
        except ValueError:
            return called, _("This link is not whole, so here are the calls as they stand.")
    starts: dict[str, Parties] = {NOTHING: {}}
    for number, earlier in enumerate(contest.earlier):
        starts |= {str(number): earlier.winners, earlier.title: earlier.winners}
    return dict(starts.get(query.get("from", ""), called)), ""


def scenario_query(key: str, contest: Contest, parties: Parties, keep: bool = False) -> str:
    """Return the query of a scenario; with `keep`, tonight's calls replace its own."""
    query = {"contest": key, "s": encode(parties, contest)}
    return urlencode(query | ({"keep": "on"} if keep else {}))
