"""Reading documents with rows: all their problems at once, each with its row and field."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from broadcaster.domain.parsing import text
from broadcaster.domain.rejection import InvalidInput

MAX_PROBLEMS = 20  # that one answer lists

_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,49}")


class InvalidDocument(InvalidInput):
    """A document with one or more problems, in its order. It stands for the first of them."""

    def __init__(self, problems: list[InvalidInput]) -> None:
        super().__init__(problems[0].field, problems[0].problem)
        self.problems = problems


class Problems:
    """Collects problems, so that an editor sees those of all rows at once."""

    def __init__(self) -> None:
        self.found: list[InvalidInput] = []

    @contextmanager
    def collected(self) -> Iterator[None]:
        """Go on after an `InvalidInput` in the block."""
        try:
            yield
        except InvalidInput as error:
            if len(self.found) < MAX_PROBLEMS:
                self.found.append(error)

    def add(self, field: str, problem: str) -> None:
        with self.collected():
            raise InvalidInput(field, problem)

    def check(self) -> None:
        """Raise `InvalidDocument` if there are any."""
        if self.found:
            raise InvalidDocument(self.found)


def rows(
    name: str, value: object, limit: int, what: str, problems: Problems
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the rows of a list with the name of each, such as races.3, if it is not too long."""
    if not isinstance(value, list):
        problems.add(name, "is not a list")
    elif len(value) > limit:
        problems.add(name, f"has {len(value)} rows; there can be {limit} {what} at most")
    else:
        yield from ((f"{name}.{number}", row) for number, row in enumerate(value, start=1))


def parse_id(name: str, value: object) -> str:
    """Return the id of a document."""
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise InvalidInput(name, "is not 1 to 50 lower-case letters, digits and hyphens")
    return value


def filled(name: str, value: object, limit: int) -> str:
    """Return text in one line, checked not to be empty."""
    found = line(name, value, limit)
    if not found:
        raise InvalidInput(name, "is empty")
    return found


def line(name: str, value: object, limit: int) -> str:
    """Return text in one line, "" for none."""
    return " ".join(text(name, "" if value is None else value, limit).split())
