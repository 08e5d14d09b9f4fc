"""A recording as a JSON file: written, and read back from untrusted JSON.

A file holds the updates as frames do, with `t`, milliseconds after the beginning, in place of `at`.
"""

import re
from collections.abc import Iterator

from broadcaster.domain.change import Change, JsonObject, Status
from broadcaster.domain.clock import MAX_TIME
from broadcaster.domain.electoral import ELECTIONS
from broadcaster.domain.mapstate import MapState, Phase
from broadcaster.domain.parsing import (
    MAX_TITLE,
    choice,
    known_object,
    parse_calls,
    parse_change,
    parse_story,
    parse_view,
    short_list,
    text,
    whole_number,
)
from broadcaster.domain.recording import Recording
from broadcaster.domain.rejection import InvalidInput
from broadcaster.domain.rules import rejection
from broadcaster.domain.stream import Update

VERSION = 1
KEYS = ("v", "title", "slug", "election", "epoch", "began", "initial", "updates")
MAX_UPDATES = 10_000
MAX_DURATION = 31 * 24 * 3_600_000  # milliseconds

_NAME = re.compile(r"[-0-9A-Za-z_]{1,50}")


def to_dict(recording: Recording) -> JsonObject:
    """Return the file's content."""
    return {
        "v": VERSION,
        "title": recording.title,
        "slug": recording.slug,
        "election": recording.initial.election,
        "epoch": recording.epoch,
        "began": recording.began,
        "initial": recording.initial.to_dict(),
        "updates": [
            {
                "seq": update.seq,
                "t": update.at - recording.began,
                **update.change.to_dict(),
                "totals": update.totals,
            }
            for update in recording.updates
        ],
    }


def parse_recording(data: object) -> Recording:
    """Return the `Recording` that decoded JSON holds. Raises `InvalidInput`.

    Each update must be one that could have been published there, with these totals.
    """
    fields = known_object("recording", data, KEYS)
    if fields.get("v") != VERSION:
        raise InvalidInput("v", f"is not {VERSION}")
    epoch, slug = fields.get("epoch"), fields.get("slug")
    for name, value in (("epoch", epoch), ("slug", slug)):
        if not isinstance(value, str) or not _NAME.fullmatch(value):
            raise InvalidInput(name, "is not 1 to 50 letters, digits, - and _")
    began = _milliseconds("began", fields.get("began"), MAX_TIME)
    initial = _state(fields.get("initial"))
    if fields.get("election") != initial.election:
        raise InvalidInput("election", "is not that of the initial map")
    items = short_list("updates", fields.get("updates"), MAX_UPDATES)
    return Recording(
        title=text("title", fields.get("title"), MAX_TITLE),
        slug=str(slug),
        epoch=str(epoch),
        began=began,
        initial=initial,
        updates=tuple(_updates(began, initial, items)),
    )


def _updates(began: int, state: MapState, items: list[object]) -> Iterator[Update]:
    statements = [(0, state.calls)]
    before = 0
    for seq, item in enumerate(items, start=1):
        try:
            update = _update(began, seq, item)
            if reason := rejection(state, update, statements):
                raise InvalidInput("change", reason)
            state = state.apply(update)
            if update.totals != state.totals:
                raise InvalidInput("totals", f"are not {state.totals}, which the calls add up to")
            if update.at < before:
                raise InvalidInput("t", "is before the update before it")
        except InvalidInput as error:
            raise InvalidInput(f"updates.{seq}.{error.field}", error.problem) from None
        statements.append((seq, update.calls or {}))
        before = update.at
        yield update


def _update(began: int, seq: int, item: object) -> Update:
    known = ("seq", "t", "totals", *Change.__struct_fields__)
    fields = known_object("change", item, known).copy()
    if fields.pop("seq", None) != seq:
        raise InvalidInput("seq", f"is not {seq}: updates count from 1 without a gap")
    t = _milliseconds("t", fields.pop("t", None), MAX_DURATION)
    totals = fields.pop("totals", None)
    if not isinstance(totals, dict):
        raise InvalidInput("totals", "is not an object")
    return Update.of(parse_change(fields), seq, began + t, totals)


def _state(data: object) -> MapState:
    fields = known_object("initial", data, MapState.__struct_fields__)
    election = fields.get("election")
    if isinstance(election, bool) or not isinstance(election, int) or election not in ELECTIONS:
        raise InvalidInput("initial.election", "is not a known election")
    state = MapState(
        election=election,
        phase=choice("initial.phase", fields.get("phase"), Phase),
        view=parse_view("initial.view", fields.get("view")),
        calls=parse_calls("initial.calls", fields["calls"]) if fields.get("calls") else {},
        story=parse_story("initial.story", fields.get("story")),
    )
    if any(call.status is Status.OPEN for call in state.calls.values()):
        raise InvalidInput("initial.calls", "has open units, which must be left out")
    if fields.get("totals") != state.totals:
        raise InvalidInput("initial.totals", f"are not {state.totals}")
    return state


def _milliseconds(name: str, value: object, limit: int) -> int:
    what = f"a whole number of milliseconds from 0 to {limit}"
    return whole_number(name, value, 0, limit, what)
