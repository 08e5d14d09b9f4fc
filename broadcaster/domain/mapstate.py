"""The map at one moment, and the one rule by which a change makes the next.

The server, every relay, every simulated viewer and every browser (static/…/domain/replica.js)
fold the same changes with the same rule, so all of them end equal.
"""

from enum import StrEnum
from typing import Self

import msgspec
from msgspec import Struct

from broadcaster.domain import electoral
from broadcaster.domain.change import (
    NO_STORY,
    OPEN,
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
    """Where a broadcast stands between its announcement and its end."""

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
_ALLOWED_IN = {
    Kind.UPDATE: {Phase.LIVE},
    Kind.CORRECT: {Phase.LIVE, Phase.HELD},
    Kind.START: {Phase.SCHEDULED},
    Kind.HOLD: {Phase.LIVE},
    Kind.RESUME: {Phase.HELD},
    Kind.END: {Phase.LIVE, Phase.HELD},
}
_WRONG_PHASE = {
    Phase.SCHEDULED: "The broadcast is off air: it has not started.",
    Phase.LIVE: "The broadcast is on air already.",
    Phase.HELD: "The broadcast is on hold; resume it first.",
    Phase.ENDED: "The broadcast is off air: it has ended.",
}


class MapState(Struct, frozen=True):
    """What viewers see. A value: `apply` returns a new one and changes nothing.

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
        """Return the map after `change`. Never fails: publishing checks changes beforehand."""
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

    def rejection(self, change: Change) -> str | None:
        """Return why `change` may not be published now, in words for the desk; None if it may."""
        if self.phase not in _ALLOWED_IN[change.kind]:
            return _WRONG_PHASE[self.phase]
        for unit, call in (change.calls or {}).items():
            now = self.calls.get(unit, OPEN)
            if change.kind is Kind.CORRECT and not now.decided:
                return f"{unit} is not called, so there is nothing to correct."
            if change.kind is Kind.CORRECT and call.party == now.party:
                return f"{unit} is called {now.party} already."
            if change.kind is Kind.UPDATE and now.decided and call.party != now.party:
                return f"{unit} is called {now.party}. Changing that takes a correction."
        return None

    def to_dict(self) -> JsonObject:
        """Return the state as JSON, totals included."""
        return to_json(self)

    @classmethod
    def from_dict(cls, data: object) -> Self:
        """Return the state that trusted JSON holds. Unknown keys are ignored, totals derived.

        Raises `msgspec.ValidationError` if the JSON is no state.
        """
        return msgspec.convert(data, cls)
