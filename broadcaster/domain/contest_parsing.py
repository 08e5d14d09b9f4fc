"""Reading contests from untrusted JSON. Errors name row and field, such as `races.3.weight`."""

import re
from collections.abc import Callable, Collection, Iterator
from datetime import datetime, timedelta
from typing import Any

from broadcaster.domain.contest import (
    SCHEMA,
    UNCALLED,
    Candidate,
    Contest,
    Earlier,
    Look,
    Party,
    Race,
    Side,
)
from broadcaster.domain.document import Problems, filled, line, parse_id, rows
from broadcaster.domain.geometry import Geometry
from broadcaster.domain.parsing import (
    MAX_TITLE,
    choice,
    known_object,
    short_list,
    whole_number,
)
from broadcaster.domain.portrait import parse_portrait
from broadcaster.domain.rejection import InvalidInput

MAX_RACES = 1000  # the largest parliaments have some 700 seats by direct election
MAX_PARTIES = 12
MAX_EARLIER = 20
MAX_WEIGHT = 100_000
MAX_NAME = 80  # characters, as are the next four
MAX_SHORT = 24
MAX_COUNTING = 40
MAX_LETTER = 2
MAX_FEED_WORDS = 20

FIELDS = (
    *("schema", "id", "title", "counting", "to_win", "size", "parties", "candidates", "held"),
    *("geometry", "races", "earlier"),
)
REQUIRED = ("id", "title", "counting", "parties", "geometry", "races")

_PARTY_ID = re.compile(r"[A-Za-z0-9]{1,8}")
_RACE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,23}")


def parse_contest(data: object, geometry_of: Callable[[str], Geometry | None]) -> Contest:
    """Return the `Contest` that decoded JSON holds. Raises `InvalidDocument`.

    `geometry_of` returns the geometry of an id, or None if there is none. Fields count rows from 1.
    """
    problems = Problems()
    fields: dict[str, Any] = {}
    with problems.collected():
        fields = known_object("contest", data, FIELDS)
        if fields.get("schema") != SCHEMA:
            raise InvalidInput("schema", f"is not {SCHEMA}")
        for name in REQUIRED:
            if fields.get(name) in (None, ""):
                raise InvalidInput(name, "is missing")
    problems.check()

    found: dict[str, Any] = {"parties": _parties(fields["parties"], problems)}
    problems.check()  # the other fields name parties
    with problems.collected():
        found["id"] = parse_id("id", fields["id"])
    with problems.collected():
        found["title"] = filled("title", fields["title"], MAX_TITLE)
    with problems.collected():
        found["counting"] = filled("counting", fields["counting"], MAX_COUNTING)
    geometry = None
    with problems.collected():
        found["geometry"] = parse_id("geometry", fields["geometry"])
        geometry = geometry_of(found["geometry"])
        if geometry is None:
            raise InvalidInput("geometry", f"there is no geometry {found['geometry']}")
    parties = {party.id for party in found["parties"]}
    with problems.collected():
        found["candidates"] = _candidates("candidates", fields.get("candidates"), parties)
    with problems.collected():
        found["held"] = _held(fields.get("held"), parties)
    shapes = geometry.shape_of if geometry else None
    found["races"] = _races(fields["races"], parties, shapes, problems)
    races = {race.id for race in found["races"]}
    problems.check()  # earlier contests name races
    found["earlier"] = tuple(_earlier(fields.get("earlier"), parties, races, problems))
    with problems.collected():
        found["to_win"] = _to_win(fields.get("to_win"))
    problems.check()
    contest = Contest(**found)
    with problems.collected():
        check_sums(contest, fields.get("size"))
    problems.check()
    return contest


