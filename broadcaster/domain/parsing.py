"""Reading untrusted JSON, value by value. Each error names the field that is wrong."""

import unicodedata
from collections.abc import Collection
from enum import StrEnum
from typing import Any, TypeVar

from broadcaster.domain.bidi import is_balanced
from broadcaster.domain.rejection import InvalidInput, shown_key

E = TypeVar("E", bound=StrEnum)

MAX_TITLE = 120  # characters
MAX_LISTED = 12  # words up to which an error lists all that it could be


def known_object(
    name: str, value: object, known: Collection[str], unknown: str = "unknown field"
) -> dict[str, Any]:
    """Return a JSON object, checked to have no other keys than the known ones."""
    if not isinstance(value, dict):
        raise InvalidInput(name, "is not an object")
    for key in value:
        if key not in known:
            shown = shown_key(key)
            path = shown if name == "change" else f"{name}.{shown}"
            raise InvalidInput(path, unknown)
    return value


def short_list(name: str, value: object, limit: int) -> list[Any]:
    """Return a list, checked to have at most `limit` entries."""
    if not isinstance(value, list):
        raise InvalidInput(name, "is not a list")
    if len(value) > limit:
        raise InvalidInput(name, f"has more than {limit} entries")
    return value


def choice(name: str, value: object, choices: type[E]) -> E:
    """Return the member of an enumeration that has this value."""
    return choices(one_of(name, value, [str(each) for each in choices]))


def one_of(name: str, value: object, known: Collection[str], what: str = "") -> str:
    """Return a word, checked to be one of those known. Errors call it `what`, or list all."""
    if not isinstance(value, str) or value not in known:
        if not what or len(known) <= MAX_LISTED:
            what = f"one of {', '.join(sorted(filter(None, known)))}"
        raise InvalidInput(name, f"is not {what}")
    return value


def whole_number(name: str, value: object, low: int, high: int, what: str) -> int:
    """Return a whole number from `low` to `high`; errors call it `what`."""
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise InvalidInput(name, f"is not {what}")
    return value


def text(name: str, value: object, limit: int) -> str:
    """Return text, stripped: characters that any system takes, at most `limit` of them.

    Text of which nothing would be seen, such as a zero-width space, is "".
    """
    if not isinstance(value, str):
        raise InvalidInput(name, "is not text")
    if len(value) > limit:
        raise InvalidInput(name, f"is longer than {limit} characters")
    if problem := unusable_characters(value):
        raise InvalidInput(name, problem)
    return value.strip() if any(map(is_visible, value)) else ""


def unusable_characters(value: str) -> str | None:
    """Return which characters of a text cannot be stored or drawn; None if there are none.

    PostgreSQL refuses NUL, UTF-8 has no surrogates, and XML, so every picture, has neither control
    characters nor U+FFFE and U+FFFF.
    """
    for character in value:
        if unicodedata.category(character) in ("Cc", "Cs") and character not in "\n\t":
            return "has control characters"
        if is_noncharacter(ord(character)):
            return f"has U+{ord(character):04X}, which is no character"
    if not is_balanced(value):
        return "ends a change of direction (U+2069) that it does not begin"
    return None


def is_visible(character: str) -> bool:
    """Return whether a character leaves a mark: spaces and format characters leave none."""
    return not character.isspace() and unicodedata.category(character) != "Cf"


def is_noncharacter(code: int) -> bool:
    """Return whether Unicode has set this code aside for no character: there are 66 of them."""
    return code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF
