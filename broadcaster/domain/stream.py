"""A broadcast's log as a stream, and the copy that follows it.

Server processes, simulated viewers and browsers are all replicas: each has a state, a
position, and one rule for the next update: apply it, ignore it, or report a gap.
"""

import re
from collections import deque
from typing import Literal

import msgspec
from msgspec import Struct

from broadcaster.domain.change import Change
from broadcaster.domain.mapstate import Contests, MapState, Totals

_POSITION = re.compile(r"([0-9A-Za-z]{1,32}):(0|[1-9][0-9]{0,9})")

Outcome = Literal["applied", "seen", "gap"]


class Position(Struct, frozen=True):
    """A place in a log: the first `seq` updates of the history named `epoch`."""

    epoch: str
    seq: int

    def __str__(self) -> str:
        return f"{self.epoch}:{self.seq}"

    @classmethod
    def parse(cls, text: str) -> "Position":
        """Return the position that "epoch:seq" names. Raises ValueError for anything else."""
        if (match := _POSITION.fullmatch(text)) is None:
            raise ValueError("is not of the form epoch:seq")
        epoch, digits = match.groups()
        return cls(epoch, int(digits))


class Update(Change, frozen=True, omit_defaults=True, kw_only=True):
    """A change with its place in the log and its time: immutable once published.

    `at` is in milliseconds since 1970; `totals` are those after this update.
    """

    seq: int
    at: int
    totals: Totals

    @classmethod
    def of(cls, change: Change, seq: int, at: int, totals: Totals) -> "Update":
        """Return the update that `change` is at this place."""
        return cls(**msgspec.structs.asdict(change), seq=seq, at=at, totals=totals)

    @property
    def change(self) -> Change:
        """The change alone, without its place."""
        return Change(*(getattr(self, name) for name in Change.__struct_fields__))


class Snapshot(Struct, frozen=True):
    """The map at a position.

    `at` is the time of the last update, or of the broadcast's creation, in milliseconds since 1970.
    `contests` has the digests of the contests' editions by key, in their order.
    """

    epoch: str
    seq: int
    at: int
    contests: dict[str, str]
    state: MapState

    @property
    def position(self) -> Position:
        return Position(self.epoch, self.seq)


class Replica:
    """A copy of a broadcast that follows by position.

    `contests` are those of which the snapshot has the digests. `keep` is how many past updates it
    holds for viewers who come back (0 for a viewer).
    """

    def __init__(self, snapshot: Snapshot, contests: Contests, keep: int = 0) -> None:
        self.recent: deque[Update] = deque(maxlen=keep)
        self.reset(snapshot, contests)

    def reset(self, snapshot: Snapshot, contests: Contests) -> None:
        """Start over from a snapshot: another epoch, other editions, or too far behind."""
        self.contests = contests
        self.digests = snapshot.contests
        self.position = snapshot.position
        self.at = snapshot.at
        self.state = snapshot.state
        self.recent.clear()

    def apply(self, epoch: str, update: Update) -> Outcome:
        """Apply the next update; "seen" if it is old; "gap" if one before it is missing."""
        if epoch != self.position.epoch or update.seq > self.position.seq + 1:
            return "gap"
        if update.seq <= self.position.seq:
            return "seen"
        self.state = self.state.apply(update, self.contests)
        self.position = Position(epoch, update.seq)
        self.at = update.at
        self.recent.append(update)
        return "applied"

    def updates_after(self, position: Position) -> list[Update] | None:
        """Return all updates past `position`, oldest first; None if any of them is not held here.

        A position ahead of this copy lacks nothing: a faster process served that viewer.
        """
        missing = max(self.position.seq - position.seq, 0)
        if position.epoch != self.position.epoch or missing > len(self.recent):
            return None
        return list(self.recent)[len(self.recent) - missing :]

    def snapshot(self) -> Snapshot:
        """Return the map as this copy has it."""
        epoch, seq = self.position.epoch, self.position.seq
        return Snapshot(epoch, seq, self.at, self.digests, self.state)
