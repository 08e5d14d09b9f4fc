"""Votes counted so far as a CSV table: a row for each race, a column for each party."""

from typing import Any

from broadcaster.domain.change import Count
from broadcaster.domain.change_parsing import parse_count
from broadcaster.domain.contest import Contest
from broadcaster.domain.document import Problems
from broadcaster.domain.rejection import InvalidInput
from broadcaster.domain.spreadsheet import read_table

RACE, EXPECTED = "race", "expected"


def read_counts(text: str, contest: Contest) -> dict[str, Count]:
    """Return the counts of a table with the columns race, expected (whole percent), and party ids.

    A party without a number has none. Raises `InvalidDocument`, with row and column.
    """
    columns = (RACE, EXPECTED, *contest.party_of)
    found: dict[str, Count] = {}
    problems = Problems()
    for number, row in enumerate(read_table("counts", text, columns, len(contest.races)), start=1):
        name = f"counts.{number}"
        with problems.collected():
            race = row.get(RACE, "")
            if race not in contest.race_of:
                raise InvalidInput(f"{name}.{RACE}", f"unknown race {race}")
            if race in found:
                raise InvalidInput(f"{name}.{RACE}", f"has {race} a second time")
            votes = {
                party: _number(f"{name}.{party}", row[party])
                for party in contest.party_of
                if row.get(party)
            }
            value: dict[str, Any] = {"votes": votes}
            if percent := row.get(EXPECTED, "").removesuffix("%").strip():
                value[EXPECTED] = _part(f"{name}.{EXPECTED}", percent)
            found[race] = parse_count(contest, name, value)
    problems.check()
    return found


def _part(name: str, percent: str) -> float:
    """Return a whole percent as a number from 0 to 1."""
    if not (percent.isascii() and percent.isdigit() and len(percent) <= 3 and int(percent) <= 100):
        raise InvalidInput(name, "is not a whole percent from 0 to 100")
    return int(percent) / 100


def _number(name: str, cell: str) -> int:
    """Return a whole number, in which spaces and commas may separate the thousands."""
    digits = cell.replace(",", "").replace(" ", "").replace("\u00a0", "")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 12):
        raise InvalidInput(name, "is not a whole number")
    return int(digits)
