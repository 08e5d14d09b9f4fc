"""A broadcast's log as one value: to play, to cut, to hand over. Pure.

The log is the recording; nothing is stored twice. static/broadcaster/recording.js plays the
same JSON by the same rules, and tests/vectors/recording.json holds both to it.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from broadcaster.domain.change import (
    Change,
    InvalidChange,
    known_object,
    one_of,
    parse_calls,
    parse_change,
    parse_story,
    parse_view,
    short_list,
    text,
)
from broadcaster.domain.electoral import ELECTIONS, place_name, unit_name
from broadcaster.domain.mapstate import PHASES, MapState
from broadcaster.domain.stream import Update
from broadcaster.domain.translation import Gettext, gettext_noop

VERSION = 1
KEYS = ("v", "title", "slug", "election", "epoch", "began", "initial", "updates")
STATE_KEYS = ("election", "phase", "view", "calls", "story", "totals")
MAX_TITLE = 120  # characters
MAX_UPDATES = 10_000
MAX_TIME = 4_102_444_800_000  # milliseconds since 1970: the year 2100
MAX_DURATION = 31 * 24 * 3_600_000  # milliseconds

_NAME = re.compile(r"[-0-9A-Za-z_]{1,50}")


@dataclass(frozen=True, slots=True)
class Recording:
    """What was shown, from the first moment on. `updates` are seq 1 to n without a gap."""

    title: str
    slug: str
    epoch: str  # of the log that this is, or was cut from
    began: int  # milliseconds since 1970; times in the recording count from here
    initial: MapState
    updates: tuple[Update, ...]

    @property
    def duration(self) -> int:
        """Milliseconds from the beginning to the last update."""
        return self.updates[-1].at - self.began if self.updates else 0

    def states(self) -> Iterator[MapState]:
        """The map at seq 0, 1, … n."""
        state = self.initial
        yield state
        for update in self.updates:
            state = state.apply(update.change)
            yield state

    def seq_at(self, t: int) -> int:
        """The last update that was out `t` milliseconds after the beginning; 0: none."""
        return sum(update.at - self.began <= t for update in self.updates)

    def at_seq(self, seq: int) -> MapState:
        """The map after update `seq`."""
        state = self.initial
        for update in self.updates[:seq]:
            state = state.apply(update.change)
        return state

    def fold(self, t: int) -> MapState:
        """The map `t` milliseconds after the beginning."""
        return self.at_seq(self.seq_at(t))

    def corrected(self) -> dict[int, int]:
        """Which updates were corrected later: seq, and the seq of the first correction."""
        found: dict[int, int] = {}
        for update in self.updates:
            if update.change.corrects is not None:
                found.setdefault(update.change.corrects, update.seq)
        return found

    def later_corrected(self, seq: int) -> dict[str, int]:
        """Which calls on the map after update `seq` were corrected later: unit, and the seq."""
        standing = self.at_seq(seq).calls
        found: dict[str, int] = {}
        for update in self.updates[seq:]:
            change = update.change
            if change.corrects is None or change.corrects > seq:
                continue
            for unit in change.calls or ():
                if standing.get(unit, {}).get("party"):
                    found.setdefault(unit, update.seq)
        return found

    def trim(self, start: int = 0, end: int | None = None, offset: int = 0) -> "Recording":
        """A part: what came from `start` to `end`, moved by `offset`, all in milliseconds.

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

    def to_dict(self) -> dict[str, Any]:
        """As JSON: the updates as in frames, with `t` (milliseconds) in place of `at`."""
        return {
            "v": VERSION,
            "title": self.title,
            "slug": self.slug,
            "election": self.initial.election,
            "epoch": self.epoch,
            "began": self.began,
            "initial": self.initial.to_dict(),
            "updates": [
                {
                    "seq": update.seq,
                    "t": update.at - self.began,
                    **update.change.to_dict(),
                    "totals": dict(update.totals),
                }
                for update in self.updates
            ],
        }


def _renumbered(update: Update, dropped: int) -> Update:
    change = update.change
    if change.corrects is not None:
        change = replace(change, corrects=max(change.corrects - dropped, 0))
    return replace(update, seq=update.seq - dropped, change=change)


def headline(update: Update) -> str:
    """As it was written, or ""."""
    return str(update.change.story["headline"]) if update.change.story else ""


