"""A change that staff make to the map, before it has a position in a log.

These are plain values. parsing.py makes them from untrusted JSON; `Change.from_dict` makes them
from JSON that was checked before, such as the log in the database.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Self, TypeVar

import msgspec
from msgspec import Struct

from broadcaster.domain.decodable import decodable

JsonObject = dict[str, object]

T = TypeVar("T")

ByRace = dict[str, dict[str, T]]
"""Values by the key of a contest and the id of a race."""

RaceKey = tuple[str, str]
"""The key of a contest and the id of a race in it."""

WHOLE = ""
"""The place that is the whole map. No race and no shape has this id."""


def to_json(value: Struct) -> JsonObject:
    """Return a value as `json.loads` would: dicts, lists, text and numbers."""
    found: JsonObject = msgspec.json.decode(msgspec.json.encode(value))
    return found


class Kind(StrEnum):
    """The effect of a change on the broadcast."""

    UPDATE = "update"
    CORRECT = "correct"
    START = "start"
    HOLD = "hold"
    RESUME = "resume"
    END = "end"


class Status(StrEnum):
    """The stage of the decision about one race."""

    OPEN = "open"
    TOO_EARLY = "too_early"
    TOO_CLOSE = "too_close"
    CALLED = "called"
    RETRACTED = "retracted"
    CERTIFIED = "certified"


class Announce(StrEnum):
    """How screen readers read a story: when they are idle, at once, or not at all."""

    POLITE = "polite"
    ASSERTIVE = "assertive"
    NONE = "none"


class Call(Struct, frozen=True, omit_defaults=True):
    """The decision about one race. It names a party if and only if it is decided."""

    status: Status
    party: str = ""

    @property
    def decided(self) -> bool:
        """Whether this call gives the race to a party."""
        return self.status in (Status.CALLED, Status.CERTIFIED)


OPEN = Call(Status.OPEN)
"""The call of a race about which nothing was published."""


class Count(Struct, frozen=True, omit_defaults=True):
    """The votes of one race that are counted so far, by party. It decides nothing.

    `expected` is their part of all votes that are expected, from 0 to 1; None if that is not known.
    Without votes it takes the race's count back.
    """

    votes: dict[str, int]
    expected: float | None = None


class View(Struct, frozen=True):
    """The contest and the part of its map that viewers are shown.

    A place is a race, a shape, or `WHOLE`.
    """

    contest: str
    focus: str = WHOLE
    highlight: tuple[str, ...] = ()


class Annotation(Struct, frozen=True):
    """A note at a place on the map of a contest."""

    contest: str
    at: str
    text: str


class Story(Struct, frozen=True):
    """The words beside the map."""

    headline: str = ""
    body: str = ""
    annotations: tuple[Annotation, ...] = ()
    announce: Announce = Announce.POLITE


NO_STORY = Story(announce=Announce.NONE)
"""The story of a broadcast that has not published one."""


@decodable
class Change(Struct, frozen=True, omit_defaults=True):
    """One change of the map. A facet that is None stays as it is.

    `corrects` is the seq of the update that was wrong; 0 is the map that the log began with.
    """

    kind: Kind
    view: View | None = None
    calls: ByRace[Call] | None = None
    story: Story | None = None
    counts: ByRace[Count] | None = None
    corrects: int | None = None
    reason: str | None = None

    @property
    def decides(self) -> bool:
        """Whether this change calls or certifies any race."""
        return any(call.decided for call in self.called.values())

    @property
    def called(self) -> dict[RaceKey, Call]:
        """The calls by race; empty without any."""
        return flat(self.calls or {})

    @property
    def only_counts(self) -> bool:
        """Whether this change has counts and nothing else, so that nobody needs to be told."""
        others = (self.view, self.calls, self.story)
        return self.counts is not None and all(each is None for each in others)

    @property
    def headline(self) -> str:
        """The headline, or ""."""
        return self.story.headline if self.story else ""

    def to_dict(self) -> JsonObject:
        """Return the change as JSON, without the facets that stay as they are."""
        return to_json(self)

    @classmethod
    def from_dict(cls, data: object) -> Self:
        """Return the change that trusted JSON holds. Unknown keys are ignored.

        Raises `msgspec.ValidationError` if the JSON is no change.
        """
        return msgspec.convert(data, cls)


def flat(values: Mapping[str, Mapping[str, T]]) -> dict[RaceKey, T]:
    """Return values by race in one dict."""
    return {(key, race): each for key, of in values.items() for race, each in of.items()}


def by_contest(values: Mapping[RaceKey, T]) -> ByRace[T]:
    """Return the inverse of `flat`."""
    found: ByRace[T] = {}
    for (key, race), value in values.items():
        found.setdefault(key, {})[race] = value
    return found


def calls_of(parties: Mapping[str, str]) -> dict[str, Call]:
    """Return the calls that give each race of a contest to its party."""
    return {race: Call(Status.CALLED, party) for race, party in parties.items()}
