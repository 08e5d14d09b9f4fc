"""The test runner: a database file that server processes can open, and a summary in plain lines."""

import contextvars
import copyreg
import logging
import os
import tempfile
import unittest
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db import connection, connections
from django.db.models.signals import post_migrate
from django.test import TestCase
from django.test.runner import DiscoverRunner, ParallelTestSuite
from hypothesis import settings as hypothesis

# No deadline for examples: servers and browsers beside them make their duration unpredictable.
hypothesis.register_profile("no-deadline", deadline=None)
hypothesis.load_profile("no-deadline")

PROCESSES = 3  # test classes at a time; on two cores one of them mostly waits
LONGEST = (
    "tests.end_to_end.test_evening",
    "tests.end_to_end.test_processes",
    "tests.end_to_end.test_console_on_air",
    "tests.loadtest.swarm.test_command",
    "tests.end_to_end.test_page_layout",
    "tests.end_to_end.test_console_calling",
    "tests.end_to_end.test_delivery",
    "tests.end_to_end.test_console_rundown",
    "tests.end_to_end.test_console_truth",
    "tests.end_to_end.test_embed",
    "tests.end_to_end.test_viewing",
    "tests.loadtest.swarm.test_audience",
    "tests.end_to_end.test_browser",
    "tests.end_to_end.test_slow_viewers",
    "tests.end_to_end.test_contests_on_air",
    "tests.end_to_end.test_console_steady",
    "tests.end_to_end.test_schedule",
    "tests.end_to_end.test_console_accessible",
    "tests.end_to_end.test_replay",
    "tests.end_to_end.test_control_center",
    "tests.end_to_end.test_spanish",
    "tests.end_to_end.test_contests",
    "tests.end_to_end.test_deploy",
    "tests.end_to_end.test_calculator",
    "tests.loadtest.control.test_on_workers",
    "tests.end_to_end.test_collapsing",
    "tests.loadtest.swarm.test_growing_director",
)
"""Modules that take more than a third of a minute, the longest first: those that mostly compute,
and after one or two of them one that mostly waits."""

REPEATED = "tests.end_to_end."
MOST_REPEATED = 5  # failures; more have a common cause


# Asynchronous test cases hold a context, which cannot be pickled when they are sent to another
# process. They get a copy of the context there, as when they run here.
copyreg.pickle(contextvars.Context, lambda context: (contextvars.copy_context, ()))


class LongestFirst(ParallelTestSuite):
    """Starts the longest test classes first, or the last one would run alone, and classes that wait
    beside those that compute, so that all cores stay busy.

    As Django demands, classes that roll back come before classes that empty the database.
    """

    def __init__(self, subsuites: Sequence[unittest.TestSuite], *args: Any, **options: Any) -> None:
        super().__init__(sorted(subsuites, key=_order), *args, **options)


def _order(suite: unittest.TestSuite) -> tuple[bool, int]:
    """Return the sort key of the tests of one class."""
    kind = type(next(iter(suite)))
    module = kind.__module__
    place = LONGEST.index(module) if module in LONGEST else len(LONGEST)
    return not issubclass(kind, TestCase), place


class Runner(DiscoverRunner):
    """Runs tests in random order, and prints each skipped test with its reason."""

    parallel_test_suite = LongestFirst

    def __init__(self, *args: Any, **options: Any) -> None:
        options["interactive"] = False
        options["parallel"] = options.get("parallel") or PROCESSES
        if options.get("shuffle") is False:
            options["shuffle"] = None  # a new seed each time, printed for --shuffle=SEED
        logging.getLogger("asyncio").setLevel(logging.ERROR)  # its debug mode reports slow steps
        super().__init__(*args, **options)

    def setup_test_environment(self, **kwargs: Any) -> None:
        super().setup_test_environment(**kwargs)
        if os.environ.pop("PYTHONDONTWRITEBYTECODE", ""):
            # Compiling takes a quarter of a command's start, and tests start hundreds of commands.
            # They share compiled modules, outside the checkout.
            self.compiled = tempfile.TemporaryDirectory(prefix="mapcenter-compiled-")
            os.environ["PYTHONPYCACHEPREFIX"] = self.compiled.name

    def setup_databases(self, **kwargs: Any) -> Any:
        database = settings.DATABASES["default"]
        if not database["ENGINE"].endswith("sqlite3"):
            return super().setup_databases(**kwargs)
        memory = "/dev/shm" if os.path.isdir("/dev/shm") else None  # commits wait for no disk
        self.folder = tempfile.TemporaryDirectory(prefix="mapcenter-test-", dir=memory)
        database["TEST"]["NAME"] = f"{self.folder.name}/test.sqlite3"
        post_migrate.connect(complete_file)
        try:
            return super().setup_databases(**kwargs)
        finally:
            post_migrate.disconnect(complete_file)  # Django sends it again after each test

    def run_suite(self, suite: Any, **kwargs: Any) -> Any:
        """Run the tests. If they ran in parallel, play end-to-end tests that failed once more.

        Other tests' browsers and servers may have kept theirs from the CPU for longer than their
        limits. Both results are printed, and the second one counts.
        """
        result = super().run_suite(suite, **kwargs)
        failed = {test.id() for test, _ in result.failures + result.errors}
        names = sorted(name for name in failed if name.startswith(REPEATED))
        if isinstance(suite, ParallelTestSuite) and 0 < len(names) <= MOST_REPEATED:
            print("Failed beside other tests, once more alone:", *names, sep="\n  ", flush=True)
            connections.close_all()  # workers have inherited them, and removed SQLite's log
            again = super().run_suite(self.test_loader.loadTestsFromNames(names))
            passed = set(names) - {test.id() for test, _ in again.failures + again.errors}
            for kind in ("failures", "errors"):
                left = [pair for pair in getattr(result, kind) if pair[0].id() not in passed]
                setattr(result, kind, left)
        return result

    def suite_result(self, suite: Any, result: Any, **kwargs: Any) -> int:
        for test, reason in result.skipped:
            print(f"skipped {test.id()}: {reason}")
        failed = len(result.failures) + len(result.errors) + len(result.unexpectedSuccesses)
        skipped = len(result.skipped)
        passed = result.testsRun - failed - skipped
        print(f"{passed} passed, {failed} failed, {skipped} skipped")
        return super().suite_result(suite, result, **kwargs)


def complete_file(**signal: Any) -> None:
    """Move SQLite's log into the database file, which is copied for parallel tests."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
