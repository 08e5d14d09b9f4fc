"""Reading changes from untrusted JSON. Each error names the first wrong field.

rules.py and publishing decide whether a change may be published now.
"""

from collections.abc import Callable, Collection
from functools import partial
from typing import Any, TypeVar

from broadcaster.domain.change import (
    WHOLE,
    Annotation,
    Announce,
    ByRace,
    Call,
    Change,
    Count,
    Kind,
    Status,
    Story,
    View,
)
from broadcaster.domain.contest import Contest
from broadcaster.domain.parsing import (
    choice,
    known_object,
    one_of,
    short_list,
    text,
    whole_number,
)
from broadcaster.domain.rejection import InvalidInput
from broadcaster.domain.show import Show

T = TypeVar("T")

MAX_HEADLINE = 200  # characters, as are the next three
MAX_BODY = 4000
MAX_ANNOTATION = 200
MAX_REASON = 500
MAX_ANNOTATIONS = 20  # annotations in a story
MAX_VOTES = 10**10  # more people than there are


def parse_change(data: object, show: Show) -> Change:
    """Return the `Change` that decoded JSON holds. Raises `InvalidInput`."""
    fields = known_object("change", data, Change.__struct_fields__)
    change = Change(
        kind=choice("kind", fields.get("kind", Kind.UPDATE), Kind),
        view=_optional(fields, "view", partial(parse_view, show)),
        calls=_optional(fields, "calls", partial(parse_calls, show)),
        story=_optional(fields, "story", partial(parse_story, show)),
        counts=_optional(fields, "counts", partial(parse_counts, show)),
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
        for (key, race), call in change.called.items():
            if call.status is Status.RETRACTED:
                raise InvalidInput(
                    f"calls.{key}.{race}.status", "only a correction retracts a call"
                )
    facets = {"view": change.view, "calls": change.calls, "counts": change.counts}
    if change.kind is Kind.UPDATE:
        if change.story is None and not any(each is not None for each in facets.values()):
            raise InvalidInput("change", "has neither view, calls, story nor counts")
    elif change.kind is not Kind.CORRECT:
        for name, facet in facets.items():
            if facet is not None:
                raise InvalidInput(name, f"kind {change.kind} cannot carry it")
    elif change.counts is not None:
        raise InvalidInput("counts", "a correction cannot carry them")
    if (change.decides or change.kind is Kind.CORRECT) and not change.headline:
        raise InvalidInput("story.headline", "a call needs a headline")


def parse_view(show: Show, name: str, value: object) -> View:
    """Return a complete view. Raises `InvalidInput`; `name` is the field, as for the next three."""
    fields = known_object(name, value, View.__struct_fields__)
    key = _contest(show, f"{name}.contest", fields)
    highlight = short_list(
        f"{name}.highlight", fields.get("highlight", []), len(_places(show, key))
    )
    places = [_place(show, key, f"{name}.highlight", place) for place in highlight]
    return View(
        contest=key,
        focus=_place(show, key, f"{name}.focus", fields.get("focus", WHOLE)),
        highlight=tuple(dict.fromkeys(places)),
    )


def parse_calls(show: Show, name: str, value: object) -> ByRace[Call]:
    """Return calls by contest and race, at least one."""
    return _by_race(show, name, value, _call)


def parse_counts(show: Show, name: str, value: object) -> ByRace[Count]:
    """Return counts by contest and race, at least one."""
    return _by_race(show, name, value, parse_count)


def _by_race(
    show: Show, name: str, value: object, read: Callable[[Contest, str, object], T]
) -> ByRace[T]:
    unknown = f"unknown contest; there is {', '.join(show.contests)}"
    found: ByRace[T] = {}
    for key, races in known_object(name, value, show.contests, unknown).items():
        contest = show.contests[key]
        read_races = known_object(f"{name}.{key}", races, contest.race_of, "unknown race")
        if not read_races:
            raise InvalidInput(f"{name}.{key}", "is empty")
        found[key] = {
            race: read(contest, f"{name}.{key}.{race}", each) for race, each in read_races.items()
        }
    if not found:
        raise InvalidInput(name, "is empty")
    return found


def _call(contest: Contest, name: str, value: object) -> Call:
    fields = known_object(name, value, Call.__struct_fields__)
    call = Call(choice(f"{name}.status", fields.get("status"), Status))
    if call.decided:
        return Call(call.status, one_of(f"{name}.party", fields.get("party"), contest.party_of))
    if fields.get("party") is not None:
        raise InvalidInput(f"{name}.party", f"status {call.status} names no party")
    return call


def parse_count(contest: Contest, name: str, value: object) -> Count:
    """Return the count of one race."""
    fields = known_object(name, value, Count.__struct_fields__)
    votes = known_object(f"{name}.votes", fields.get("votes"), contest.party_of, "unknown party")
    what = f"a whole number of votes from 0 to {MAX_VOTES}"
    return Count(
        {
            party: whole_number(f"{name}.votes.{party}", number, 0, MAX_VOTES, what)
            for party, number in votes.items()
        },
        _part(f"{name}.expected", fields.get("expected")),
    )


def _part(name: str, value: object) -> float | None:
    """Return a number from 0 to 1, to four places; None if there is none."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise InvalidInput(name, "is not a number from 0 to 1")
    return round(float(value), 4)


def parse_story(show: Show, name: str, value: object) -> Story:
    """Return a complete story."""
    fields = known_object(name, value, Story.__struct_fields__)
    annotations = short_list(f"{name}.annotations", fields.get("annotations", []), MAX_ANNOTATIONS)
    return Story(
        headline=text(f"{name}.headline", fields.get("headline", ""), MAX_HEADLINE),
        body=text(f"{name}.body", fields.get("body", ""), MAX_BODY),
        annotations=tuple(_annotation(show, f"{name}.annotations", item) for item in annotations),
        announce=choice(f"{name}.announce", fields.get("announce", Announce.POLITE), Announce),
    )


def _annotation(show: Show, name: str, value: object) -> Annotation:
    fields = known_object(name, value, Annotation.__struct_fields__)
    key = _contest(show, f"{name}.contest", fields)
    return Annotation(
        contest=key,
        at=_place(show, key, f"{name}.at", fields.get("at", WHOLE)),
        text=text(f"{name}.text", fields.get("text", ""), MAX_ANNOTATION),
    )


def _contest(show: Show, name: str, fields: dict[str, Any]) -> str:
    """Return the contest that an object is about: the first one unless it names another."""
    return one_of(name, fields.get("contest", show.first), show.contests)


def _places(show: Show, key: str) -> Collection[str]:
    return show.editions[key].places


def _place(show: Show, key: str, name: str, value: object) -> str:
    if value in (WHOLE, show.editions[key].geometry.whole):
        return str(value)
    return one_of(name, value, _places(show, key), "a known race or shape")


def _optional(fields: dict[str, Any], name: str, read: Callable[[str, object], T]) -> T | None:
    value = fields.get(name)
    return None if value is None else read(name, value)


def _seq(name: str, value: object) -> int:
    return whole_number(name, value, 0, 2**31 - 1, "the seq of an update")
