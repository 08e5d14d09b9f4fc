"""Bringing what version 1 stored to version 2: one presidential contest, named by its year.

A migration and the import of recordings use it.
"""

from typing import Any

from broadcaster.domain.contest import Contest, shipped
from broadcaster.domain.geometry import shipped as shipped_geometry
from broadcaster.domain.rejection import InvalidInput
from broadcaster.domain.show import Edition

KEY = "president"
"""The key that the contest of version 1 has in a show."""

Json = dict[str, Any]


def contest_of(election: object) -> Contest:
    """Return the contest of a year. Raises `InvalidInput` for a year without one."""
    try:
        return shipped(f"us-president-{int(str(election))}")
    except (ValueError, FileNotFoundError):
        raise InvalidInput("election", "is not a known election") from None


def edition_of(election: object) -> Edition:
    """Return the edition that broadcasts of a year have. Raises `InvalidInput` as `contest_of`."""
    contest = contest_of(election)
    return Edition(contest, shipped_geometry(contest.geometry))


def state(data: Json) -> Json:
    """Return a map state in the form of version 2."""
    contest = contest_of(data["election"])
    found = change(data)
    del found["election"]
    return found | {
        "calls": found.get("calls") or {},
        "counts": {},
        "totals": totals(data["totals"], contest),
    }


def change(data: Json) -> Json:
    """Return a change, or any object with the facets of one, in the form of version 2."""
    found = dict(data)
    if isinstance(view := data.get("view"), dict):
        found["view"] = _view(view)
    if isinstance(calls := data.get("calls"), dict):
        found["calls"] = {KEY: calls} if calls else {}
    if isinstance(story := data.get("story"), dict) and isinstance(
        notes := story.get("annotations"), list
    ):
        found["story"] = story | {"annotations": [_annotation(note) for note in notes]}
    return found


def totals(data: object, contest: Contest) -> Json:
    """Return totals in the form of version 2: with all parties, also those without any."""
    if not isinstance(data, dict):
        return {}
    return {KEY: dict.fromkeys([*contest.party_of], 0) | data}


def recording(data: Json) -> Json:
    """Return a recording file in the form of version 2. It is not checked further."""
    contest = contest_of(data.get("election"))
    found = {name: value for name, value in data.items() if name != "election"}
    initial = found.get("initial")
    if isinstance(initial, dict):
        if initial.get("election") != data["election"]:
            raise InvalidInput("election", "is not that of the initial map")
        found["initial"] = state({"totals": None} | initial)
    updates = found.get("updates")
    if isinstance(updates, list):
        found["updates"] = [
            change(each) | {"totals": totals(each.get("totals"), contest)}
            if isinstance(each, dict)
            else each
            for each in updates
        ]
    return found | {"v": 2, "contests": {KEY: contest.to_dict()}}


def _view(view: Json) -> Json:
    return {"contest": KEY, **{name: each for name, each in view.items() if name != "layer"}}


def _annotation(note: object) -> object:
    return {"contest": KEY, **note} if isinstance(note, dict) else note
