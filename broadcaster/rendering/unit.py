"""One race as the picture shows it: on the map, in a box and in the table."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from broadcaster.domain.bidi import isolate
from broadcaster.domain.change import Call, Status
from broadcaster.domain.contest import Contest
from broadcaster.domain.geometry import Shape
from broadcaster.domain.summary import STATUS_WORDS
from broadcaster.domain.translation import Gettext
from broadcaster.rendering.counting import Counted
from broadcaster.rendering.last_winner import LastWinner

MARKS: Mapping[Status, str] = MappingProxyType(
    {Status.TOO_EARLY: "…", Status.TOO_CLOSE: "≈", Status.RETRACTED: "⚑"}
)
"""The signs that races have besides their colour; called races have their party's letter."""
CERTIFIED = "✓"  # after that letter


@dataclass(frozen=True, slots=True)
class Unit:
    """One race with its present call."""

    unit: str  # the id of the race
    state: str  # the id of its shape, or of itself
    name: str
    votes: int
    status: str
    party: str  # "" unless called or certified
    look: str  # of that party
    mark: str
    result: str  # in words
    before: str  # the party that held it, or "" if that is not known
    last: LastWinner
    highlighted: bool
    shape: Shape | None  # only the first race of a shape has it
    count: Counted | None  # the votes counted so far
    closes: datetime | None  # when its last polls close

    @property
    def flipped(self) -> bool:
        """Called for another party than the one that held it."""
        return bool(self.party and self.before and self.party != self.before)


def mark(call: Call, letter: str) -> str:
    """Return the sign that a race has besides its colour; "" for an open one.

    `letter` is that of the call's party.
    """
    if call.status is Status.CERTIFIED:
        return letter + CERTIFIED
    return letter or MARKS.get(call.status, "")


def result(race: str, call: Call, contest: Contest, gettext: Gettext) -> str:
    """Return a race's result in words: "Trump (R)", "Trump (R), certified", "Too close to call"."""
    if not call.decided:
        return gettext(STATUS_WORDS[call.status])
    name = isolate(contest.name_of(call.party, race, gettext))
    winner = f"{name} ({contest.party_of[call.party].letter})"
    if call.status is Status.CALLED:
        return winner
    return gettext("%(winner)s, certified") % {"winner": winner}
