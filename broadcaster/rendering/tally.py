"""The tally as templates draw it: what each party has, and the bar that shows it."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate

from broadcaster.domain.bidi import isolate
from broadcaster.domain.contest import UNCALLED, Contest, Side
from broadcaster.domain.translation import Gettext, gettext_noop

LONG_NAME = 10  # characters above which the name of a winner has smaller letters


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the bar, in percent of its width."""

    start: float
    size: float

    @property
    def x(self) -> str:
        return f"{self.start:.3%}"

    @property
    def width(self) -> str:
        return f"{self.size:.3%}"


@dataclass(frozen=True, slots=True)
class Share:
    """What one party has, seats held included, and its part of the bar."""

    party: str
    name: str  # of its candidate, or its own
    letter: str
    look: str
    side: str
    won: int
    passed: bool  # the threshold
    portrait: str  # the address of a small picture, or ""
    bar: Part

    @property
    def has_long_name(self) -> bool:
        return len(self.name) > LONG_NAME


class Tally:
    """The shares of all parties, as they stand in the bar from left to right."""

    def __init__(
        self, contest: Contest, totals: Mapping[str, int], gettext: Gettext = gettext_noop
    ) -> None:
        self.totals = totals
        self.uncalled = totals[UNCALLED]
        self.passed = contest.winner(totals)
        order = [Side.LEFT, Side.NONE, Side.RIGHT]
        parties = sorted(contest.parties, key=lambda party: order.index(party.side))
        ends = list(accumulate(totals[party.id] for party in parties))
        shares = [
            Share(
                party.id,
                isolate(contest.name_of(party.id, translate=gettext)),
                party.letter,
                party.look,
                party.side,
                totals[party.id],
                party.id == self.passed,
                party.portrait,
                Part(
                    # Those on the right grow from the right end, over what is not called.
                    (end - totals[party.id] + self.uncalled * (party.side is Side.RIGHT))
                    / contest.size,
                    totals[party.id] / contest.size,
                ),
            )
            for party, end in zip(parties, ends, strict=True)
        ]
        self.shares = shares
        by_party = {share.party: share for share in shares}
        self.in_order = [by_party[party.id] for party in contest.parties]
        """The shares in the contest's order."""
        sided = any(party.side for party in parties)
        self.shown = [share for share in self.in_order if share.side or share.won or not sided]
        """The shares that a key names, in the contest's order: those of parties without a side only
        if they have something, or if no party has a side."""
        self.marks = _marks(contest)

    @property
    def left(self) -> list[Share]:
        return [share for share in self.shares if share.side == Side.LEFT]

    @property
    def middle(self) -> list[Share]:
        return [share for share in self.shares if share.side == Side.NONE]

    @property
    def right(self) -> list[Share]:
        return [share for share in self.shares if share.side == Side.RIGHT]


def _marks(contest: Contest) -> list[str]:
    """Return the places of the threshold in the bar: where a party reaches it, from either side.

    If it is the least majority, such as 51 of 100, the middle is its one place: parties that have
    reached it, and no others, have more than one half.
    """
    if contest.to_win is None:
        return []
    if contest.to_win == contest.size // 2 + 1:
        return ["50%"]
    part = contest.to_win / contest.size
    return [f"{1 - part:.3%}", f"{part:.3%}"]
