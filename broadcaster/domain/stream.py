"""A broadcast's log as a stream, and the copy that follows it. Pure.

Server processes, simulated viewers and browsers are all replicas: each has a state, a
position, and one rule for the next update: apply it, ignore it, or report a gap.
"""

import re
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from broadcaster.domain.change import Change
from broadcaster.domain.mapstate import MapState

_POSITION = re.compile(r"([0-9A-Za-z]{1,32}):(0|[1-9][0-9]{0,9})")

Outcome = Literal["applied", "seen", "gap"]


@dataclass(frozen=True, slots=True)
class Position:
    """Where in which log: `seq` updates of the history named `epoch` are known."""

    epoch: str
    seq: int

    def __str__(self) -> str:
        return f"{self.epoch}:{self.seq}"

    @classmethod
    def parse(cls, text: str) -> "Position":
        """From "epoch:seq". Raises ValueError for anything else."""
        if (match := _POSITION.fullmatch(text)) is None:
            raise ValueError("is not of the form epoch:seq")
        epoch, digits = match.groups()
        return cls(epoch, int(digits))


@dataclass(frozen=True, slots=True)
class Update:
    """A change with its place in the log: immutable once published."""

    seq: int
    at: int  # milliseconds since 1970
    change: Change
    totals: Mapping[str, int]  # after this update

    def to_dict(self) -> dict[str, Any]:
        """As it stands in an `updates` frame."""
        return {"seq": self.seq, "at": self.at, **self.change.to_dict(), "totals": self.totals}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Update":
        """The inverse of `to_dict`. Keys it does not know are ignored."""
        change = Change(**{k: data[k] for k in Change.__dataclass_fields__ if k in data})
        return cls(data["seq"], data["at"], change, data["totals"])


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The map at a position."""

    position: Position
    at: int  # milliseconds since 1970: the last update's, or the broadcast's creation
    state: MapState

    def to_dict(self) -> dict[str, Any]:
        """As it stands in a `snapshot` frame."""
        return {
            "epoch": self.position.epoch,
            "seq": self.position.seq,
            "at": self.at,
            "state": self.state.to_dict(),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Snapshot":
        """The inverse of `to_dict`. Keys it does not know are ignored."""
        position = Position(data["epoch"], data["seq"])
        return cls(position, data["at"], MapState.from_dict(data["state"]))


class Replica:
    """A copy of a broadcast that follows by position.

    `keep` is how many past updates it holds for those who come back (0 for a viewer).
    """

    def __init__(self, snapshot: Snapshot, keep: int = 0) -> None:
        self.recent: deque[Update] = deque(maxlen=keep)
        self.reset(snapshot)

    def reset(self, snapshot: Snapshot) -> None:
        """Start over from a snapshot: another epoch, or too far behind."""
        self.position = snapshot.position
        self.at = snapshot.at
        self.state = snapshot.state
        self.recent.clear()

    def receive(self, epoch: str, update: Update) -> Outcome:
        """Apply the next update; "seen" if it is old; "gap" if one before it is missing."""
        if epoch != self.position.epoch or update.seq > self.position.seq + 1:
            return "gap"
        if update.seq <= self.position.seq:
            return "seen"
        self.state = self.state.apply(update.change)
        self.position = Position(epoch, update.seq)
        self.at = update.at
        self.recent.append(update)
        return "applied"

    def updates_after(self, position: Position) -> list[Update] | None:
        """All updates past `position`, oldest first; None if any of them is not held here.

        A position ahead of this copy lacks nothing: its viewer was served by a faster process.
        """
        missing = max(self.position.seq - position.seq, 0)
        if position.epoch != self.position.epoch or missing > len(self.recent):
            return None
        return list(self.recent)[len(self.recent) - missing :]

    def snapshot(self) -> Snapshot:
        """The map as this copy has it."""
        return Snapshot(self.position, self.at, self.state)
