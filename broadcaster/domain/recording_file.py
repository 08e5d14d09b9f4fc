"""A recording as a JSON file: written, and read back from untrusted JSON.

A file holds the updates as frames do, with `t`, milliseconds after the beginning, in place of `at`,
and the documents of its contests.
"""

import re
from collections.abc import Callable, Iterator
from functools import partial

from broadcaster.domain import version1
from broadcaster.domain.change import Change, JsonObject, Status, flat
from broadcaster.domain.change_parsing import (
    parse_calls,
    parse_change,
    parse_counts,
    parse_story,
    parse_view,
)
from broadcaster.domain.clock import MAX_TIME
from broadcaster.domain.contest_parsing import parse_contest
from broadcaster.domain.geometry import Geometry
from broadcaster.domain.mapstate import MapState, Phase, totals_of
from broadcaster.domain.parsing import (
    MAX_TITLE,
    choice,
    known_object,
    short_list,
    text,
    whole_number,
)
from broadcaster.domain.recording import Recording
from broadcaster.domain.rejection import InvalidInput
from broadcaster.domain.rules import rejection
from broadcaster.domain.show import Edition, Show, parse_contests
from broadcaster.domain.stream import Update

VERSION = 2
KEYS = ("v", "title", "slug", "contests", "epoch", "began", "initial", "updates")
MAX_UPDATES = 10_000
MAX_DURATION = 31 * 24 * 3_600_000  # milliseconds

_NAME = re.compile(r"[-0-9A-Za-z_]{1,50}")

GeometryOf = Callable[[str], Geometry | None]


def to_dict(recording: Recording) -> JsonObject:
    """Return the file's content."""
    contests = recording.show.contests
    return {
        "v": VERSION,
        "title": recording.title,
        "slug": recording.slug,
        "contests": {key: contest.to_dict() for key, contest in contests.items()},
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


def parse_recording(data: object, geometry_of: GeometryOf) -> Recording:
    """Return the `Recording` that decoded JSON holds, of version 1 or 2. Raises `InvalidInput`.

    Each update must be one that could have been published there, with these totals. `geometry_of`
    returns the geometry of an id, or None if there is none.
    """
    if isinstance(data, dict) and data.get("v") == 1:
        data = version1.recording(data)
    fields = known_object("recording", data, KEYS)
    if fields.get("v") != VERSION:
        raise InvalidInput("v", f"is neither 1 nor {VERSION}")
    epoch, slug = fields.get("epoch"), fields.get("slug")
    for name, value in (("epoch", epoch), ("slug", slug)):
        if not isinstance(value, str) or not _NAME.fullmatch(value):
            raise InvalidInput(name, "is not 1 to 50 letters, digits, - and _")
    began = _milliseconds("began", fields.get("began"), MAX_TIME)
    show = Show(parse_contests("contests", fields.get("contests"), partial(_edition, geometry_of)))
    initial = _state(show, fields.get("initial"))
    items = short_list("updates", fields.get("updates"), MAX_UPDATES)
    return Recording(
        title=text("title", fields.get("title"), MAX_TITLE),
        slug=str(slug),
        epoch=str(epoch),
        began=began,
        show=show,
        initial=initial,
        updates=tuple(_updates(began, show, initial, items)),
    )


def _edition(geometry_of: GeometryOf, name: str, document: object) -> Edition:
    try:
        contest = parse_contest(document, geometry_of)
    except InvalidInput as error:
        raise InvalidInput(f"{name}.{error.field}", error.problem) from None
    geometry = geometry_of(contest.geometry)
    if geometry is None:
        raise InvalidInput(f"{name}.geometry", f"there is no geometry {contest.geometry}")
    return Edition(contest, geometry)


def _updates(began: int, show: Show, state: MapState, items: list[object]) -> Iterator[Update]:
    statements = [(0, flat(state.calls))]
    before = 0
    for seq, item in enumerate(items, start=1):
        try:
            update = _update(began, show, seq, item)
            if reason := rejection(state, update, show.contests, statements):
                raise InvalidInput("change", reason)
            state = state.apply(update, show.contests)
            if update.totals != state.totals:
                raise InvalidInput("totals", f"are not {state.totals}, which the calls add up to")
            if update.at < before:
                raise InvalidInput("t", "is before the update before it")
        except InvalidInput as error:
            raise InvalidInput(f"updates.{seq}.{error.field}", error.problem) from None
        statements.append((seq, update.called))
        before = update.at
        yield update


def _update(began: int, show: Show, seq: int, item: object) -> Update:
    known = ("seq", "t", "totals", *Change.__struct_fields__)
    fields = known_object("change", item, known).copy()
    if fields.pop("seq", None) != seq:
        raise InvalidInput("seq", f"is not {seq}: updates count from 1 without a gap")
    t = _milliseconds("t", fields.pop("t", None), MAX_DURATION)
    totals = fields.pop("totals", None)
    if not isinstance(totals, dict):
        raise InvalidInput("totals", "is not an object")
    return Update.of(parse_change(fields, show), seq, began + t, totals)


def _state(show: Show, data: object) -> MapState:
    fields = known_object("initial", data, MapState.__struct_fields__)
    calls, counts = fields.get("calls"), fields.get("counts")
    read_calls = parse_calls(show, "initial.calls", calls) if calls else {}
    state = MapState(
        phase=choice("initial.phase", fields.get("phase"), Phase),
        view=parse_view(show, "initial.view", fields.get("view")),
        calls=read_calls,
        counts=parse_counts(show, "initial.counts", counts) if counts else {},
        story=parse_story(show, "initial.story", fields.get("story")),
        totals=totals_of(show.contests, read_calls),
    )
    if any(call.status is Status.OPEN for call in flat(state.calls).values()):
        raise InvalidInput("initial.calls", "has open races, which must be left out")
    if any(not count.votes for count in flat(state.counts).values()):
        raise InvalidInput("initial.counts", "has races without votes, which must be left out")
    if fields.get("totals") != state.totals:
        raise InvalidInput("initial.totals", f"are not {state.totals}")
    return state


def _milliseconds(name: str, value: object, limit: int) -> int:
    what = f"a whole number of milliseconds from 0 to {limit}"
    return whole_number(name, value, 0, limit, what)
