"""A contest in the form that scripts take: drawing.js, replica.js and those that use them."""

from typing import Any

from broadcaster.domain.bidi import isolate
from broadcaster.domain.contest import Contest, Race
from broadcaster.domain.geometry import Geometry
from broadcaster.domain.show import Edition
from broadcaster.domain.translation import Gettext, gettext_noop, name_in
from broadcaster.rendering.last_winner import margin_text

SHOWN = 2  # winners of earlier contests that pages name of a race: MAX_BEFORE in wording.js


def contest_data(edition: Edition, gettext: Gettext = gettext_noop) -> dict[str, Any]:
    """Return the contest with all names as pages show them. docs/protocol.md has the fields."""
    contest = edition.contest
    return {
        "title": isolate(contest.title),
        "counting": isolate(gettext(contest.counting)),
        "to_win": contest.to_win,
        "size": contest.size,
        "parties": [
            {
                "id": party.id,
                "name": isolate(contest.name_of(party.id, translate=gettext)),
                "letter": party.letter,
                "look": party.look,
                "side": party.side,
            }
            for party in contest.parties
        ],
        "held": contest.held,
        "races": {
            race.id: _race(race, contest, edition.geometry, gettext) for race in contest.races
        },
        "earlier": [_earlier(number, contest, gettext) for number in range(len(contest.earlier))],
    }


def _race(race: Race, contest: Contest, geometry: Geometry, gettext: Gettext) -> dict[str, Any]:
    shape = geometry.shape_of.get(race.shape)
    optional = {
        "shape": race.shape,
        "parent": shape.parent if shape else "",
        "before": race.held_by,
        "names": {party: isolate(each.label) for party, each in race.candidates.items()},
        "closes": race.closes and round(race.closes.timestamp() * 1000),
    }
    return {
        "name": isolate(name_in(gettext, race.name)),
        "weight": race.weight,
        **{name: value for name, value in optional.items() if value},
    }


def _earlier(number: int, contest: Contest, gettext: Gettext) -> dict[str, Any]:
    """Return an earlier contest. Its winners and margins are in the order of the races."""
    earlier = contest.earlier[number]
    margins = [_margin(race, number, contest) for race in contest.races]
    return {
        "title": isolate(earlier.title),
        "names": {each.id: isolate(earlier.name_of(each, gettext)) for each in contest.parties},
        "winners": [earlier.winners.get(race.id, "") for race in contest.races],
        "margins": margins if any(margins) else [],
        "weights": earlier.weights,
    }


def _margin(race: Race, number: int, contest: Contest) -> str:
    """Return the margin in an earlier contest; "" if it is not among those that pages show."""
    known = [race.id in earlier.winners for earlier in contest.earlier[:number]]
    margins = contest.earlier[number].margins
    return margin_text(margins[race.id]) if race.id in margins and sum(known) < SHOWN else ""
