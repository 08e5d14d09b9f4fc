"""Messages of a newsroom feed, read as our calls.

The statuses are those of AP's Elections API:
https://developer.ap.org/ap-elections-api/docs/RaceCallStatus.htm
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

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
        "Winner Not Leading": Status.CALLED,  # called, whoever leads
        "Runoff": Status.OPEN,  # no winner yet
        "Uncalled": Status.RETRACTED,
        "Too Early to Call": Status.TOO_EARLY,
        "Too Close to Call": Status.TOO_CLOSE,
        "Unable to Call": Status.TOO_EARLY,  # for now; that may change
    }
)
PARTIES: Mapping[str, str] = MappingProxyType({"Dem": "D", "GOP": "R"})  # all others: "O"


class FeedMessage(Struct, frozen=True):
    """One message: calls by unit, and its headline, "" without one."""

    calls: dict[str, Call]
    headline: str

    @property
    def uncalls(self) -> bool:
        """Whether the message takes calls back, and does nothing else."""
        return any(call.status is Status.RETRACTED for call in self.calls.values())


def parse_feed(data: object) -> FeedMessage:
    """Read {"calls": [{"unit", "status", "party"}], "headline"}. Raises `InvalidInput`."""
    fields = known_object("change", data, ("calls", "headline"))
    calls: dict[str, Call] = {}
    for number, item in enumerate(short_list("calls", fields.get("calls"), len(UNITS))):
        name = f"calls.{number}"
        call = known_object(name, item, ("unit", "status", "party"))
        unit = one_of(f"{name}.unit", call.get("unit"), UNITS)
        if unit in calls:
            raise InvalidInput(f"{name}.unit", f"{unit} is there twice")
        calls[unit] = _call(name, call)
    if not calls:
        raise InvalidInput("calls", "is empty")
    message = FeedMessage(calls, text("headline", fields.get("headline", ""), MAX_HEADLINE))
    if message.uncalls and any(call.status is not Status.RETRACTED for call in calls.values()):
        raise InvalidInput("calls", "“Uncalled” cannot go with other statuses")
    return message


def _call(name: str, fields: dict[str, Any]) -> Call:
    status = fields.get("status")
    if not isinstance(status, str) or status not in STATUSES:
        raise InvalidInput(f"{name}.status", f"is not one of {', '.join(STATUSES)}")
    call = Call(STATUSES[status])
    if not call.decided:
        return call
    party = text(f"{name}.party", fields.get("party"), 20)
    if not party:
        raise InvalidInput(f"{name}.party", "is missing")
    return Call(call.status, PARTIES.get(party, "O"))


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
