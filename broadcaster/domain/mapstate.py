"""The map at one moment, and the one rule by which a change makes the next. Pure.

The server, every relay, every simulated viewer and (in static/broadcaster/domain/replica.js) every
browser fold the same changes with the same rule, so all of them end equal.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from broadcaster.domain import electoral
from broadcaster.domain.change import DECIDED, Change

PHASES = ("scheduled", "live", "held", "ended")
ON_AIR = frozenset({"live", "held"})
_PHASE_AFTER = {"start": "live", "hold": "held", "resume": "live", "end": "ended"}
_ALLOWED_IN = {
    "update": {"live"},
    "correct": {"live", "held"},
    "start": {"scheduled"},
    "hold": {"live"},
    "resume": {"held"},
    "end": {"live", "held"},
}
_WORDS = {
    "scheduled": "The broadcast is off air: it has not started.",
    "live": "The broadcast is on air already.",
    "held": "The broadcast is on hold; resume it first.",
    "ended": "The broadcast is off air: it has ended.",
}


def _start_view() -> Mapping[str, Any]:
    return {"layer": "president", "focus": "US", "highlight": []}


def _no_story() -> Mapping[str, Any]:
    return {"headline": "", "body": "", "annotations": [], "announce": "none"}


@dataclass(frozen=True, slots=True)
class MapState:
    """Everything a viewer sees. A value: `apply` returns a new one and changes nothing."""

    election: int
    phase: str = "scheduled"
    view: Mapping[str, Any] = field(default_factory=_start_view)
    calls: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # open units are absent
    story: Mapping[str, Any] = field(default_factory=_no_story)

    def apply(self, change: Change) -> "MapState":
        """The map after `change`. Never fails: what may be published was checked before."""
        calls = self.calls
        if change.calls is not None:
            merged = {**calls, **change.calls}
            calls = {unit: call for unit, call in merged.items() if call["status"] != "open"}
        return replace(
            self,
            phase=_PHASE_AFTER.get(change.kind, self.phase),
            view=self.view if change.view is None else change.view,
            calls=calls,
            story=self.story if change.story is None else change.story,
        )

    def refusal(self, change: Change) -> str | None:
        """Why this change may not be published now, in words for the desk; None if it may."""
        if self.phase not in _ALLOWED_IN[change.kind]:
            return _WORDS[self.phase]
        for unit, call in (change.calls or {}).items():
            now = self.calls.get(unit, {})
            decided = now.get("status") in DECIDED
            if change.kind == "correct" and not decided:
                return f"{unit} is not called, so there is nothing to correct."
            if change.kind == "correct" and call.get("party") == now["party"]:
                return f"{unit} is called {now['party']} already."
            if change.kind == "update" and decided and call.get("party") != now["party"]:
                return f"{unit} is called {now['party']}. Changing that takes a correction."
        return None

    @property
    def totals(self) -> dict[str, int]:
        """Electoral votes: "D", "R", "uncalled", and "O" if another party has any; sum 538."""
        return electoral.totals(electoral.ELECTIONS[self.election].votes, self.calls)

    def to_dict(self) -> dict[str, Any]:
        """As JSON, totals included."""
        return {
            "election": self.election,
            "phase": self.phase,
            "view": self.view,
            "calls": self.calls,
            "story": self.story,
            "totals": self.totals,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "MapState":
        """The inverse of `to_dict`. Keys it does not know are ignored."""
        return cls(**{name: data[name] for name in cls.__dataclass_fields__})
