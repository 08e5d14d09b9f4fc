"""What `manage.py serve` should cost beside the others. Pure.

Most goals are ratios within one run: figures of two machines, or two days, do not compare.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from loadtest.benchmark.measure import Result


@dataclass(frozen=True, slots=True)
class Goal:
    """`manage.py serve`'s `figure` is at most `limit`: times another server's, or as it is."""

    transport: str
    figure: str  # a field of Result
    limit: float
    against: str = ""  # the other server's name


GOALS = (
    Goal("ws", "cpu", 1.1, "nchan"),
    Goal("ws", "cpu", 0.6, "socketio"),
    Goal("ws", "cpu", 1 / 40, "stock"),
    Goal("ws", "cpu", 1.4, "floor"),
    Goal("poll", "cpu", 1.1, "nchan"),
    Goal("poll", "cpu", 0.35, "socketio"),
    Goal("ws", "memory", 14),
    Goal("ws", "connect", 0.6, "socketio"),
)
SMALL = 0.1  # a ratio below that is written as 1/12


def measured(goal: Goal, results: Iterable[Result]) -> float | None:
    """Where `serve` stands against the goal; None if it or the other was not measured."""
    found = {
        one.name: getattr(one, goal.figure) for one in results if one.transport == goal.transport
    }
    ours = found.get("serve")
    theirs = found.get(goal.against) if goal.against else 1.0
    return ours / theirs if ours is not None and theirs else None


def missed(results: Sequence[Result]) -> list[Goal]:
    """Goals that were measured and are not met."""
    return [goal for goal in GOALS if (measured(goal, results) or 0) > goal.limit]


def ratio(value: float) -> str:
    """0.57, 14.2, 1/212."""
    if 0 < value < SMALL:
        return f"1/{1 / value:,.0f}"
    return f"{value:.3g}"
