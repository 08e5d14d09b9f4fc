"""A change in a few words, and the headline for calls without one."""

from collections.abc import Mapping
from types import MappingProxyType

from broadcaster.domain.change import Call, Change, Status
from broadcaster.domain.electoral import PARTIES, Election, place_name, surnames, unit_name
from broadcaster.domain.parsing import MAX_HEADLINE
from broadcaster.domain.translation import Gettext, gettext_noop

STATUS_WORDS: Mapping[Status, str] = MappingProxyType(
    {
        Status.OPEN: gettext_noop("Not called"),
        Status.TOO_EARLY: gettext_noop("Too early to call"),
        Status.TOO_CLOSE: gettext_noop("Too close to call"),
        Status.RETRACTED: gettext_noop("Call withdrawn"),
    }
)
"""The statuses that name no party."""


def describe(change: Change, gettext: Gettext = gettext_noop) -> str:
    """Return the headline of a change, or else what it changes, such as "View: Ohio" or "hold"."""
    if change.headline:
        return change.headline
    if change.calls:
        return ", ".join(
            f"{unit_name(unit, gettext)}: {gettext(STATUS_WORDS[call.status])}"
            for unit, call in change.calls.items()
            if not call.decided  # a call has a headline
        )
    if change.view:
        return gettext("View: %(place)s") % {"place": place_name(change.view.focus, gettext)}
    return str(change.kind)


def headline_for(calls: Mapping[str, Call], election: Election) -> str:
    """Return a headline for calls: "Ohio goes to Trump: 18 electoral votes".

    For several: "Biden wins Maine at large and Vermont; too close to call: Ohio".
    """
    if len(calls) == 1:
        [(unit, call)] = calls.items()
        if not call.decided:
            return f"{unit_name(unit)}: {_lower(STATUS_WORDS[call.status])}"
        votes = election.votes[unit]
        noun = "electoral vote" if votes == 1 else "electoral votes"
        return f"{unit_name(unit)} goes to {_winner(call.party, election)}: {votes} {noun}"
    parts = []
    for party in PARTIES:
        if won := [unit_name(unit) for unit, call in calls.items() if call.party == party]:
            parts.append(f"{_winner(party, election)} wins {listed(won)}")
    for status in (Status.TOO_EARLY, Status.TOO_CLOSE, Status.OPEN):
        if left := [unit_name(unit) for unit, call in calls.items() if call.status is status]:
            parts.append(f"{_lower(STATUS_WORDS[status])}: {listed(left)}")
    headline = "; ".join(parts)
    headline = headline[0].upper() + headline[1:]
    return headline if len(headline) <= MAX_HEADLINE else f"{len(calls)} states and districts: news"


def listed(names: list[str]) -> str:
    """Return "A", "A and B", or "A, B and C"."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def _winner(party: str, election: Election) -> str:
    return "another candidate" if party == "O" else surnames(election)[party]


def _lower(words: str) -> str:
    return words[0].lower() + words[1:]
