"""The call log as pages show it: calls by update, and later corrections.

static/broadcaster/rendering/call_log.js adds entries to the rendered ones; both are tested with
tests/vectors/call_log.json.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from broadcaster.domain.bidi import isolate
from broadcaster.domain.change import OPEN, Call, Kind, RaceKey
from broadcaster.domain.contest import Contest
from broadcaster.domain.corrections import updates_behind
from broadcaster.domain.mapstate import Contests
from broadcaster.domain.stream import Update
from broadcaster.domain.summary import STATUS_WORDS
from broadcaster.domain.translation import Gettext, gettext_noop, name_in
from broadcaster.rendering.unit import mark, result

NAMED = 12  # races up to which a group names all
FIRST = 4  # races that a larger group names


@dataclass(frozen=True, slots=True)
class Logged:
    """One race in a group, and the result by which that call was corrected later."""

    race: str
    name: str  # with its weight where races have different ones: "Georgia 16"
    corrected: str  # that result in words; "" if the call stands
    is_folded: bool  # not shown among many, unless it was corrected


@dataclass(frozen=True, slots=True)
class Former:
    """The winner that a correction takes back."""

    party: str
    look: str
    letter: str
    name: str


@dataclass(frozen=True, slots=True)
class Group:
    """The races of one contest that got the same result by one update.

    Those of a correction had the same winner before.
    """

    contest: str
    title: str  # of the contest; "" if the show has no other
    status: str
    party: str  # "" unless called or certified
    look: str  # of that party
    mark: str
    words: str
    size: str  # how many races these are and what they weigh, in words; "" if all are named
    races: tuple[Logged, ...]
    former: Former | None  # the winner that a correction takes back


@dataclass(frozen=True, slots=True)
class Entry:
    """One update that carried calls."""

    seq: int
    at: datetime
    groups: tuple[Group, ...]
    reason: str  # why it was corrected; "" if the update corrects nothing


def entries(
    updates: Iterable[Update], contests: Contests, gettext: Gettext = gettext_noop
) -> list[Entry]:
    """Return an entry for each update with calls, newest first, in the language of `gettext`."""
    updates = list(updates)
    corrections = Corrections(updates)
    return [
        Entry(
            update.seq,
            datetime.fromtimestamp(update.at / 1000, UTC),
            tuple(groups(update, contests, corrections, gettext)),
            update.reason or "",
        )
        for update in reversed(updates)
        if update.calls
    ]


class Corrections:
    """What the corrections in a log took back, by seq and race.

    `instead` has the new call of each call that was corrected later, `former` the party that each
    correction took a race from, "" for a race that had no winner in the log.
    """

    def __init__(self, updates: Iterable[Update]) -> None:
        self.instead: dict[tuple[int, RaceKey], Call] = {}
        self.former: dict[tuple[int, RaceKey], str] = {}
        statements: list[tuple[int, Mapping[RaceKey, Call]]] = []
        standing: dict[RaceKey, Call] = {}
        for update in updates:
            if update.kind is Kind.CORRECT:
                for race, call in update.called.items():
                    for seq in updates_behind(race, statements):
                        self.instead.setdefault((seq, race), call)
                    self.former[update.seq, race] = standing.get(race, OPEN).party
            statements.append((update.seq, update.called))
            standing |= update.called


def groups(
    update: Update, contests: Contests, corrections: Corrections, gettext: Gettext
) -> Iterable[Group]:
    """Yield the calls of one update by contest and result, in the order of their first races."""
    for key, calls in (update.calls or {}).items():
        contest = contests[key]
        found: dict[tuple[Call, str], list[str]] = {}
        for race, call in calls.items():
            former = corrections.former.get((update.seq, (key, race)), "")
            found.setdefault((call, former), []).append(race)
        for (call, former), races in found.items():
            party = contest.party_of.get(call.party)
            one = races[0] if len(races) == 1 else ""
            yield Group(
                key,
                isolate(contest.title) if len(contests) > 1 else "",
                call.status,
                call.party,
                party.look if party else "",
                mark(call, party.letter if party else ""),
                contest.name_of(call.party, one, gettext)
                if party
                else gettext(STATUS_WORDS[call.status]),
                _size(races, contest, gettext) if len(races) > NAMED else "",
                tuple(_logged(races, contest, (update.seq, key), corrections, gettext)),
                _former(former, one, contest, gettext),
            )


def _size(races: list[str], contest: Contest, gettext: Gettext) -> str:
    if not contest.is_weighted:
        return gettext("%(count)s races:") % {"count": len(races)}
    weight = sum(contest.weights[race] for race in races)
    return gettext("%(count)s races, %(weight)s in all:") % {"count": len(races), "weight": weight}


def _former(party: str, race: str, contest: Contest, gettext: Gettext) -> Former | None:
    if not party:
        return None
    found = contest.party_of[party]
    return Former(party, found.look, found.letter, contest.name_of(party, race, gettext))


def _logged(
    races: list[str],
    contest: Contest,
    place: tuple[int, str],
    corrections: Corrections,
    gettext: Gettext,
) -> Iterator[Logged]:
    """Yield the races of a group. `place` is the seq of its update and the key of its contest."""
    seq, key = place
    for number, race in enumerate(races):
        name = name_in(gettext, contest.race_of[race].name)
        instead = corrections.instead.get((seq, (key, race)))
        yield Logged(
            race,
            f"{name} {contest.weights[race]}" if contest.is_weighted else name,
            result(race, instead, contest, gettext) if instead else "",
            len(races) > NAMED and number >= FIRST,
        )


def corrected(updates: Iterable[Update]) -> list[RaceKey]:
    """Return the races with a corrected call, in that order, each once."""
    return list(
        dict.fromkeys(
            race for update in updates if update.kind is Kind.CORRECT for race in update.called
        )
    )
