"""The exit statuses of `manage.py swarm` and `manage.py benchmark`."""

from collections.abc import Iterable
from enum import IntEnum


class ExitCode(IntEnum):
    """One status per outcome, the same for both commands."""

    PASSED = 0
    INTERNAL_ERROR = 1  # Python's own status after an unhandled exception
    USAGE = 2
    GOAL_MISSED = 3  # a goal of the benchmark, or a threshold of the swarm
    FAILED = 4  # the server failed
    INVALID = 5  # the figures prove nothing: the load generator may have been the bottleneck
    NOT_STARTED = 6  # a check before the run failed
    INTERRUPTED = 130  # as a shell reports SIGINT


OUTCOMES = (
    ExitCode.INTERRUPTED,
    ExitCode.FAILED,
    ExitCode.GOAL_MISSED,
    ExitCode.INVALID,
    ExitCode.PASSED,
)
"""How a run can end. Of several, the first one counts."""


def first_outcome(found: Iterable[ExitCode]) -> ExitCode:
    """Return the outcome that counts, of several; PASSED if there are none."""
    return min(found, key=OUTCOMES.index, default=ExitCode.PASSED)
