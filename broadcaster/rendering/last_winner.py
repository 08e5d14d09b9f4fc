"""The winner of a race in the latest earlier contest, in words. wording.js writes the same."""

from typing import NamedTuple

from broadcaster.domain.bidi import isolate
from broadcaster.domain.contest import Contest, Race
from broadcaster.domain.translation import Gettext


class LastWinner(NamedTuple):
    """`name` is for a column with the contest's title, `words` stand alone. Both may be ""."""

    name: str  # "Trump +9.5", or without an earlier contest the letter of the party that held it
    words: str  # "2016 Trump +9.5", or "Held by R"


def last_winner(race: Race, contest: Contest, gettext: Gettext) -> LastWinner:
    """Return who won a race in the latest earlier contest, or else which party held it."""
    letter = contest.party_of[race.held_by].letter if race.held_by else ""
    held = letter and gettext("Held by %(letter)s") % {"letter": letter}
    if not contest.earlier:
        return LastWinner(letter, held)
    latest = contest.earlier[0]
    winner = latest.winners.get(race.id)
    if not winner:
        return LastWinner("", held)
    name = isolate(latest.name_of(contest.party_of[winner], gettext))
    year = isolate(latest.title)
    if race.id not in latest.margins:
        return LastWinner(name, f"{year}\u00a0{name}")
    margin = margin_text(latest.margins[race.id])
    return LastWinner(f"{name} +{margin}", f"{year}\u00a0{name}\u00a0+{margin}")


def margin_text(margin: float) -> str:
    """Return a margin in percentage points with one decimal, as in "9.5"."""
    return f"{margin:.1f}"
