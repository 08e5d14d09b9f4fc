"""A broadcast's log as one value: to play, to cut, to hand over.

The log is the recording; nothing is stored twice. static/broadcaster/domain/recording.js plays the
same JSON by the same rules; both are tested with tests/vectors/recording.json.
"""

from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from broadcaster.domain.change import ByRace, RaceKey, by_contest, flat
from broadcaster.domain.corrections import updates_behind
from broadcaster.domain.mapstate import MapState
from broadcaster.domain.show import Show
from broadcaster.domain.stream import Update


class Recording(Struct, frozen=True):
    """The updates of a broadcast, from its first moment on: seq 1 to n without a gap.

    `epoch` is that of the log that the recording comes from, whole or in part. `began` is in
    milliseconds since 1970; times in the recording are milliseconds after it. `show` has the
    contests that the map is of.
    """

    title: str
    slug: str
    epoch: str
    began: int
    show: Show
    initial: MapState
    updates: tuple[Update, ...]

    @property
    def duration(self) -> int:
        """Milliseconds from the beginning to the last update."""
        return self.updates[-1].at - self.began if self.updates else 0

    def states(self) -> Iterator[MapState]:
        """Yield the map at seq 0, 1, … n."""
        state = self.initial
        yield state
        for update in self.updates:
            state = state.apply(update, self.show.contests)
            yield state

    def seq_at(self, t: int) -> int:
        """Return the last update published by `t` milliseconds after the beginning; 0: none."""
        return sum(update.at - self.began <= t for update in self.updates)

    def at_seq(self, seq: int) -> MapState:
        """Return the map after update `seq`."""
        state = self.initial
        for update in self.updates[:seq]:
            state = state.apply(update, self.show.contests)
        return state

    def fold(self, t: int) -> MapState:
        """Return the map `t` milliseconds after the beginning."""
        return self.at_seq(self.seq_at(t))

    def corrected(self) -> dict[int, int]:
        """Return the updates whose calls were corrected later: seq, and seq of the correction.

        A correction takes back all updates behind a call, such as one that certified it.
        """
        found: dict[int, int] = {}
        statements = [(0, flat(self.initial.calls))]
        for update in self.updates:
            if update.corrects is not None:
                for race in update.called:
                    for seq in updates_behind(race, statements):
                        found.setdefault(seq, update.seq)
            statements.append((update.seq, update.called))
        return found

    def later_corrected(self, seq: int) -> ByRace[int]:
        """Return the calls on the map after update `seq` that were corrected later.

        By race: the seq of the first such correction.
        """
        standing = flat(self.at_seq(seq).calls)
        found: dict[RaceKey, int] = {}
        for update in self.updates[seq:]:
            if update.corrects is None:
                continue
            for race in update.called:
                if race in standing and standing[race].decided:
                    found.setdefault(race, update.seq)
        return by_contest(found)

    def trim(self, start: int = 0, end: int | None = None, offset: int = 0) -> "Recording":
        """Return the part from `start` to `end`, moved by `offset`, all in milliseconds.

        Updates that would come before 0 are folded into the initial map, as are those before
        `start`. The rest count from seq 1; a correction of what was folded corrects 0.
        """
        begins = max(start, -offset)
        first = sum(update.at - self.began < begins for update in self.updates)
        last = len(self.updates) if end is None else max(self.seq_at(end), first)
        return replace(
            self,
            began=self.began - offset,
            initial=self.at_seq(first),
            updates=tuple(_renumbered(update, first) for update in self.updates[first:last]),
        )


def _renumbered(update: Update, dropped: int) -> Update:
    corrects = update.corrects
    if corrects is not None:
        corrects = max(corrects - dropped, 0)
    return replace(update, seq=update.seq - dropped, corrects=corrects)
