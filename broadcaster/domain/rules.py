"""The rules of the map that a change must meet to be published."""

from broadcaster.domain import corrections
from broadcaster.domain.change import Change
from broadcaster.domain.corrections import Statements
from broadcaster.domain.mapstate import MapState

NO_CHANGE = "Nothing would change: viewers see this already."


def rejection(state: MapState, change: Change, statements: Statements) -> str | None:
    """Return why `change` may not follow on `state`, in words for the desk; None if it may.

    `statements` are those of the log up to now; for a correction, from the update that it names on.
    """
    return state.rejection(change) or corrections.rejection(change, statements)