def check_sums(contest: Contest, size: object = None) -> None:
    """Check that the threshold can be reached, by one party at most, and the size if it is given.

    Raises `InvalidInput`.
    """
    held, weights = sum(contest.held.values()), sum(contest.weights.values())
    if size is not None and size != contest.size:
        words = f"held seats ({held}) and weights ({weights}) add up to {contest.size}"
        raise InvalidInput("size", f"is {str(size)[:20]}, but {words}")
    if contest.to_win is None:
        return
    most = max(contest.held.values(), default=0) + weights
    if contest.to_win > most:
        words = f"with all races and the seats that it holds, a party has {most} at most"
        raise InvalidInput("to_win", f"nobody can reach {contest.to_win}: {words}")
    if contest.to_win * 2 <= contest.size:
        words = f"it must be more than half of {contest.size}: {contest.size // 2 + 1} or more"
        raise InvalidInput("to_win", f"two parties could reach {contest.to_win}; {words}")


def _parties(value: object, problems: Problems) -> tuple[Party, ...]:
    parties: list[Party] = []
    for name, row in rows("parties", value, MAX_PARTIES, "parties", problems):
        with problems.collected():
            party = _party(name, row)
            for field in ("id", "letter"):
                taken = getattr(party, field)
                if taken in (getattr(other, field) for other in parties):
                    raise InvalidInput(f"{name}.{field}", f"another party has {taken} already")
            words = {word.casefold() for other in parties for word in other.feed}
            if again := [word for word in party.feed if word.casefold() in words]:
                raise InvalidInput(f"{name}.feed", f"another party has {again[0]} already")
            parties.append(party)
    if not parties and not problems.found:
        problems.add("parties", "is empty")
    return tuple(parties)


def _party(name: str, row: object) -> Party:
    fields = known_object(name, row, Party.__struct_fields__)
    id = fields.get("id")
    if not isinstance(id, str) or not _PARTY_ID.fullmatch(id) or id == UNCALLED:
        raise InvalidInput(f"{name}.id", "is not 1 to 8 letters and digits")
    if not fields.get("look"):
        raise InvalidInput(f"{name}.look", f"is missing; choose one of {', '.join(Look)}")
    return Party(
        id=id,
        name=filled(f"{name}.name", fields.get("name"), MAX_NAME),
        letter=filled(f"{name}.letter", fields.get("letter") or id[:MAX_LETTER], MAX_LETTER),
        look=choice(f"{name}.look", fields["look"], Look),
        short=line(f"{name}.short", fields.get("short"), MAX_SHORT),
        side=choice(f"{name}.side", fields.get("side") or "", Side),
        feed=tuple(
            filled(f"{name}.feed", word, MAX_SHORT)
            for word in short_list(f"{name}.feed", fields.get("feed") or [], MAX_FEED_WORDS)
        ),
        portrait=parse_portrait(f"{name}.portrait", fields.get("portrait")),
    )


def _candidates(name: str, value: object, parties: Collection[str]) -> dict[str, Candidate]:
    return {
        party: _candidate(f"{name}.{party}", candidate)
        for party, candidate in by_party(name, value, parties).items()
    }


def _candidate(name: str, value: object) -> Candidate:
    fields = known_object(name, value, Candidate.__struct_fields__)
    return Candidate(
        name=filled(f"{name}.name", fields.get("name"), MAX_NAME),
        short=line(f"{name}.short", fields.get("short"), MAX_SHORT),
    )


def _held(value: object, parties: Collection[str]) -> dict[str, int]:
    held = by_party("held", value, parties)
    what = f"a whole number from 0 to {MAX_WEIGHT}"
    found = {
        party: whole_number(f"held.{party}", count, 0, MAX_WEIGHT, what)
        for party, count in held.items()
    }
    return {party: count for party, count in found.items() if count}


def _races(
    value: object,
    parties: Collection[str],
    shapes: Collection[str] | None,
    problems: Problems,
) -> tuple[Race, ...]:
    races: dict[str, Race] = {}
    first: dict[str, str] = {}
    for name, row in rows("races", value, MAX_RACES, "races", problems):
        with problems.collected():
            race = _race(name, row, parties)
            if race.id in races:
                raise InvalidInput(f"{name}.id", f"{race.id} is the id of {first[race.id]} already")
            races[race.id], first[race.id] = race, name
            if shapes is not None and race.shape and race.shape not in shapes:
                raise InvalidInput(f"{name}.shape", f"the geometry has no shape {race.shape}")
    if not races and not problems.found:
        problems.add("races", "is empty")
    return tuple(races.values())


