"""The parties and the races of a contest as CSV tables, for editors and their spreadsheets.

Reading one gives JSON as contest documents have it, unchecked: parse_contest() checks it, so that
every problem has the row and the column that it has in the table.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from broadcaster.domain.contest import Candidate, Contest
from broadcaster.domain.contest_parsing import MAX_PARTIES, MAX_RACES
from broadcaster.domain.spreadsheet import read_table, write_table

PARTY_COLUMNS = (
    *("id", "name", "short", "letter", "look", "side", "held"),
    *("candidate", "candidate short", "feed"),
)
RACE_COLUMNS = ("id", "name", "weight", "shape", "held_by", "closes")
CANDIDATE, SHORT = "candidate ", "short "
"""What the columns of a race's candidates begin with; the party's id follows."""


def write_parties(contest: Contest) -> str:
    """Return the parties with the seats that they hold and their candidates in the contest."""
    return write_table(
        PARTY_COLUMNS,
        (
            {
                "id": party.id,
                "name": party.name,
                "short": party.short,
                "letter": party.letter,
                "look": party.look,
                "side": party.side,
                "held": str(contest.held.get(party.id, "")),
                **_person(contest.candidates.get(party.id), "candidate", "candidate short"),
                "feed": ", ".join(party.feed),
            }
            for party in contest.parties
        ),
    )


def read_parties(text: str) -> dict[str, Any]:
    """Return "parties", "held" and "candidates" of a document. Raises `InvalidDocument`."""
    rows = read_table("parties", text, PARTY_COLUMNS, MAX_PARTIES)
    own = ("id", "name", "short", "letter", "look", "side")
    return {
        "parties": [
            {name: row[name] for name in own if row.get(name)} | _feed(row.get("feed", ""))
            for row in rows
        ],
        "held": {row.get("id", ""): _number(row["held"]) for row in rows if row.get("held")},
        "candidates": {
            row.get("id", ""): candidate
            for row in rows
            if (candidate := _candidate(row, "candidate", "candidate short"))
        },
    }


def race_columns(parties: Iterable[str], with_short: bool) -> list[str]:
    """Return the columns of a table of races, with those of each party's candidates."""
    columns = [*RACE_COLUMNS]
    for party in parties:
        columns += [CANDIDATE + party, *([SHORT + party] if with_short else [])]
    return columns


def write_races(contest: Contest) -> str:
    """Return the races. Short names of candidates have columns if any race has one."""
    people = [person for race in contest.races for person in race.candidates.values()]
    columns = race_columns(contest.party_of, any(person.short for person in people))
    return write_table(
        columns,
        (
            {
                "id": race.id,
                "name": race.name,
                "weight": str(race.weight),
                "shape": race.shape,
                "held_by": race.held_by,
                "closes": race.closes.isoformat(timespec="minutes") if race.closes else "",
                **{
                    column: value
                    for party, person in race.candidates.items()
                    for column, value in _person(person, CANDIDATE + party, SHORT + party).items()
                },
            }
            for race in contest.races
        ),
    )


def read_races(text: str, parties: Iterable[str]) -> list[dict[str, Any]]:
    """Return "races" of a document. Raises `InvalidDocument`.

    An empty column of a party that is no longer there is left out, since parties are renamed in
    another table. A candidate of such a party is kept, so that parse_contest() rejects it.
    """
    columns = race_columns(parties, with_short=True)
    races = []
    for row in read_table("races", text, columns, MAX_RACES, (CANDIDATE, SHORT)):
        race: dict[str, Any] = {name: row[name] for name in RACE_COLUMNS if row.get(name)}
        race["weight"] = _number(row.get("weight") or "1")
        candidates = {
            party: candidate
            for party in _parties_with_columns(row)
            if (candidate := _candidate(row, CANDIDATE + party, SHORT + party))
        }
        races.append(race | ({"candidates": candidates} if candidates else {}))
    return races


def _parties_with_columns(row: Mapping[str, str]) -> list[str]:
    """Return the parties whose candidates have columns, each once."""
    found = [
        column.removeprefix(prefix)
        for prefix in (CANDIDATE, SHORT)
        for column in row
        if column.startswith(prefix)
    ]
    return list(dict.fromkeys(found))


class Cell(NamedTuple):
    """A cell of one of the two tables; row 0 and an empty column stand for the whole."""

    table: str
    row: int
    column: str


def cell_of(field: str, parties: Sequence[str]) -> Cell | None:
    """Return the cell that a problem's field names, such as races.3.candidates.D.name.

    `parties` has the ids of the parties in the table's order. None: it is in neither table.
    """
    table, *path = field.split(".")
    if table in ("held", "candidates"):  # of the parties, by their ids
        row = parties.index(path[0]) + 1 if path and path[0] in parties else 0
        column = "held" if table == "held" else "candidate"
        return Cell("parties", row, f"{column} short" if path[1:] == ["short"] else column)
    if table not in ("parties", "races"):
        return None
    row = int(path[0]) if path and path[0].isdigit() else 0
    if path[1:2] == ["candidates"] and len(path) > 2:
        prefix = SHORT if path[3:] == ["short"] else CANDIDATE
        return Cell(table, row, prefix + path[2])
    return Cell(table, row, path[1] if len(path) > 1 else "")


def _person(person: Candidate | None, name: str, short: str) -> dict[str, str]:
    return {name: person.name, short: person.short} if person else {}


def _candidate(row: Mapping[str, str], name: str, short: str) -> dict[str, str]:
    """Return the candidate in two cells of a row; {} if both are empty."""
    if not row.get(name) and not row.get(short):
        return {}
    found = {"name": row.get(name, ""), "short": row.get(short, "")}
    return {key: value for key, value in found.items() if value}


def _feed(cell: str) -> dict[str, list[str]]:
    """Return the words of a feed, which commas separate; {} if there are none."""
    words = [word.strip() for word in cell.split(",") if word.strip()]
    return {"feed": words} if words else {}


def _number(cell: str) -> int | str:
    """Return a whole number, or the text if it is none."""
    return int(cell) if cell.isascii() and cell.isdigit() and len(cell) < 12 else cell
