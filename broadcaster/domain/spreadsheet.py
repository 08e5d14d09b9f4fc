"""Tables as CSV, to and from spreadsheets."""

import csv
import io
from collections.abc import Collection, Iterable, Mapping, Sequence

from broadcaster.domain.document import InvalidDocument, Problems
from broadcaster.domain.parsing import unusable_characters
from broadcaster.domain.rejection import InvalidInput

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How text begins that a spreadsheet would read as a formula."""
QUOTED = (*FORMULA, "'")
"""How text begins before which an apostrophe is put; those that are there already count."""


def quoted(cell: str) -> str:
    """Return text so that a spreadsheet does not read it as a formula."""
    return f"'{cell}" if cell.startswith(QUOTED) else cell


def unquoted(cell: str) -> str:
    """Return what `quoted` was given."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(QUOTED) else cell


def write_table(columns: Sequence[str], rows: Iterable[Mapping[str, str]]) -> str:
    """Return a table as CSV. Cells that a row does not have are empty."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(columns)
    for row in rows:
        table.writerow([quoted(row.get(column, "")) for column in columns])
    return out.getvalue()


def decode_table(content: bytes) -> str:
    """Return the text of a CSV file. Raises `InvalidInput` if it is no text in UTF-8."""
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise InvalidInput(
            "file",
            f"is not in UTF-8: line {line} has characters of another encoding. "
            "Save it as “CSV UTF-8”, and choose it again",
        ) from None
    if unusable_characters(text):
        raise InvalidInput("file", "is no CSV table: it has control characters")
    return text


def read_table(
    name: str, text: str, columns: Collection[str], limit: int, prefixes: tuple[str, ...] = ()
) -> list[dict[str, str]]:
    """Return the rows of a CSV table by the columns of its head; empty rows are left out.

    A column is one of `columns`, or begins with one of `prefixes`. Commas, semicolons and tabs
    separate cells, whichever the head has. Raises `InvalidDocument`,
    with rows counted from 1 below the head.
    """
    first = text.lstrip().partition("\n")[0]
    delimiter = next((each for each in (",", ";", "\t") if each in first), ",")
    problems = Problems()
    try:
        table = [
            [unquoted(cell.strip()) for cell in row]
            for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
            if any(cell.strip() for cell in row)
        ]
    except csv.Error as error:
        raise InvalidDocument([InvalidInput(name, f"is no CSV table: {error}")]) from None
    if not table:
        raise InvalidDocument([InvalidInput(name, "is empty")])
    head = table[0]
    for number, column in enumerate(head, start=1):
        if column not in columns and not column.startswith(prefixes):
            known = ", ".join(columns)
            problems.add(f"{name}.head", f"column {number} is “{column}”, not one of {known}")
        elif column in head[: number - 1]:
            problems.add(f"{name}.head", f"has two columns {column}")
    if len(table) - 1 > limit:
        problems.add(name, f"has {len(table) - 1} rows; there can be {limit} at most")
    problems.check()
    for number, row in enumerate(table[1:], start=1):
        if len(row) > len(head):
            problems.add(f"{name}.{number}", f"has {len(row)} cells; the head has {len(head)}")
    problems.check()
    return [dict(zip(head, row, strict=False)) for row in table[1:]]
