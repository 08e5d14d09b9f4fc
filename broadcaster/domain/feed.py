"""Messages of a newsroom feed, read as our calls.

The statuses are those of AP's Elections API:
https://developer.ap.org/ap-elections-api/docs/RaceCallStatus.htm
"""

import hashlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import msgspec
from msgspec import Struct

from broadcaster.domain.change import Announce, Call, Change, Kind, Status, Story
from broadcaster.domain.electoral import UNITS, Election, unit_name
from broadcaster.domain.parsing import (
    MAX_HEADLINE,
    check_facets,
    known_object,
    one_of,
    short_list,
    text,
)
from broadcaster.domain.rejection import InvalidInput
from broadcaster.domain.summary import headline_for, listed

STATUSES: Mapping[str, Status] = MappingProxyType(
    {
        "Called": Status.CALLED,
        "Winner Not Leading": Status.CALLED,  # called, although another candidate leads
        "Runoff": Status.OPEN,  # no winner yet
        "Uncalled": Status.RETRACTED,
        "Too Early to Call": Status.TOO_EARLY,
        "Too Close to Call": Status.TOO_CLOSE,
        "Unable to Call": Status.TOO_EARLY,  # for now; that may change
    }
)
PARTIES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "D": ("Dem", "D", "Democrat", "Democratic"),
        "R": ("GOP", "Rep", "R", "Republican"),
        "O": (
            *("Oth", "O", "Other", "Ind", "Independent", "Lib", "Libertarian", "Grn", "Green"),
            *("CST", "Constitution", "PSL", "RFM", "Reform", "Una", "NPA", "NPD"),
        ),
    }
)
"""The words for each party, in any case. Others are rejected: a misspelt “Dem” must not become a
call for another candidate."""

_STATUS_OF = {word.casefold(): status for word, status in STATUSES.items()}
_PARTY_OF = {word.casefold(): party for party, words in PARTIES.items() for word in words}


class FeedMessage(Struct, frozen=True):
    """One message: calls by unit, and its headline, "" without one."""

    calls: dict[str, Call]
    headline: str

    @property
    def uncalls(self) -> bool:
        """Whether the message takes calls back, and does nothing else."""
        return any(call.status is Status.RETRACTED for call in self.calls.values())

    @property
    def digest(self) -> str:
        """The SHA-256 of the content: equal for messages that say the same."""
        return hashlib.sha256(msgspec.json.encode(self, order="sorted")).hexdigest()


def parse_feed(data: object) -> FeedMessage:
    """Read {"calls": [{"unit", "status", "party"}], "headline"}. Raises `InvalidInput`."""
    fields = known_object("change", data, ("calls", "headline"))
    calls: dict[str, Call] = {}
    for number, item in enumerate(short_list("calls", fields.get("calls"), len(UNITS))):
        name = f"calls.{number}"
        call = known_object(name, item, ("unit", "status", "party"))
        unit = call.get("unit")
        unit = one_of(f"{name}.unit", unit.upper() if isinstance(unit, str) else unit, UNITS)
        if unit in calls:
            raise InvalidInput(f"{name}.unit", f"has {unit} a second time")
        calls[unit] = _call(name, call)
    if not calls:
        raise InvalidInput("calls", "is empty")
    message = FeedMessage(calls, text("headline", fields.get("headline", ""), MAX_HEADLINE))
    if message.uncalls and any(call.status is not Status.RETRACTED for call in calls.values()):
        raise InvalidInput("calls", "“Uncalled” cannot go with other statuses")
    return message


def _call(name: str, fields: dict[str, Any]) -> Call:
    status = fields.get("status")
    if not isinstance(status, str) or status.casefold() not in _STATUS_OF:
        raise InvalidInput(f"{name}.status", f"is not one of {', '.join(STATUSES)}")
    call = Call(_STATUS_OF[status.casefold()])
    if not call.decided:
        return call
    party = text(f"{name}.party", fields.get("party"), 20)
    if not party:
        raise InvalidInput(f"{name}.party", "is missing")
    if party.casefold() not in _PARTY_OF:
        known = ", ".join(word for words in PARTIES.values() for word in words)
        raise InvalidInput(f"{name}.party", f"is not one of {known}")
    return Call(call.status, _PARTY_OF[party.casefold()])


def to_change(calls: dict[str, Call], headline: str, election: Election) -> Change:
    """Return an update with these calls, and with a fitting headline if there is none."""
    story = Story(headline=headline or headline_for(calls, election))
    return _checked(Change(Kind.UPDATE, calls=calls, story=story))


def to_correction(calls: dict[str, Call], headline: str, corrects: int, source: str) -> Change:
    """Return the correction that takes back what update `corrects` called."""
    names = listed([unit_name(unit) for unit in calls])
    words = headline or f"Correction: {names} {'is' if len(calls) == 1 else 'are'} not called"
    return _checked(
        Change(
            Kind.CORRECT,
            calls=calls,
            story=Story(headline=words[:MAX_HEADLINE], announce=Announce.ASSERTIVE),
            corrects=corrects,
            reason=f"{source or 'The source'} withdrew its call.",
        )
    )


def _checked(change: Change) -> Change:
    check_facets(change)
    return change
