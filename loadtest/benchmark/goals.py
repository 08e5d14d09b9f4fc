"""The goals of `manage.py serve` in comparison with the other servers.

Most goals are ratios within one run: figures of two machines, or two days, cannot be compared.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from loadtest.benchmark.results import PeerResult


@dataclass(frozen=True, slots=True)
class Goal:
    """The `figure` of `manage.py serve` is at most `limit`, or `limit` × another server's."""

    transport: str
    figure: str  # a field of PeerResult
    limit: float
    against: str = ""  # the other server's name


GOALS = (
    Goal("ws", "cpu", 1.15, "nchan"),
    Goal("ws", "cpu", 0.6, "socketio"),
    Goal("ws", "cpu", 1 / 40, "stock"),
    Goal("ws", "cpu", 1.4, "floor"),
    Goal("poll", "cpu", 1.1, "nchan"),
    Goal("poll", "cpu", 0.35, "socketio"),
    Goal("ws", "memory", 14),
    Goal("ws", "connect", 0.6, "socketio"),
    Goal("ws", "last", 1, "nchan"),
    Goal("poll", "last", 1.05, "nchan"),
)
SMALL = 0.1  # ratios below are written as 1/12


def measured(goal: Goal, results: Iterable[PeerResult]) -> float | None:
    """Return the ratio or figure of `serve`; None if a server that it needs was not measured.

    A delay that the load generator was too busy to measure does not count.
    """
    found = {
        one.name: getattr(one, goal.figure)
        for one in results
        if one.transport == goal.transport and (goal.figure != "last" or one.timely)
    }
    ours = found.get("serve")
    theirs = found.get(goal.against) if goal.against else 1.0
    return ours / theirs if ours is not None and theirs else None


def missed(results: Sequence[PeerResult]) -> list[Goal]:
    """Return the goals that were measured and are not met."""
    return [goal for goal in GOALS if (measured(goal, results) or 0) > goal.limit]


def ratio(value: float) -> str:
    """Return a ratio as people write it: 0.57, 14.2, 1/212."""
    if 0 < value < SMALL:
        return f"1/{1 / value:,.0f}"
    return f"{value:.3g}"
