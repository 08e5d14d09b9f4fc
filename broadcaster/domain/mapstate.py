"""The map at one moment, and the one rule by which a change makes the next.

The server, every relay, every simulated viewer and every browser (static/…/domain/replica.js)
fold the same changes with the same rule, so all of them end with the same state.
"""

from enum import StrEnum
from typing import Self

import msgspec
from msgspec import Struct

from broadcaster.domain import electoral
from broadcaster.domain.change import (
    NO_STORY,
    Call,
    Change,
    JsonObject,
    Kind,
    Status,
    Story,
    View,
    to_json,
)


class Phase(StrEnum):
    """The phase of a broadcast, from its announcement to its end."""

    SCHEDULED = "scheduled"
    LIVE = "live"
    HELD = "held"
    ENDED = "ended"


ON_AIR = frozenset({Phase.LIVE, Phase.HELD})

_PHASE_AFTER = {
    Kind.START: Phase.LIVE,
    Kind.HOLD: Phase.HELD,
    Kind.RESUME: Phase.LIVE,
    Kind.END: Phase.ENDED,
}


class MapState(Struct, frozen=True):
    """The state of the map that viewers see. Immutable: `apply` returns a new one.

    `calls` has no open units. `totals` is always derived from `calls`: electoral votes of "D", "R"
    and "uncalled", and of "O" if another party has any; their sum is 538.
    """

    election: int
    phase: Phase = Phase.SCHEDULED
    view: View = View()
    calls: dict[str, Call] = {}
    story: Story = NO_STORY
    totals: dict[str, int] = {}

    def __post_init__(self) -> None:
        votes = electoral.ELECTIONS[self.election].votes
        msgspec.structs.force_setattr(self, "totals", electoral.totals(votes, self.calls))

    def apply(self, change: Change) -> "MapState":
        """Return the map after `change`. Never fails: rules.py checks changes beforehand."""
        calls = self.calls
        if change.calls is not None:
            merged = {**calls, **change.calls}
            calls = {u: call for u, call in merged.items() if call.status is not Status.OPEN}
        return MapState(
            election=self.election,
            phase=_PHASE_AFTER.get(change.kind, self.phase),
            view=self.view if change.view is None else change.view,
            calls=calls,
            story=self.story if change.story is None else change.story,
        )

    def to_dict(self) -> JsonObject:
        """Return the state as JSON, totals included."""
        return to_json(self)

    @classmethod
    def from_dict(cls, data: object) -> Self:
        """Return the state that trusted JSON holds. Unknown keys are ignored, totals derived.

        Raises `msgspec.ValidationError` if the JSON is no state.
        """
        return msgspec.convert(data, cls)
