"""Votes counted so far, in words. They decide nothing.

drawing.js writes the same; both are tested with tests/vectors/picture.json.
"""

from dataclasses import dataclass
from math import floor

from broadcaster.domain.bidi import isolate
from broadcaster.domain.change import Count
from broadcaster.domain.contest import Contest
from broadcaster.domain.translation import Gettext, gettext_noop


@dataclass(frozen=True, slots=True)
class Counted:
    """The count of one race. `leader` is "" if nobody leads; `look` and `letter` are its own."""

    leader: str
    look: str
    letter: str
    margin: str  # in percentage points of the votes counted; "" if there are none
    expected: int | None  # percent of the votes expected that are counted
    words: str


def counted(count: Count, race: str, contest: Contest, gettext: Gettext = gettext_noop) -> Counted:
    """Return a count as pages show it."""
    ranked = sorted(count.votes.items(), key=lambda each: each[1], reverse=True)
    total, first = sum(count.votes.values()), ranked[0][1] if ranked else 0
    second = ranked[1][1] if len(ranked) > 1 else 0
    leader = ranked[0][0] if first > second else ""
    party = contest.party_of.get(leader)
    # Rounded with whole numbers, since Python and JavaScript round halves differently.
    tenths = (2000 * (first - second) + total) // (2 * total) if total else 0
    margin = f"{tenths // 10}.{tenths % 10}" if total else ""
    # Rounded down: 99.9 % is not all. A float may be a hair below the percent that it means.
    percent = None if count.expected is None else floor(count.expected * 100 + 1e-9)
    return Counted(
        leader,
        party.look if party else "",
        party.letter if party else "",
        margin,
        percent,
        _words(
            isolate(contest.name_of(leader, race, gettext)) if leader else "",
            margin,
            percent,
            gettext,
        ),
    )


def _words(name: str, margin: str, percent: int | None, gettext: Gettext) -> str:
    if not margin:
        return gettext("No votes counted")
    if name:
        words = gettext("%(name)s ahead by %(margin)s points") % {"name": name, "margin": margin}
    else:
        words = gettext("Tied")
    if percent is None:
        return words
    part = gettext("%(percent)s%% of expected votes counted") % {"percent": percent}
    return f"{words}, {part}"
