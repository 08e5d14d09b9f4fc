"""A change that staff make to the map, before it has a position in a log.

These are plain values. parsing.py makes them from untrusted JSON; `Change.from_dict` makes them
from JSON that was checked before, such as the log in the database.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Self

import msgspec
from msgspec import Struct

JsonObject = dict[str, object]


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
    """The stage of the decision about one unit."""

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
    """The decision about one unit. It names a party if and only if it is decided."""

    status: Status
    party: str = ""

    @property
    def decided(self) -> bool:
        """Whether this call gives the unit's votes to a party."""
        return self.status in (Status.CALLED, Status.CERTIFIED)


OPEN = Call(Status.OPEN)
"""The call of a unit about which nothing was published."""


class View(Struct, frozen=True):
    """The part of the map that viewers are shown."""

    layer: str = "president"
    focus: str = "US"
    highlight: tuple[str, ...] = ()


class Annotation(Struct, frozen=True):
    """A note at a place on the map."""

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


class Change(Struct, frozen=True, omit_defaults=True):
    """One change of the map. `view`, `calls` and `story` are None if it leaves them as they are.

    `corrects` is the seq of the update that was wrong; 0 is the map that the log began with.
    """

    kind: Kind
    view: View | None = None
    calls: dict[str, Call] | None = None
    story: Story | None = None
    corrects: int | None = None
    reason: str | None = None

    @property
    def decides(self) -> bool:
        """Whether this change calls or certifies any unit."""
        return any(call.decided for call in (self.calls or {}).values())

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


def calls_of(parties: Mapping[str, str]) -> dict[str, Call]:
    """Return the calls that give each unit to its party."""
    return {unit: Call(Status.CALLED, party) for unit, party in parties.items()}
