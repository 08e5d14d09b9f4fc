"""Changes and logs for tests: an example, Hypothesis strategies, and helpers to make them.

They are of a show with one contest: the presidency in 2020.
"""

from typing import Any

import msgspec
from hypothesis import strategies as st
from msgspec.structs import replace

from broadcaster.domain import change_parsing
from broadcaster.domain.change import OPEN, ByRace, Call, Change, Count, Status
from broadcaster.domain.mapstate import MapState
from broadcaster.domain.opening import opening
from broadcaster.domain.rules import rejection
from broadcaster.domain.show import Show
from broadcaster.domain.stream import Snapshot, Update
from tests.support.contests import PRESIDENT_2020

CONTESTS = PRESIDENT_2020.contests
EMPTY = opening(PRESIDENT_2020)
"""The map before anything is published."""

RACES = sorted(CONTESTS["president"].race_of)

statuses = st.sampled_from(["open", "too_early", "too_close", "called", "certified"])
parties = st.sampled_from([*CONTESTS["president"].party_of])
races = st.sampled_from(RACES)
PA_TO_BIDEN = {
    "calls": {"president": {"PA": {"status": "called", "party": "D"}}},
    "story": {"headline": "Pennsylvania goes to Biden"},
}
"""A call, as JSON."""

texts = st.text(st.characters(exclude_categories=("Cc", "Cs", "Cn")), max_size=40)


def parse_change(data: dict[str, Any], show: Show = PRESIDENT_2020) -> Change:
    """Return a change from its JSON. In a show of one contest, calls and counts may be by race."""
    found = dict(data)
    for facet in ("calls", "counts"):
        values = found.get(facet)
        if isinstance(values, dict) and values and not values.keys() & show.contests.keys():
            found[facet] = {show.first: values}
    return change_parsing.parse_change(found, show)


@st.composite
def calls(draw) -> dict:
    picked = draw(st.lists(races, min_size=1, max_size=8, unique=True))
    drawn = {}
    for race in picked:
        status = draw(statuses)
        decided = status in ("called", "certified")
        drawn[race] = {"status": status, "party": draw(parties)} if decided else {"status": status}
    return drawn


@st.composite
def counts(draw) -> dict:
    """Draw counts of some races; those without votes take a count back."""
    votes = st.dictionaries(parties, st.integers(0, 10**7), max_size=3)
    expected = st.none() | st.integers(0, 100).map(lambda percent: percent / 100)
    count = st.fixed_dictionaries({"votes": votes, "expected": expected})
    return draw(st.dictionaries(races, count, min_size=1, max_size=4))


@st.composite
def changes(draw) -> Change:
    """Draw a valid change that is no start and no end."""
    kind = draw(st.sampled_from(["update"] * 8 + ["correct", "hold", "resume"]))
    data: dict = {"kind": kind, "story": {"headline": "News", "body": draw(texts)}}
    if kind == "update" and draw(st.booleans()):
        data["view"] = {"focus": draw(races), "highlight": draw(st.lists(races, max_size=3))}
    if kind == "update" and draw(st.booleans()):
        data["calls"] = draw(calls())
    if kind == "update" and draw(st.booleans()):
        data["counts"] = draw(counts())
    if kind == "correct":
        data |= {"corrects": 1, "reason": "Wrong", "calls": {draw(races): {"status": "retracted"}}}
    return parse_change(data)


def snapshot(state: MapState = EMPTY, epoch: str = "e", seq: int = 0, at: int = 0) -> Snapshot:
    """Return the snapshot of a map."""
    return Snapshot(epoch, seq, at, PRESIDENT_2020.digests, state)


def fold(published: list[Change], epoch: str = "e") -> tuple[Snapshot, list[Update]]:
    """Return the snapshot of an empty map, and the log of the changes `published` on it."""
    state = EMPTY
    updates = []
    for seq, change in enumerate(published, start=1):
        state = state.apply(change, CONTESTS)
        updates.append(Update.of(change, seq, 1000 * seq, state.totals))
    return snapshot(epoch=epoch), updates


@st.composite
def logs(draw) -> list[Change]:
    """Draw changes that can be published one after the other, from the start on."""
    state = EMPTY
    called_by: dict[str, int] = {}  # by race: the seq of the update that called it
    log: list[Change] = []
    statements: list = [(0, {})]
    drawn = draw(st.lists(changes(), max_size=20))
    for change in [parse_change({"kind": "start"}), *drawn]:
        if change.kind == "correct":
            race = draw(st.sampled_from(sorted(called_by))) if called_by else "PA"
            calls = {"president": {race: Call(Status.RETRACTED)}}
            change = replace(change, calls=calls, corrects=called_by.get(race))
        if rejection(state, change, CONTESTS, statements) is None:
            log.append(change)
            statements.append((len(log), change.called))
            state = state.apply(change, CONTESTS)
            called_by |= {race: len(log) for _, race in change.called}
            standing = state.calls.get("president", {})
            decided = {race for race in called_by if standing.get(race, OPEN).decided}
            called_by = {race: called_by[race] for race in decided}
    return log


def calls_from(data: dict) -> ByRace[Call]:
    """Return calls by contest from their JSON."""
    return msgspec.convert(data, ByRace[Call])


def counts_from(data: dict) -> ByRace[Count]:
    """Return counts by contest from their JSON."""
    return msgspec.convert(data, ByRace[Count])
