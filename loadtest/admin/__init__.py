"""The control center, in the Django admin: load tests, their runs, comparisons and trends."""

from loadtest.admin import loadtests, runs  # noqa: F401
