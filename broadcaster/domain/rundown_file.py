"""The cues of a rundown as a JSON file: written, and read back from untrusted JSON."""

from collections.abc import Iterable
from typing import NamedTuple

from broadcaster.domain.change import Change, JsonObject, Kind
from broadcaster.domain.change_parsing import parse_change
from broadcaster.domain.document import Problems, rows
from broadcaster.domain.parsing import MAX_TITLE, known_object, text
from broadcaster.domain.rejection import InvalidInput
from broadcaster.domain.show import Show

SCHEMA = "mapcenter.rundown/1"
MAX_ROWS = 1000


class PreparedChange(NamedTuple):
    """A cue without its place in a rundown, and without who prepared it."""

    title: str
    change: Change


def to_dict(cues: Iterable[PreparedChange]) -> JsonObject:
    """Return the file's content."""
    return {
        "schema": SCHEMA,
        "cues": [{"title": cue.title, "change": cue.change.to_dict()} for cue in cues],
    }


def parse_rundown(data: object, show: Show) -> list[PreparedChange]:
    """Return the cues that decoded JSON holds, for a broadcast with the contests of `show`.

    Raises `InvalidDocument` with the problems of all cues, on fields such as
    cues.3.change.calls.senate.OH.
    """
    problems = Problems()
    fields = known_object("rundown", data, ("schema", "cues"))
    if fields.get("schema") != SCHEMA:
        problems.add("schema", f"is not {SCHEMA}")
    found = []
    for name, row in rows("cues", fields.get("cues"), MAX_ROWS, "cues", problems):
        with problems.collected():
            cue = known_object(name, row, PreparedChange._fields)
            try:
                found.append(prepared(cue.get("title"), cue.get("change"), show))
            except InvalidInput as error:
                raise InvalidInput(f"{name}.{error.field}", error.problem) from None
    if fields.get("cues") == []:
        problems.add("cues", "is empty")
    problems.check()
    return found


def prepared(title: object, change: object, show: Show) -> PreparedChange:
    """Return a cue. Raises `InvalidInput`, on fields such as title or change.story.headline.

    A correction names an update of one log, so it belongs to no other rundown.
    """
    name = text("title", title, MAX_TITLE)
    if not name:
        raise InvalidInput("title", "is empty")
    try:
        parsed = parse_change(change, show)
    except InvalidInput as error:
        field = error.field if error.field == "change" else f"change.{error.field}"
        raise InvalidInput(field, error.problem) from None
    if parsed.kind is Kind.CORRECT:
        raise InvalidInput("change.kind", "a correction cannot be imported; make it at the desk")
    return PreparedChange(name, parsed)
