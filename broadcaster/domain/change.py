"""A change: what staff did, before it has a position. Pure.

`parse_change` turns untrusted JSON into a `Change` or says which field is wrong and why.
What a change may do to the map at this moment is `MapState.refusal`'s business.
"""

import unicodedata
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from broadcaster.domain.electoral import STATE_NAMES, UNITS

T = TypeVar("T")

KINDS = ("update", "correct", "start", "hold", "resume", "end")
STATUSES = ("open", "too_early", "too_close", "called", "retracted", "certified")
DECIDED = frozenset({"called", "certified"})
"""Statuses that give a unit's votes to a party. The others carry no party."""
PARTIES = ("D", "R", "O")
LAYERS = ("president",)
PLACES = frozenset({"US", *STATE_NAMES, *UNITS})
"""What a view can focus on and an annotation can point to."""
LOUDNESS = ("polite", "assertive", "none")

MAX_HEADLINE = 200  # characters, as are the next four
MAX_BODY = 4000
MAX_ANNOTATION = 200
MAX_REASON = 500
MAX_ANNOTATIONS = 20  # annotations in a story


class InvalidChange(ValueError):
    """The change itself is wrong, whatever the map looks like."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Change:
    """One valid change. `view`, `calls` and `story` are None where they stay as they are."""

    kind: str = "update"
    view: Mapping[str, Any] | None = None
    calls: Mapping[str, Mapping[str, str]] | None = None
    story: Mapping[str, Any] | None = None
    corrects: int | None = None  # seq of the update that was wrong; 0: the map it all began with
    reason: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """As JSON, without the facets that stay as they are. `parse_change` reads it back."""
        facets = {
            "view": self.view,
            "calls": self.calls,
            "story": self.story,
            "corrects": self.corrects,
            "reason": self.reason,
        }
        return {"kind": self.kind} | {k: v for k, v in facets.items() if v is not None}


def parse_change(data: object) -> Change:
    """A `Change` from decoded JSON. Raises `InvalidChange` naming the first wrong field."""
    fields = known_object("change", data, Change.__dataclass_fields__)
    kind = one_of("kind", fields.get("kind", "update"), KINDS)
    change = Change(
        kind=kind,
        view=_optional(fields, "view", parse_view),
        calls=_optional(fields, "calls", parse_calls),
        story=_optional(fields, "story", parse_story),
        corrects=_optional(fields, "corrects", _seq),
        reason=_optional(fields, "reason", lambda name, value: text(name, value, MAX_REASON)),
    )
    _check_shape(change)
    return change


def _check_shape(change: Change) -> None:
    """The rules between fields: what each kind must and must not carry."""
    if change.kind == "correct":
        for name in ("corrects", "reason", "calls"):
            if getattr(change, name) in (None, ""):
                raise InvalidChange(name, "a correction needs it")
    else:
        for name in ("corrects", "reason"):
            if getattr(change, name) is not None:
                raise InvalidChange(name, "only a correction has it")
        for unit, call in (change.calls or {}).items():
            if call["status"] == "retracted":
                raise InvalidChange(f"calls.{unit}.status", "only a correction retracts a call")
    if change.kind == "update":
        if change.view is None and change.calls is None and change.story is None:
            raise InvalidChange("change", "has neither view, calls nor story")
    elif change.kind != "correct":
        for name in ("view", "calls"):
            if getattr(change, name) is not None:
                raise InvalidChange(name, f"kind {change.kind} cannot carry it")
    called = any(call["status"] in DECIDED for call in (change.calls or {}).values())
    announced = called or change.kind == "correct"
    if announced and not (change.story and change.story["headline"]):
        raise InvalidChange("story.headline", "a call needs a headline")


def parse_view(name: str, value: object) -> dict[str, Any]:
    """A view, complete. Raises `InvalidChange`; `name` is the field, as for the next two."""
    fields = known_object(name, value, ("layer", "focus", "highlight"))
    highlight = short_list(f"{name}.highlight", fields.get("highlight", []), len(PLACES))
    return {
        "layer": one_of(f"{name}.layer", fields.get("layer", "president"), LAYERS),
        "focus": one_of(f"{name}.focus", fields.get("focus", "US"), PLACES),
        "highlight": list(
            dict.fromkeys(one_of(f"{name}.highlight", place, PLACES) for place in highlight)
        ),
    }


def parse_calls(name: str, value: object) -> dict[str, dict[str, str]]:
    """Calls by unit, at least one."""
    calls = known_object(name, value, UNITS)
    if not calls:
        raise InvalidChange(name, "is empty")
    return {unit: _call(f"{name}.{unit}", call) for unit, call in calls.items()}


def _call(name: str, value: object) -> dict[str, str]:
    fields = known_object(name, value, ("status", "party"))
    status = one_of(f"{name}.status", fields.get("status"), STATUSES)
    if status in DECIDED:
        return {"status": status, "party": one_of(f"{name}.party", fields.get("party"), PARTIES)}
    if fields.get("party") is not None:
        raise InvalidChange(f"{name}.party", f"status {status} names no party")
    return {"status": status}


def parse_story(name: str, value: object) -> dict[str, Any]:
    """A story, complete."""
    fields = known_object(name, value, ("headline", "body", "annotations", "announce"))
    annotations = short_list(f"{name}.annotations", fields.get("annotations", []), MAX_ANNOTATIONS)
    return {
        "headline": text(f"{name}.headline", fields.get("headline", ""), MAX_HEADLINE),
        "body": text(f"{name}.body", fields.get("body", ""), MAX_BODY),
        "annotations": [_annotation(f"{name}.annotations", item) for item in annotations],
        "announce": one_of(f"{name}.announce", fields.get("announce", "polite"), LOUDNESS),
    }


def _annotation(name: str, value: object) -> dict[str, str]:
    fields = known_object(name, value, ("at", "text"))
    return {
        "at": one_of(f"{name}.at", fields.get("at", "US"), PLACES),
        "text": text(f"{name}.text", fields.get("text", ""), MAX_ANNOTATION),
    }


def _optional(fields: Mapping[str, Any], name: str, read: Callable[[str, object], T]) -> T | None:
    value = fields.get(name)
    return None if value is None else read(name, value)


def known_object(name: str, value: object, known: Collection[str]) -> dict[str, Any]:
    """A JSON object with no other keys than those known."""
    if not isinstance(value, dict):
        raise InvalidChange(name, "is not an object")
    for key in value:
        if key not in known:
            shown = str(key)[:40] or '""'
            path = shown if name == "change" else f"{name}.{shown}"
            raise InvalidChange(path, "is not known here")
    return value


def short_list(name: str, value: object, limit: int) -> list[Any]:
    """A list that is not too long."""
    if not isinstance(value, list):
        raise InvalidChange(name, "is not a list")
    if len(value) > limit:
        raise InvalidChange(name, f"has more than {limit} entries")
    return value


def one_of(name: str, value: object, known: Collection[str]) -> str:
    """One of a few words."""
    if not isinstance(value, str) or value not in known:
        few = len(known) <= len(STATUSES)
        choices = f"one of {', '.join(sorted(known))}" if few else "a state or district known here"
        raise InvalidChange(name, f"is not {choices}")
    return value


def _seq(name: str, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**31:
        raise InvalidChange(name, "is not the seq of an update")
    return value


def text(name: str, value: object, limit: int) -> str:
    """Text that every database and browser takes: no control characters, no lone surrogates."""
    if not isinstance(value, str):
        raise InvalidChange(name, "is not text")
    if len(value) > limit:
        raise InvalidChange(name, f"is longer than {limit} characters")
    if any(unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\t" for c in value):
        raise InvalidChange(name, "has control characters")
    return value.strip()
