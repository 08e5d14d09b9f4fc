"""Changes and logs for tests: an example, Hypothesis strategies, and helpers to make them."""

import msgspec
from hypothesis import strategies as st
from msgspec.structs import replace

from broadcaster.domain.change import OPEN, Call, Change, Status
from broadcaster.domain.electoral import UNITS
from broadcaster.domain.mapstate import MapState
from broadcaster.domain.parsing import parse_change
from broadcaster.domain.rules import rejection
from broadcaster.domain.stream import Snapshot, Update

statuses = st.sampled_from(["open", "too_early", "too_close", "called", "certified"])
parties = st.sampled_from(["D", "R", "O"])
units = st.sampled_from(UNITS)
PA_TO_BIDEN = {
    "calls": {"PA": {"status": "called", "party": "D"}},
    "story": {"headline": "Pennsylvania goes to Biden"},
}
"""A call, as JSON."""

texts = st.text(st.characters(exclude_categories=("Cc", "Cs", "Cn")), max_size=40)


@st.composite
def calls(draw) -> dict:
    picked = draw(st.lists(units, min_size=1, max_size=8, unique=True))
    drawn = {}
    for unit in picked:
        status = draw(statuses)
        decided = status in ("called", "certified")
        drawn[unit] = {"status": status, "party": draw(parties)} if decided else {"status": status}
    return drawn


@st.composite
def changes(draw) -> Change:
    """Draw a valid change that is no start and no end."""
    kind = draw(st.sampled_from(["update"] * 8 + ["correct", "hold", "resume"]))
    data: dict = {"kind": kind, "story": {"headline": "News", "body": draw(texts)}}
    if kind == "update" and draw(st.booleans()):
        data["view"] = {"focus": draw(units), "highlight": draw(st.lists(units, max_size=3))}
    if kind == "update" and draw(st.booleans()):
        data["calls"] = draw(calls())
    if kind == "correct":
        data |= {"corrects": 1, "reason": "Wrong", "calls": {draw(units): {"status": "retracted"}}}
    return parse_change(data)


def fold(published: list[Change], epoch: str = "e") -> tuple[Snapshot, list[Update]]:
    """Return the snapshot of an empty map, and the log of the changes `published` on it."""
    state = MapState(election=2020)
    start = Snapshot(epoch, 0, 0, state)
    updates = []
    for seq, change in enumerate(published, start=1):
        state = state.apply(change)
        updates.append(Update.of(change, seq, 1000 * seq, state.totals))
    return start, updates


@st.composite
def logs(draw, election: int = 2020) -> list[Change]:
    """Draw changes that can be published one after the other, from the start on."""
    state = MapState(election=election)
    called_by: dict[str, int] = {}  # by unit: the seq of the update that called it
    log: list[Change] = []
    statements = [(0, state.calls)]
    drawn = draw(st.lists(changes(), max_size=20))
    for change in [parse_change({"kind": "start"}), *drawn]:
        if change.kind == "correct":
            unit = draw(st.sampled_from(sorted(called_by))) if called_by else "PA"
            calls = {unit: Call(Status.RETRACTED)}
            change = replace(change, calls=calls, corrects=called_by.get(unit))
        if rejection(state, change, statements) is None:
            log.append(change)
            statements.append((len(log), change.calls or {}))
            state = state.apply(change)
            called_by |= {unit: len(log) for unit in change.calls or ()}
            decided = {unit for unit in called_by if state.calls.get(unit, OPEN).decided}
            called_by = {unit: called_by[unit] for unit in decided}
    return log


def calls_from(data: dict) -> dict[str, Call]:
    """Return calls from their JSON."""
    return msgspec.convert(data, dict[str, Call])
