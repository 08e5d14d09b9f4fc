"""Reading changes from untrusted JSON. Each error names the first wrong field.

rules.py and publishing decide whether a change may be published now.
"""

import unicodedata
from collections.abc import Callable, Collection
from enum import StrEnum
from typing import Any, TypeVar

from broadcaster.domain.bidi import is_balanced
from broadcaster.domain.change import (
    Annotation,
    Announce,
    Call,
    Change,
    Kind,
    Status,
    Story,
    View,
)
from broadcaster.domain.electoral import PARTIES, STATE_NAMES, UNITS
from broadcaster.domain.rejection import InvalidInput, shown_key

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)

LAYERS = ("president",)
PLACES = frozenset({"US", *STATE_NAMES, *UNITS})
"""The places that a view can focus on and an annotation can point to."""

MAX_HEADLINE = 200  # characters, as are the next four
MAX_TITLE = 120
MAX_BODY = 4000
MAX_ANNOTATION = 200
MAX_REASON = 500
MAX_ANNOTATIONS = 20  # annotations in a story
MAX_LISTED = 12  # words up to which an error lists all that it could be


def parse_change(data: object) -> Change:
    """Return the `Change` that decoded JSON holds. Raises `InvalidInput`."""
    fields = known_object("change", data, Change.__struct_fields__)
    change = Change(
        kind=choice("kind", fields.get("kind", Kind.UPDATE), Kind),
        view=_optional(fields, "view", parse_view),
        calls=_optional(fields, "calls", parse_calls),
        story=_optional(fields, "story", parse_story),
        corrects=_optional(fields, "corrects", _seq),
        reason=_optional(fields, "reason", lambda name, value: text(name, value, MAX_REASON)),
    )
    check_facets(change)
    return change


def check_facets(change: Change) -> None:
    """Check which facets each kind must and must not carry. Raises `InvalidInput`."""
    if change.kind is Kind.CORRECT:
        required = {"corrects": change.corrects, "reason": change.reason, "calls": change.calls}
        for name, value in required.items():
            if value in (None, ""):
                raise InvalidInput(name, "a correction needs it")
    else:
        for name, value in {"corrects": change.corrects, "reason": change.reason}.items():
            if value is not None:
                raise InvalidInput(name, "only a correction has it")
        for unit, call in (change.calls or {}).items():
            if call.status is Status.RETRACTED:
                raise InvalidInput(f"calls.{unit}.status", "only a correction retracts a call")
    if change.kind is Kind.UPDATE:
        if change.view is None and change.calls is None and change.story is None:
            raise InvalidInput("change", "has neither view, calls nor story")
    elif change.kind is not Kind.CORRECT:
        for name, facet in {"view": change.view, "calls": change.calls}.items():
            if facet is not None:
                raise InvalidInput(name, f"kind {change.kind} cannot carry it")
    if (change.decides or change.kind is Kind.CORRECT) and not change.headline:
        raise InvalidInput("story.headline", "a call needs a headline")


def parse_view(name: str, value: object) -> View:
    """Return a complete view. Raises `InvalidInput`; `name` is the field, as for the next two."""
    fields = known_object(name, value, View.__struct_fields__)
    highlight = short_list(f"{name}.highlight", fields.get("highlight", []), len(PLACES))
    places = [one_of(f"{name}.highlight", place, PLACES) for place in highlight]
    return View(
        layer=one_of(f"{name}.layer", fields.get("layer", LAYERS[0]), LAYERS),
        focus=one_of(f"{name}.focus", fields.get("focus", "US"), PLACES),
        highlight=tuple(dict.fromkeys(places)),
    )


def parse_calls(name: str, value: object) -> dict[str, Call]:
    """Return calls by unit, at least one."""
    calls = known_object(name, value, UNITS, unknown="unknown state or district")
    if not calls:
        raise InvalidInput(name, "is empty")
    return {unit: _call(f"{name}.{unit}", call) for unit, call in calls.items()}


def _call(name: str, value: object) -> Call:
    fields = known_object(name, value, Call.__struct_fields__)
    call = Call(choice(f"{name}.status", fields.get("status"), Status))
    if call.decided:
        return Call(call.status, one_of(f"{name}.party", fields.get("party"), PARTIES))
    if fields.get("party") is not None:
        raise InvalidInput(f"{name}.party", f"status {call.status} names no party")
    return call


def parse_story(name: str, value: object) -> Story:
    """Return a complete story."""
    fields = known_object(name, value, Story.__struct_fields__)
    annotations = short_list(f"{name}.annotations", fields.get("annotations", []), MAX_ANNOTATIONS)
    return Story(
        headline=text(f"{name}.headline", fields.get("headline", ""), MAX_HEADLINE),
        body=text(f"{name}.body", fields.get("body", ""), MAX_BODY),
        annotations=tuple(_annotation(f"{name}.annotations", item) for item in annotations),
        announce=choice(f"{name}.announce", fields.get("announce", Announce.POLITE), Announce),
    )


def _annotation(name: str, value: object) -> Annotation:
    fields = known_object(name, value, Annotation.__struct_fields__)
    return Annotation(
        at=one_of(f"{name}.at", fields.get("at", "US"), PLACES),
        text=text(f"{name}.text", fields.get("text", ""), MAX_ANNOTATION),
    )


def _optional(fields: dict[str, Any], name: str, read: Callable[[str, object], T]) -> T | None:
    value = fields.get(name)
    return None if value is None else read(name, value)


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


def one_of(name: str, value: object, known: Collection[str]) -> str:
    """Return a word, checked to be one of those known."""
    if not isinstance(value, str) or value not in known:
        few = len(known) <= MAX_LISTED
        words = ", ".join(sorted(filter(None, known)))
        expected = f"one of {words}" if few else "a known state or district"
        raise InvalidInput(name, f"is not {expected}")
    return value


def _seq(name: str, value: object) -> int:
    return whole_number(name, value, 0, 2**31 - 1, "the seq of an update")


def whole_number(name: str, value: object, low: int, high: int, what: str) -> int:
    """Return a whole number from `low` to `high`; errors call it `what`."""
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise InvalidInput(name, f"is not {what}")
    return value


def text(name: str, value: object, limit: int) -> str:
    """Return text, stripped: characters that any system takes, at most `limit` of them."""
    if not isinstance(value, str):
        raise InvalidInput(name, "is not text")
    if len(value) > limit:
        raise InvalidInput(name, f"is longer than {limit} characters")
    if problem := unusable_characters(value):
        raise InvalidInput(name, problem)
    return value.strip()


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


def is_noncharacter(code: int) -> bool:
    """Return whether Unicode has set this code aside for no character: there are 66 of them."""
    return code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF
