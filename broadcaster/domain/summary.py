"""A change in a few words, and the headline for calls without one."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from broadcaster.domain.change import ByRace, Call, Change, RaceKey, Status, flat
from broadcaster.domain.change_parsing import MAX_HEADLINE
from broadcaster.domain.contest import Contest
from broadcaster.domain.mapstate import Contests
from broadcaster.domain.show import Show
from broadcaster.domain.translation import Gettext, gettext_noop, name_in

STATUS_WORDS: Mapping[Status, str] = MappingProxyType(
    {
        Status.OPEN: gettext_noop("Not called"),
        Status.TOO_EARLY: gettext_noop("Too early to call"),
        Status.TOO_CLOSE: gettext_noop("Too close to call"),
        Status.RETRACTED: gettext_noop("Call withdrawn"),
    }
)
"""The statuses that name no party."""


def describe(change: Change, show: Show, gettext: Gettext = gettext_noop) -> str:
    """Return the headline of a change, or else what it changes, such as "View: Ohio" or "hold"."""
    if change.headline:
        return change.headline
    if change.calls:
        return ", ".join(
            f"{race_name(race, show.contests, gettext)}: {gettext(STATUS_WORDS[call.status])}"
            for race, call in change.called.items()
            if not call.decided  # a call has a headline
        )
    if change.view:
        edition = show.editions[change.view.contest]
        place = edition.place_name(change.view.focus, gettext)
        return gettext("View: %(place)s") % {"place": place}
    if change.counts:
        names = [race_name(race, show.contests, gettext) for race in flat(change.counts)]
        return gettext("Votes counted: %(races)s") % {"races": ", ".join(names)}
    return str(change.kind)


def race_name(race: RaceKey, contests: Contests, gettext: Gettext = gettext_noop) -> str:
    """Return "Ohio", or "Ohio (U.S. Senate 2024)" where there are several contests."""
    key, id = race
    name = name_in(gettext, contests[key].race_of[id].name)
    return f"{name} ({contests[key].title})" if len(contests) > 1 else name


def headline_for(calls: ByRace[Call], contests: Contests) -> str:
    """Return a headline for calls: "Ohio goes to Trump: 18 electoral votes".

    For several: "Biden wins Maine at large and Vermont; too close to call: Ohio". Where there are
    several contests, each one's title is behind its calls, in parentheses.
    """
    parts = []
    for key, of_contest in calls.items():
        words = _capital(_headline(of_contest, contests[key]))
        parts.append(f"{words} ({contests[key].title})" if len(contests) > 1 else words)
    headline = ". ".join(parts)
    return headline if len(headline) <= MAX_HEADLINE else f"{len(flat(calls))} races: news"


def _headline(calls: Mapping[str, Call], contest: Contest) -> str:
    names = {race: contest.race_of[race].name for race in calls}
    if len(calls) == 1:
        [(race, call)] = calls.items()
        if not call.decided:
            return f"{names[race]}: {_lower(STATUS_WORDS[call.status])}"
        weight = contest.weights[race]
        worth = f": {weight} {contest.counting}" if weight > 1 else ""
        return f"{names[race]} goes to {contest.name_of(call.party, race)}{worth}"
    won: dict[str, list[str]] = {}
    for race, call in calls.items():
        if call.decided:
            won.setdefault(contest.name_of(call.party, race), []).append(names[race])
    parts = [f"{winner} wins {listed(races)}" for winner, races in won.items()]
    for status in (Status.TOO_EARLY, Status.TOO_CLOSE, Status.OPEN):
        if left := [names[race] for race, call in calls.items() if call.status is status]:
            parts.append(f"{_lower(STATUS_WORDS[status])}: {listed(left)}")
    return "; ".join(parts)


def listed(names: Iterable[str]) -> str:
    """Return "A", "A and B", or "A, B and C"."""
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


def _capital(words: str) -> str:
    return words[0].upper() + words[1:]


def _lower(words: str) -> str:
    return words[0].lower() + words[1:]
