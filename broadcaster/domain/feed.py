"""What a newsroom feed says, as our calls. Pure.

Its words are those of AP's Elections API:
https://developer.ap.org/ap-elections-api/docs/RaceCallStatus.htm
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from broadcaster.domain.change import (
    MAX_HEADLINE,
    Change,
    InvalidChange,
    known_object,
    one_of,
    parse_change,
    short_list,
    text,
)
from broadcaster.domain.electoral import UNITS, Election, surnames, unit_name

Calls = dict[str, dict[str, str]]

STATUSES: Mapping[str, str] = MappingProxyType(
    {
        "Called": "called",
        "Winner Not Leading": "called",  # it is called, whoever leads
        "Runoff": "open",  # nobody has won yet
        "Uncalled": "retracted",
        "Too Early to Call": "too_early",
        "Too Close to Call": "too_close",
        "Unable to Call": "too_early",  # for now, and that may change
    }
)
PARTIES: Mapping[str, str] = MappingProxyType({"Dem": "D", "GOP": "R"})  # all others: "O"
WORDS = {"too_early": "too early to call", "too_close": "too close to call", "open": "not called"}


@dataclass(frozen=True, slots=True)
class Feed:
    """One message: calls by unit, and its headline if it has one."""

    calls: Calls
    headline: str

    @property
    def uncalls(self) -> bool:
        """It takes calls back, and nothing else."""
        return any(call["status"] == "retracted" for call in self.calls.values())


def parse_feed(data: object) -> Feed:
    """From {"calls": [{"unit", "status", "party"}], "headline"}. Raises `InvalidChange`."""
    fields = known_object("change", data, ("calls", "headline"))
    calls: Calls = {}
    for number, item in enumerate(short_list("calls", fields.get("calls"), len(UNITS))):
        name = f"calls.{number}"
        call = known_object(name, item, ("unit", "status", "party"))
        unit = one_of(f"{name}.unit", call.get("unit"), UNITS)
        if unit in calls:
            raise InvalidChange(f"{name}.unit", f"{unit} is there twice")
        calls[unit] = _call(name, call)
    if not calls:
        raise InvalidChange("calls", "is empty")
    feed = Feed(calls, text("headline", fields.get("headline", ""), MAX_HEADLINE))
    if feed.uncalls and any(call["status"] != "retracted" for call in calls.values()):
        raise InvalidChange("calls", "“Uncalled” cannot go with other statuses")
    return feed


def _call(name: str, call: Mapping[str, Any]) -> dict[str, str]:
    status = call.get("status")
    if not isinstance(status, str) or status not in STATUSES:
        raise InvalidChange(f"{name}.status", f"is not one of {', '.join(STATUSES)}")
    if STATUSES[status] != "called":
        return {"status": STATUSES[status]}
    party = text(f"{name}.party", call.get("party"), 20)
    if not party:
        raise InvalidChange(f"{name}.party", "is missing")
    return {"status": "called", "party": PARTIES.get(party, "O")}


def to_change(calls: Calls, headline: str, election: Election) -> Change:
    """An update with these calls; without a headline, with a fitting one."""
    story = {"headline": headline or headline_for(calls, election)}
    return parse_change({"calls": calls, "story": story})


def to_correction(calls: Calls, headline: str, corrects: int, source: str) -> Change:
    """The correction that takes back what update `corrects` called."""
    names = _listed([unit_name(unit) for unit in calls])
    words = headline or f"Correction: {names} {'is' if len(calls) == 1 else 'are'} not called"
    return parse_change(
        {
            "kind": "correct",
            "corrects": corrects,
            "reason": f"{source or 'The source'} withdrew its call.",
            "calls": calls,
            "story": {"headline": words[:MAX_HEADLINE], "announce": "assertive"},
        }
    )


def headline_for(calls: Calls, election: Election) -> str:
    """ "Ohio goes to Trump: 18 electoral votes"; "Biden wins Maine at large and Vermont; …" """
    if len(calls) == 1:
        [(unit, call)] = calls.items()
        if "party" not in call:
            return f"{unit_name(unit)}: {WORDS[call['status']]}"
        votes = election.votes[unit]
        winner = _winner(call["party"], election)
        return f"{unit_name(unit)} goes to {winner}: {votes} electoral vote{'s'[: votes > 1]}"
    parts = []
    for party in ("D", "R", "O"):
        if won := [unit_name(unit) for unit, call in calls.items() if call.get("party") == party]:
            parts.append(f"{_winner(party, election)} wins {_listed(won)}")
    for status, words in WORDS.items():
        if left := [unit_name(unit) for unit, call in calls.items() if call["status"] == status]:
            parts.append(f"{words}: {_listed(left)}")
    headline = "; ".join(parts)
    headline = headline[0].upper() + headline[1:]
    return headline if len(headline) <= MAX_HEADLINE else f"{len(calls)} states and districts: news"


def _winner(party: str, election: Election) -> str:
    return "another candidate" if party == "O" else surnames(election)[party]


def _listed(names: list[str]) -> str:
    """ "A", "A and B", "A, B and C" """
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
