"""The map at one moment, and the one rule by which a change makes the next.

The server, every relay, every simulated viewer and every browser (static/…/domain/replica.js)
fold the same changes with the same rule, so all of them end with the same state.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Self

import msgspec
from msgspec import Struct

from broadcaster.domain.change import (
    NO_STORY,
    ByRace,
    Call,
    Change,
    Count,
    JsonObject,
    Kind,
    Status,
    Story,
    T,
    View,
    to_json,
)
from broadcaster.domain.contest import Contest
from broadcaster.domain.decodable import decodable

Contests = Mapping[str, Contest]
"""The contests of a broadcast by key, in their order."""

Totals = dict[str, dict[str, int]]
"""By contest, what each party has, and what is "uncalled"."""


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


@decodable
class MapState(Struct, frozen=True, kw_only=True):
    """The state of the map that viewers see. Immutable: `apply` returns a new one.

    `calls` has no open races, `counts` none without votes, and both lack contests of which they
    have no race. `totals` has every contest, and follows from `calls`.
    """

    phase: Phase = Phase.SCHEDULED
    view: View
    calls: ByRace[Call] = {}
    counts: ByRace[Count] = {}
    story: Story = NO_STORY
    totals: Totals

    def apply(self, change: Change, contests: Contests) -> "MapState":
        """Return the map after `change`. Never fails: rules.py checks changes beforehand."""
        calls, counts, totals = self.calls, self.counts, self.totals
        if change.calls is not None:
            calls = _merge(calls, change.calls, lambda call: call.status is not Status.OPEN)
            changed = {key: contests[key].totals(calls.get(key, {})) for key in change.calls}
            totals = totals | changed
        if change.counts is not None:
            counts = _merge(counts, change.counts, lambda count: bool(count.votes))
        return MapState(
            phase=_PHASE_AFTER.get(change.kind, self.phase),
            view=self.view if change.view is None else change.view,
            calls=calls,
            counts=counts,
            story=self.story if change.story is None else change.story,
            totals=totals,
        )

    def to_dict(self) -> JsonObject:
        """Return the state as JSON."""
        return to_json(self)

    @classmethod
    def from_dict(cls, data: object) -> Self:
        """Return the state that trusted JSON holds. Unknown keys are ignored.

        Raises `msgspec.ValidationError` if the JSON is no state.
        """
        return msgspec.convert(data, cls)


def totals_of(contests: Contests, calls: Mapping[str, Mapping[str, Call]]) -> Totals:
    """Return the totals of all contests."""
    return {key: contest.totals(calls.get(key, {})) for key, contest in contests.items()}


def _merge(before: ByRace[T], changed: ByRace[T], stays: Callable[[T], bool]) -> ByRace[T]:
    """Return the values by race after a change, without those that do not stay."""
    merged = dict(before)
    for key, races in changed.items():
        of_contest = {**merged.get(key, {}), **races}
        left = {race: value for race, value in of_contest.items() if stays(value)}
        if left:
            merged[key] = left
        else:
            merged.pop(key, None)
    return merged
