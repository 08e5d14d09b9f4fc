"""The exit statuses of `manage.py swarm` and `manage.py benchmark`."""

from enum import IntEnum


class ExitCode(IntEnum):
    """One status per outcome, the same for both commands."""

    PASSED = 0
    INTERNAL_ERROR = 1  # Python's own status after an unhandled exception
    USAGE = 2
    GOAL_MISSED = 3
    FAILED = 4  # the server failed
    INVALID = 5  # the load generator was the bottleneck
    NOT_STARTED = 6  # a check before the run failed
    INTERRUPTED = 130  # as a shell reports SIGINT
