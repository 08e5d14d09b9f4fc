"""A contest: what is decided and tallied together, such as a presidency or a parliament.

It is a document: an election is data, not code. contest_parsing.py makes it from untrusted JSON,
`Contest.from_dict` from JSON that was checked before. docs/contests.md describes every field.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from functools import cache, cached_property
from pathlib import Path
from typing import Protocol, Self

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from broadcaster.domain.decodable import decodable

SCHEMA = "mapcenter.contest/1"
UNCALLED = "uncalled"
"""The key of totals for races that are not decided. No party has this id."""

SHIPPED = Path(__file__).parents[1] / "data" / "contests"


class Look(StrEnum):
    """The colours and the pattern of a party: see static/broadcaster/rendering/looks.css."""

    BLUE = "blue"
    RED = "red"
    GOLD = "gold"
    GREEN = "green"
    PURPLE = "purple"
    TEAL = "teal"
    ORANGE = "orange"
    GREY = "grey"


class Side(StrEnum):
    """The end of the tally's bar from which a party's part grows. NONE: between the two."""

    LEFT = "left"
    RIGHT = "right"
    NONE = ""


class Candidate(Struct, frozen=True, omit_defaults=True):
    """A party's candidate, in one race or in the whole contest."""

    name: str
    short: str = ""

    @property
    def label(self) -> str:
        """The short name, or the name if there is none."""
        return self.short or self.name


class Party(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A party. Its letter is on every race that it wins, so that colour never counts alone.

    `feed` has the words that newsroom feeds use for it, besides its id, name, short name and
    letter. `portrait` is a small picture for the score, as a data: URI.
    """

    id: str
    name: str
    short: str = ""
    letter: str
    look: Look
    side: Side = Side.NONE
    feed: tuple[str, ...] = ()
    portrait: str = ""

    @property
    def label(self) -> str:
        """The short name, or the name if there is none."""
        return self.short or self.name


class Race(Struct, frozen=True, omit_defaults=True):
    """The unit that is called. Its weight goes to the party that wins it.

    Several races may share a shape: the first of them colours it, and the others have boxes, as has
    a race without a shape.
    """

    id: str
    name: str
    weight: int
    shape: str = ""
    held_by: str = ""
    candidates: dict[str, Candidate] = {}
    closes: datetime | None = None


class Earlier(Struct, frozen=True, omit_defaults=True):
    """The outcome of an earlier contest over the same races.

    `margins` are in percentage points of the votes. `weights` has those that were others than now.
    """

    title: str
    winners: dict[str, str]
    margins: dict[str, float] = {}
    weights: dict[str, int] = {}
    candidates: dict[str, Candidate] = {}

    def name_of(self, party: Party, translate: Callable[[str], str] = str) -> str:
        """Return the name of a party's candidate, or else of the party: see `Contest.name_of`."""
        candidate = self.candidates.get(party.id)
        return candidate.label if candidate else translate(party.label)


class Decision(Protocol):
    """The decision about a race: its `party` is "" unless it is called."""

    @property
    def party(self) -> str: ...


@decodable
class Contest(
    Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    dict=True,
    tag_field="schema",
    tag=SCHEMA,
):
    """One contest. `held` has seats by party that are not up; they count from the start.

    `to_win` is more than half of `size`, so at most one party can have it; None if there is no
    threshold, as for governors.
    """

    id: str
    title: str
    counting: str
    to_win: int | None = None
    parties: tuple[Party, ...]
    candidates: dict[str, Candidate] = {}
    held: dict[str, int] = {}
    geometry: str
    races: tuple[Race, ...]
    earlier: tuple[Earlier, ...] = ()

    @cached_property
    def weights(self) -> dict[str, int]:
        """The weight of each race."""
        return {race.id: race.weight for race in self.races}

    @cached_property
    def is_weighted(self) -> bool:
        """Whether races count for different numbers, so that they are worth showing."""
        return len(set(self.weights.values())) > 1

    @cached_property
    def size(self) -> int:
        """The sum of the weights of all races and the seats held."""
        return sum(self.weights.values()) + sum(self.held.values())

    @cached_property
    def party_of(self) -> dict[str, Party]:
        """The parties by id."""
        return {party.id: party for party in self.parties}

    @cached_property
    def race_of(self) -> dict[str, Race]:
        """The races by id."""
        return {race.id: race for race in self.races}

    @property
    def fixed(self) -> object:
        """What must stay once the contest was on air: all that calls, sums and places rest on.

        Names, looks and times may be corrected.
        """
        races = [(race.id, race.weight, race.shape) for race in self.races]
        parties = [party.id for party in self.parties]
        return self.id, self.geometry, self.to_win, parties, self.held, races

    def before(self, earlier: Earlier) -> "Contest":
        """Return an earlier contest over the same races, as far as it is known.

        It has no threshold if seats were held, since their number then is not known.
        """
        weights = self.weights | earlier.weights
        races = tuple(replace(race, weight=weights[race.id], candidates={}) for race in self.races)
        return replace(
            self,
            title=earlier.title,
            to_win=None if self.held else self.to_win,
            candidates=earlier.candidates,
            held={},
            races=races,
            earlier=(),
        )

    def totals(self, calls: Mapping[str, Decision]) -> dict[str, int]:
        """Return the totals of each party, and those "uncalled". They add up to `size`.

        `calls` has decisions by race; a race that is not there is not decided.
        """
        won = {party.id: self.held.get(party.id, 0) for party in self.parties}
        left = sum(self.weights.values())
        for race, call in calls.items():
            if call.party:
                won[call.party] += self.weights[race]
                left -= self.weights[race]
        return {**won, UNCALLED: left}

    def winner(self, totals: Mapping[str, int]) -> str:
        """Return the party that has reached `to_win`, or ""."""
        if self.to_win is None:
            return ""
        reached = (party.id for party in self.parties if totals[party.id] >= self.to_win)
        return next(reached, "")

    def name_of(self, party: str, race: str = "", translate: Callable[[str], str] = str) -> str:
        """Return the name of a party's candidate in the race or the contest, or else of the party.

        It is the short form, as in "Biden" or "Dem."; `translate` is for names of parties.
        """
        own = self.race_of[race].candidates if race else {}
        candidate = own.get(party) or self.candidates.get(party)
        return candidate.label if candidate else translate(self.party_of[party].label)

    def to_dict(self) -> dict[str, object]:
        """Return the document as JSON, as it is stored and exported. It has the size as a check."""
        document: dict[str, object] = msgspec.json.decode(msgspec.json.encode(self))
        return document | {"size": self.size}

    @classmethod
    def from_dict(cls, data: object) -> Self:
        """Return the contest that trusted JSON holds. Raises `msgspec.ValidationError`."""
        return msgspec.convert(data, cls)


def shipped_ids() -> list[str]:
    """Return the ids of the contests that come with Map Center."""
    return sorted(path.stem for path in SHIPPED.glob("*.json"))


@cache
def shipped(id: str) -> Contest:
    """Return one of the contests that come with Map Center."""
    return msgspec.json.decode(SHIPPED.joinpath(f"{id}.json").read_bytes(), type=Contest)
