"""The cues of a rundown as a CSV table, for editors and their spreadsheets.

A row is a cue. Its cells are written as in these examples:

    view          senate/OH
    highlight     PA, GA
    calls         president/PA called D; senate/AZ too_close
    counts        president/PA D=3377674 R=3295319 98%
    annotation 1  president/PA: Mail ballots are counted last

A place without a contest is one of the first contest; “president/” is the whole map.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from broadcaster.domain.change import ByRace, Call, Count
from broadcaster.domain.document import Problems
from broadcaster.domain.rejection import InvalidInput
from broadcaster.domain.rundown_file import MAX_ROWS, PreparedChange, prepared
from broadcaster.domain.show import Show
from broadcaster.domain.spreadsheet import read_table, write_table

COLUMNS = (
    *("title", "kind", "view", "highlight", "calls", "counts"),
    *("headline", "body", "announce"),
)
ANNOTATION = "annotation "
"""What the columns of annotations begin with; a number follows."""

_COLUMN_OF = {
    ("view", "highlight"): "highlight",
    ("story", "headline"): "headline",
    ("story", "body"): "body",
    ("story", "announce"): "announce",
    ("story", "annotations"): ANNOTATION + "1",
}
"""The column of a field of a change, where it is not called like the facet."""


def write_rundown(cues: Sequence[PreparedChange]) -> str:
    """Return the cues as a table, which `read_rundown` reads back unchanged."""
    stories = [cue.change.story for cue in cues]
    most = max((len(story.annotations) for story in stories if story), default=0)
    columns = (*COLUMNS, *(f"{ANNOTATION}{number}" for number in range(1, most + 1)))
    return write_table(columns, map(_cells, cues))


def read_rundown(text: str, show: Show) -> list[PreparedChange]:
    """Return the cues of a table, for a broadcast with the contests of `show`.

    Raises `InvalidDocument` with the problems of all rows, on fields such as rundown.3.calls.
    """
    problems = Problems()
    found = []
    table = read_table("rundown", text, COLUMNS, MAX_ROWS, (ANNOTATION,))
    for number, row in enumerate(table, start=1):
        with problems.collected():
            try:
                found.append(prepared(row.get("title", ""), _change(row, show), show))
            except InvalidInput as error:
                column, words = _column(error)
                raise InvalidInput(f"rundown.{number}.{column}", words) from None
    if not table:
        problems.add("rundown", "has no cue")
    problems.check()
    return found


def _column(error: InvalidInput) -> tuple[str, str]:
    """Return the column of a problem, and the problem with the part of the cell that it is in."""
    path = error.field.removeprefix("change.").split(".")
    if path == ["change"]:
        return "", error.problem
    column = _COLUMN_OF.get((path[0], path[1] if len(path) > 1 else ""), path[0])
    if path[0] in ("calls", "counts") and len(path) > 2:
        part = " ".join(["/".join(path[1:3]), *path[3:]])
        return column, f"{part}: {error.problem}"
    return column, error.problem


# Writing


def _cells(cue: PreparedChange) -> dict[str, str]:
    change = cue.change
    view, story = change.view, change.story
    cells = {
        "title": cue.title,
        "kind": str(change.kind),
        "view": f"{view.contest}/{view.focus}" if view else "",
        "highlight": ", ".join(view.highlight) if view else "",
        "calls": "; ".join(_call_words(change.calls or {})),
        "counts": "; ".join(_count_words(change.counts or {})),
    }
    if story:
        cells |= {"headline": story.headline, "body": story.body, "announce": str(story.announce)}
        for number, note in enumerate(story.annotations, start=1):
            cells[f"{ANNOTATION}{number}"] = f"{note.contest}/{note.at}: {note.text}"
    return cells


def _call_words(calls: ByRace[Call]) -> Iterator[str]:
    for key, races in calls.items():
        for race, call in races.items():
            yield f"{key}/{race} {call.status} {call.party}".strip()


def _count_words(counts: ByRace[Count]) -> Iterator[str]:
    for key, races in counts.items():
        for race, count in races.items():
            words = [f"{key}/{race}", *(f"{party}={n}" for party, n in count.votes.items())]
            if count.expected is not None:
                words.append(f"{round(100 * count.expected, 2):g}%")
            yield " ".join(words)


# Reading: JSON as changes have it, unchecked


def _change(row: dict[str, str], show: Show) -> dict[str, Any]:
    found: dict[str, Any] = {"kind": row["kind"]} if row.get("kind") else {}
    if row.get("view"):
        contest, place = _place(row["view"], show)
        listed = [each.strip() for each in row.get("highlight", "").split(",")]
        highlight = [each for each in listed if each]
        found["view"] = {"contest": contest, "focus": place, "highlight": highlight}
    elif row.get("highlight"):
        raise InvalidInput("highlight", "needs a view: the contest of its places")
    if row.get("calls"):
        found["calls"] = _by_race("calls", row["calls"], show)
    if row.get("counts"):
        found["counts"] = _by_race("counts", row["counts"], show)
    texts = {name: row[name] for name in ("headline", "body", "announce") if row.get(name)}
    notes = [
        _annotation(column, row[column], show)
        for column in row
        if column.startswith(ANNOTATION) and row[column]
    ]
    if texts or notes:
        found["story"] = texts | {"annotations": notes}
    return found


def _place(cell: str, show: Show) -> tuple[str, str]:
    """Return the contest and the place of “senate/OH”, or of “OH” in the first contest."""
    contest, slash, place = cell.rpartition("/")
    return (contest if slash else show.first), place


def _by_race(column: str, cell: str, show: Show) -> dict[str, dict[str, Any]]:
    """Return the entries of a cell, which semicolons or lines separate, by contest and race."""
    read = _call if column == "calls" else _count
    found: dict[str, dict[str, Any]] = {}
    for entry in re.split(r"[;\n]", cell):
        if not (words := entry.split()):
            continue
        contest, race = _place(words[0], show)
        if race in found.setdefault(contest, {}):
            raise InvalidInput(column, f"has {contest}/{race} a second time")
        found[contest][race] = read(words)
    return found


def _call(words: list[str]) -> dict[str, str]:
    if len(words) > 3:
        raise InvalidInput("calls", f"{' '.join(words)}: more than race, status and party")
    return dict(zip(("status", "party"), words[1:], strict=False))


def _count(words: list[str]) -> dict[str, Any]:
    votes: dict[str, Any] = {}
    count: dict[str, Any] = {"votes": votes}
    for word in words[1:]:
        party, equals, number = word.partition("=")
        if equals and _is_number(number):
            votes[party] = int(number)
        elif word.endswith("%") and _is_number(word[:-1].replace(".", "", 1)):
            count["expected"] = float(word[:-1]) / 100
        else:
            raise InvalidInput(
                "counts", f"{words[0]}: “{word}” is neither votes, as D=1200, nor a part, as 63%"
            )
    return count


def _annotation(column: str, cell: str, show: Show) -> dict[str, str]:
    place, colon, text = cell.partition(":")
    if not colon:
        raise InvalidInput(column, "has no place before its text, as in “PA: Mail ballots”")
    contest, at = _place(place.strip(), show)
    return {"contest": contest, "at": at, "text": text.strip()}


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 12
