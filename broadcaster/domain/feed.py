"""Messages of a newsroom feed, read as our calls.

The statuses are those of AP's Elections API:
https://developer.ap.org/ap-elections-api/docs/RaceCallStatus.htm
"""

import hashlib
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

import msgspec
from msgspec import Struct

from broadcaster.domain.change import (
    Announce,
    ByRace,
    Call,
    Change,
    Kind,
    RaceKey,
    Status,
    Story,
    by_contest,
    flat,
)
from broadcaster.domain.change_parsing import MAX_HEADLINE, check_facets
from broadcaster.domain.contest import Contest
from broadcaster.domain.mapstate import Contests
from broadcaster.domain.parsing import known_object, one_of, short_list, text
from broadcaster.domain.rejection import InvalidInput
from broadcaster.domain.summary import headline_for, listed, race_name

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
MAX_WINNER = 80  # characters

_STATUS_OF = {word.casefold(): status for word, status in STATUSES.items()}


class FeedMessage(Struct, frozen=True):
    """One message: calls by contest and race, and its headline, "" without one."""

    calls: ByRace[Call]
    headline: str

    @property
    def races(self) -> dict[RaceKey, Call]:
        """The calls by race."""
        return flat(self.calls)

    @property
    def uncalls(self) -> bool:
        """Whether the message takes calls back, and does nothing else."""
        return any(call.status is Status.RETRACTED for call in self.races.values())

    @property
    def digest(self) -> str:
        """The SHA-256 of the content: equal for messages that say the same."""
        return hashlib.sha256(msgspec.json.encode(self, order="sorted")).hexdigest()


def parse_feed(data: object, contests: Contests) -> FeedMessage:
    """Read {"calls": [{"contest", "race", "status", "winner"}], "headline"}.

    `contest` may be left out in a show of one contest. Raises `InvalidInput`.
    """
    fields = known_object("change", data, ("calls", "headline"))
    calls: dict[RaceKey, Call] = {}
    races = sum(len(contest.races) for contest in contests.values())
    for number, item in enumerate(short_list("calls", fields.get("calls"), races)):
        name = f"calls.{number}"
        call = known_object(name, item, ("contest", "race", "status", "winner"))
        race = _race(name, call, contests)
        if race in calls:
            raise InvalidInput(f"{name}.race", f"has {race[1]} a second time")
        calls[race] = _call(name, call, contests[race[0]], race[1])
    if not calls:
        raise InvalidInput("calls", "is empty")
    headline = text("headline", fields.get("headline", ""), MAX_HEADLINE)
    message = FeedMessage(by_contest(calls), headline)
    if message.uncalls and any(call.status is not Status.RETRACTED for call in calls.values()):
        raise InvalidInput("calls", "“Uncalled” cannot go with other statuses")
    return message


def _race(name: str, fields: dict[str, Any], contests: Contests) -> RaceKey:
    only = next(iter(contests)) if len(contests) == 1 else None
    key = one_of(f"{name}.contest", fields.get("contest", only), contests)
    given, known = fields.get("race"), contests[key].race_of
    if isinstance(given, str) and given not in known:
        given = {race.casefold(): race for race in known}.get(given.casefold(), given)
    return key, one_of(f"{name}.race", given, known, "a known race")


def _call(name: str, fields: dict[str, Any], contest: Contest, race: str) -> Call:
    status = fields.get("status")
    if not isinstance(status, str) or status.casefold() not in _STATUS_OF:
        raise InvalidInput(f"{name}.status", f"is not one of {', '.join(STATUSES)}")
    call = Call(_STATUS_OF[status.casefold()])
    if not call.decided:
        return call
    winner = text(f"{name}.winner", fields.get("winner"), MAX_WINNER)
    if not winner:
        raise InvalidInput(f"{name}.winner", "is missing")
    parties = {party for word, party in _words(contest, race) if word == winner.casefold()}
    if len(parties) > 1:
        raise InvalidInput(f"{name}.winner", f"{winner} may be {' or '.join(sorted(parties))}")
    if not parties:
        known = ", ".join(word for party in contest.parties for word in (party.id, *party.feed))
        raise InvalidInput(f"{name}.winner", f"is neither a candidate nor one of {known}")
    return Call(call.status, parties.pop())


def _words(contest: Contest, race: str) -> Iterator[tuple[str, str]]:
    """Yield the words for each party, without case: its own, and those of its candidates.

    Other words are rejected: a misspelt one must not become a call for another candidate.
    """
    for party in contest.parties:
        words = {party.id, party.name, party.short, party.letter, *party.feed}
        for candidates in (contest.candidates, contest.race_of[race].candidates):
            if candidate := candidates.get(party.id):
                words |= {candidate.name, candidate.short}
        yield from ((word.casefold(), party.id) for word in words if word)


def to_change(calls: ByRace[Call], headline: str, contests: Contests) -> Change:
    """Return an update with these calls, and with a fitting headline if there is none."""
    story = Story(headline=headline or headline_for(calls, contests))
    return _checked(Change(Kind.UPDATE, calls=calls, story=story))


def to_correction(
    calls: ByRace[Call], headline: str, corrects: int, source: str, contests: Contests
) -> Change:
    """Return the correction that takes back what update `corrects` called."""
    names = [race_name(race, contests) for race in flat(calls)]
    words = (
        headline or f"Correction: {listed(names)} {'is' if len(names) == 1 else 'are'} not called"
    )
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
