"""Reading the database's clock. Serving processes do so with every check of the schedule."""

import logging
from datetime import UTC, datetime

from django.db import connection

from broadcaster.domain.clock import shared_clock

MAX_OFFSET = 1.0  # seconds; a larger difference between a host's clock and the database's is logged

logger = logging.getLogger(__name__)
_reported = False  # that the host's clock differs


def read() -> datetime:
    """Return the database's time: one small query on PostgreSQL. On SQLite it is the host's."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            [moment] = cursor.fetchone()
        shared_clock.set(moment.timestamp())
        _report_offset()
    else:
        moment = datetime.now(UTC)
        shared_clock.set(moment.timestamp())
    return moment


def now() -> datetime:
    """Return the database's time without a query: the last reading and the time since then."""
    return shared_clock.now()


def _report_offset() -> None:
    """Log when the host's clock begins or ceases to differ from the database's."""
    global _reported
    offset = shared_clock.offset
    if (abs(offset) > MAX_OFFSET) == _reported:
        return
    _reported = not _reported
    if _reported:
        direction = "ahead of" if offset > 0 else "behind"
        logger.warning(
            "this host's clock is %.1f s %s the database's, which counts; synchronize the clocks",
            abs(offset),
            direction,
        )
    else:
        logger.warning("this host's clock agrees with the database's again")