def words(update: Update, gettext: Gettext = gettext_noop) -> str:
    """An update in words: its headline, or what changed."""
    change = update.change
    if told := headline(update):
        return told
    if change.calls:
        return ", ".join(unit_name(unit, gettext) for unit in change.calls)
    place = change.view and place_name(change.view["focus"], gettext)
    return gettext("View: %(place)s") % {"place": place} if place else ""


def parse_recording(data: object) -> Recording:
    """A `Recording` from decoded JSON. Raises `InvalidChange` naming the first wrong field.

    Each update must be one that could have been published there, with these totals.
    """
    fields = known_object("recording", data, KEYS)
    if fields.get("v") != VERSION:
        raise InvalidChange("v", f"is not {VERSION}")
    epoch, slug = fields.get("epoch"), fields.get("slug")
    for name, value in (("epoch", epoch), ("slug", slug)):
        if not isinstance(value, str) or not _NAME.fullmatch(value):
            raise InvalidChange(name, "is not 1 to 50 letters, digits, - and _")
    began = _number("began", fields.get("began"), MAX_TIME)
    initial = _state(fields.get("initial"))
    if fields.get("election") != initial.election:
        raise InvalidChange("election", "is not that of the initial map")
    recording = Recording(
        title=text("title", fields.get("title"), MAX_TITLE),
        slug=str(slug),
        epoch=str(epoch),
        began=began,
        initial=initial,
        updates=(),
    )
    items = short_list("updates", fields.get("updates"), MAX_UPDATES)
    return replace(recording, updates=tuple(_updates(recording, items)))


def _updates(recording: Recording, items: list[object]) -> Iterator[Update]:
    state = recording.initial
    made: list[Mapping[str, Mapping[str, str]]] = [state.calls]  # by seq
    before = 0
    for seq, item in enumerate(items, start=1):
        try:
            update = _update(recording.began, seq, item)
            if reason := state.refusal(update.change) or _wrong_correction(
                update.change, made, state
            ):
                raise InvalidChange("change", reason)
            state = state.apply(update.change)
            if update.totals != state.totals:
                raise InvalidChange("totals", f"are not {state.totals}, which the calls add up to")
            if update.at < before:
                raise InvalidChange("t", "is before the update before it")
        except InvalidChange as error:
            raise InvalidChange(f"updates.{seq}.{error.field}", error.problem) from None
        made.append(update.change.calls or {})
        before = update.at
        yield update


def _update(began: int, seq: int, item: object) -> Update:
    fields = known_object(
        "change", item, ("seq", "t", "totals", *Change.__dataclass_fields__)
    ).copy()
    if fields.pop("seq", None) != seq:
        raise InvalidChange("seq", f"is not {seq}: updates count from 1 without a gap")
    t = _number("t", fields.pop("t", None), MAX_DURATION)
    totals = fields.pop("totals", None)
    if not isinstance(totals, dict):
        raise InvalidChange("totals", "is not an object")
    return Update(seq, began + t, parse_change(fields), totals)


def _wrong_correction(
    change: Change, made: list[Mapping[str, Mapping[str, str]]], state: MapState
) -> str | None:
    """A correction names the update that made each call it takes back, as in publishing.py."""
    if change.corrects is None:
        return None
    calls = made[change.corrects] if change.corrects < len(made) else {}
    for unit in change.calls or ():
        if calls.get(unit, {}).get("party") != state.calls[unit]["party"]:
            return f"Update {change.corrects} did not call {unit}."
    return None


def _state(data: object) -> MapState:
    fields = known_object("initial", data, STATE_KEYS)
    election = fields.get("election")
    if isinstance(election, bool) or not isinstance(election, int) or election not in ELECTIONS:
        raise InvalidChange("initial.election", "is not one that is known here")
    state = MapState(
        election=election,
        phase=one_of("initial.phase", fields.get("phase"), PHASES),
        view=parse_view("initial.view", fields.get("view")),
        calls=parse_calls("initial.calls", fields["calls"]) if fields.get("calls") else {},
        story=parse_story("initial.story", fields.get("story")),
    )
    if any(call["status"] == "open" for call in state.calls.values()):
        raise InvalidChange("initial.calls", "has open units, which are left out")
    if fields.get("totals") != state.totals:
        raise InvalidChange("initial.totals", f"are not {state.totals}")
    return state


def _number(name: str, value: object, limit: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= limit:
        raise InvalidChange(name, f"is not a whole number of milliseconds from 0 to {limit}")
    return value