def _race(name: str, row: object, parties: Collection[str]) -> Race:
    fields = known_object(name, row, Race.__struct_fields__)
    id = fields.get("id")
    if not isinstance(id, str) or not _RACE_ID.fullmatch(id):
        words = "is not 1 to 24 letters, digits, hyphens, dots and underscores"
        raise InvalidInput(f"{name}.id", words)
    what = f"a whole number from 1 to {MAX_WEIGHT}"
    return Race(
        id=id,
        name=filled(f"{name}.name", fields.get("name"), MAX_NAME),
        weight=whole_number(f"{name}.weight", fields.get("weight", 1), 1, MAX_WEIGHT, what),
        shape=line(f"{name}.shape", fields.get("shape"), MAX_NAME),
        held_by=_party_id(f"{name}.held_by", fields.get("held_by"), parties),
        candidates=_candidates(f"{name}.candidates", fields.get("candidates"), parties),
        closes=_time(f"{name}.closes", fields.get("closes")),
    )


def _earlier(
    value: object, parties: Collection[str], races: Collection[str], problems: Problems
) -> Iterator[Earlier]:
    for name, row in rows("earlier", value or [], MAX_EARLIER, "earlier contests", problems):
        with problems.collected():
            fields = known_object(name, row, Earlier.__struct_fields__)
            winners = by_race(f"{name}.winners", fields.get("winners"), races)
            margins = known_object(
                f"{name}.margins", fields.get("margins") or {}, winners, "nobody won this race"
            )
            weights = by_race(f"{name}.weights", fields.get("weights"), races)
            what = f"a whole number from 1 to {MAX_WEIGHT}"
            yield Earlier(
                title=filled(f"{name}.title", fields.get("title"), MAX_TITLE),
                winners={
                    race: _party_id(f"{name}.winners.{race}", party, parties, required=True)
                    for race, party in winners.items()
                },
                margins={
                    race: _margin(f"{name}.margins.{race}", margin)
                    for race, margin in margins.items()
                },
                weights={
                    race: whole_number(f"{name}.weights.{race}", weight, 1, MAX_WEIGHT, what)
                    for race, weight in weights.items()
                },
                candidates=_candidates(f"{name}.candidates", fields.get("candidates"), parties),
            )


def _margin(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 100:
        raise InvalidInput(name, "is not a number of percentage points from 0 to 100")
    return float(value)


def by_party(name: str, value: object, parties: Collection[str]) -> dict[str, Any]:
    """Return an object whose keys are parties of the contest; an absent one is empty."""
    return known_object(name, value or {}, parties, unknown="there is no such party")


def by_race(name: str, value: object, races: Collection[str]) -> dict[str, Any]:
    """Return an object whose keys are races of the contest; an absent one is empty."""
    return known_object(name, value or {}, races, unknown="there is no such race")


def _party_id(name: str, value: object, parties: Collection[str], required: bool = False) -> str:
    if value in (None, "") and not required:
        return ""
    if not isinstance(value, str) or value not in parties:
        raise InvalidInput(name, f"is none of the parties: {', '.join(sorted(parties))}")
    return value


def _to_win(value: object) -> int | None:
    if value is None:
        return None
    return whole_number("to_win", value, 1, MAX_WEIGHT * MAX_RACES, "a whole number above 0")


def _time(name: str, value: object) -> datetime | None:
    if value in (None, ""):
        return None
    example = "2024-11-05T19:30-05:00"
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        found = None
    if found is None or not 2000 <= found.year <= 2100:
        raise InvalidInput(name, f"is not a date with a time and its offset, such as {example}")
    offset = found.utcoffset()
    if offset is None or offset % timedelta(minutes=1):
        raise InvalidInput(name, f"has no offset from UTC in minutes: write it as in {example}")
    return found
