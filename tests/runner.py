"""The test runner: a database file that real server processes can open, and plain last lines."""

import logging
import tempfile
from typing import Any

from django.conf import settings
from django.test.runner import DiscoverRunner


class Runner(DiscoverRunner):
    """Tests run in random order; what was skipped is named, with the program it lacks."""

    def __init__(self, *args: Any, **options: Any) -> None:
        options["interactive"] = False
        if options.get("shuffle") is False:
            options["shuffle"] = None  # a new seed each time, printed for --shuffle=SEED
        logging.getLogger("asyncio").setLevel(logging.ERROR)  # its debug mode reports slow steps
        super().__init__(*args, **options)

    def setup_databases(self, **kwargs: Any) -> Any:
        database = settings.DATABASES["default"]
        if database["ENGINE"].endswith("sqlite3"):
            self.folder = tempfile.TemporaryDirectory(prefix="mapcenter-test-")
            database["TEST"]["NAME"] = f"{self.folder.name}/test.sqlite3"
        return super().setup_databases(**kwargs)

    def suite_result(self, suite: Any, result: Any, **kwargs: Any) -> int:
        for test, reason in result.skipped:
            print(f"skipped {test.id()}: {reason}")
        failed = len(result.failures) + len(result.errors) + len(result.unexpectedSuccesses)
        skipped = len(result.skipped)
        passed = result.testsRun - failed - skipped
        print(f"{passed} passed, {failed} failed, {skipped} skipped")
        return super().suite_result(suite, result, **kwargs)
