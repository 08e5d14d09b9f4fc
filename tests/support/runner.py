"""The test runner: a database file that server processes can open, and a summary in plain lines."""

import contextvars
import copyreg
import logging
import tempfile
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models.signals import post_migrate
from django.test.runner import DiscoverRunner
from hypothesis import settings as hypothesis

# No deadline for examples: servers and browsers beside them make their duration unpredictable.
hypothesis.register_profile("no-deadline", deadline=None)
hypothesis.load_profile("no-deadline")

PROCESSES = 2  # test classes at a time; servers and browsers keep the other cores busy


# Asynchronous test cases hold a context, which cannot be pickled when they are sent to another
# process. They get a copy of the context there, as when they run here.
copyreg.pickle(contextvars.Context, lambda context: (contextvars.copy_context, ()))


class Runner(DiscoverRunner):
    """Runs tests in random order, and prints each skipped test with its reason."""

    def __init__(self, *args: Any, **options: Any) -> None:
        options["interactive"] = False
        options["parallel"] = options.get("parallel") or PROCESSES
        if options.get("shuffle") is False:
            options["shuffle"] = None  # a new seed each time, printed for --shuffle=SEED
        logging.getLogger("asyncio").setLevel(logging.ERROR)  # its debug mode reports slow steps
        super().__init__(*args, **options)

    def setup_databases(self, **kwargs: Any) -> Any:
        database = settings.DATABASES["default"]
        if database["ENGINE"].endswith("sqlite3"):
            self.folder = tempfile.TemporaryDirectory(prefix="mapcenter-test-")
            database["TEST"]["NAME"] = f"{self.folder.name}/test.sqlite3"
            post_migrate.connect(complete_file)
        return super().setup_databases(**kwargs)

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
