"""The test runner: a database file that real server processes can open, and plain last lines."""

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

# How long an example takes says how busy the machine is, with servers and browsers beside it.
hypothesis.register_profile("unhurried", deadline=None)
hypothesis.load_profile("unhurried")

PROCESSES = 2  # as many test classes at a time: more than one core is busy with servers anyway


# Asynchronous test cases are sent to the other process before they run; each starts in a context
# of its own there, which is what they get anyway.
copyreg.pickle(contextvars.Context, lambda context: (contextvars.copy_context, ()))


class Runner(DiscoverRunner):
    """Tests run in random order; what was skipped is named, with the program it lacks."""

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
    """Move SQLite's log into the database file, which is what the parallel copies are made of."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
