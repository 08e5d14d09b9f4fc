"""The call log as pages show it: calls by update, and later corrections.

static/broadcaster/rendering/drawing.js adds entries to the rendered ones; both are tested with
tests/vectors/call_log.json.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from broadcaster.domain.change import Call, Kind
from broadcaster.domain.corrections import updates_behind
from broadcaster.domain.electoral import LOOKS, Election, surnames, unit_name
from broadcaster.domain.stream import Update
from broadcaster.domain.summary import STATUS_WORDS
from broadcaster.domain.translation import Gettext, gettext_noop
from broadcaster.rendering.picture import mark

NAMED = 2  # units in an update up to which they are named in full


@dataclass(frozen=True, slots=True)
class Logged:
    """One unit in a group, and whether that call was corrected later."""

    unit: str
    name: str  # in full, or the unit's code among many
    struck: bool


@dataclass(frozen=True, slots=True)
class Group:
    """The units of one update that got the same result."""

    status: str
    party: str  # "" unless called or certified
    look: str  # of that party
    mark: str
    words: str
    units: tuple[Logged, ...]
    votes: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One update that carried calls."""

    seq: int
    at: datetime
    groups: tuple[Group, ...]
    reason: str  # why it was corrected; "" if the update corrects nothing


def entries(
    updates: Iterable[Update], election: Election, gettext: Gettext = gettext_noop
) -> list[Entry]:
    """Return an entry for each update with calls, newest first, in the language of `gettext`."""
    updates = list(updates)
    taken_back = set(_taken_back(updates))
    return [
        Entry(
            update.seq,
            datetime.fromtimestamp(update.at / 1000, UTC),
            tuple(groups(update, election, taken_back, gettext)),
            update.reason or "",
        )
        for update in reversed(updates)
        if update.calls
    ]


def _taken_back(updates: Iterable[Update]) -> Iterator[tuple[int, str]]:
    """Yield seq and unit of each call that a later update corrected."""
    statements: list[tuple[int, Mapping[str, Call]]] = []
    for update in updates:
        if update.kind is Kind.CORRECT:
            for unit in update.calls or ():
                yield from ((seq, unit) for seq in updates_behind(unit, statements))
        statements.append((update.seq, update.calls or {}))


def groups(
    update: Update,
    election: Election,
    taken_back: set[tuple[int, str]],
    gettext: Gettext,
) -> Iterable[Group]:
    """Yield the calls of one update by result, in the order of their first units."""
    calls = update.calls or {}
    found: dict[Call, list[str]] = {}
    for unit, call in calls.items():
        found.setdefault(call, []).append(unit)
    candidates = surnames(election, gettext)
    for call, units in found.items():
        yield Group(
            call.status,
            call.party,
            LOOKS.get(call.party, ""),
            mark(call, call.party),
            candidates[call.party] if call.decided else gettext(STATUS_WORDS[call.status]),
            tuple(
                Logged(
                    unit,
                    unit_name(unit, gettext) if len(calls) <= NAMED else unit,
                    (update.seq, unit) in taken_back,
                )
                for unit in units
            ),
            sum(election.votes[unit] for unit in units),
        )


def corrected(updates: Iterable[Update]) -> list[str]:
    """Return the units with a corrected call, in that order, each once."""
    return list(
        dict.fromkeys(
            unit for update in updates if update.kind is Kind.CORRECT for unit in update.calls or ()
        )
    )
