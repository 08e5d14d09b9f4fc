"""The format of log lines, and the limit of their number."""

import json
import logging
import threading
import time
from datetime import UTC, datetime
from typing import Any

BURST = 10  # lines of one kind in a WINDOW: enough to see what happens, and no flood
WINDOW = 60.0  # seconds
KINDS = 1000  # of lines that are counted at a time

FORMATS = ("lines", "json")
LEVELS = ("debug", "info", "warning", "error")


class RateLimit(logging.Filter):
    """Lets `BURST` lines of one kind through in a `WINDOW`, or as many as a line's attribute
    `a_minute` says. The first line after it has the number of those that were left out.

    The kind of a line is its message before the arguments are filled in; lines without arguments
    are of one kind for each logger, since some come with their values already in them.
    """

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._kinds: dict[tuple[str, str], tuple[float, int]] = {}  # begin of the window, lines

    def filter(self, record: logging.LogRecord) -> bool:
        kind = (record.name, str(record.msg) if record.args else "")
        burst = getattr(record, "a_minute", BURST)
        now = time.monotonic()
        with self._lock:
            began, lines = self._kinds.pop(kind, (now, 0))
            left_out = 0
            if now - began >= WINDOW:
                left_out = max(lines - burst, 0)
                began, lines = now, 0
            self._kinds[kind] = began, lines + 1  # last: the oldest are first
            if len(self._kinds) > KINDS:
                del self._kinds[next(iter(self._kinds))]
        if left_out:
            record.msg = f"{record.getMessage()} ({left_out} more like this were left out)"
            record.args = None
        return lines < burst


class JsonFormatter(logging.Formatter):
    """One JSON object for each line."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "process": record.process,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


class ShortRejections(logging.Filter):
    """Removes the tracebacks of requests that Django rejects as suspicious, as for a foreign Host.

    Any client can send those, and the message has the reason. No line is left out.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.startswith("django.security."):
            record.exc_info = record.exc_text = None
        return True


def logging_config(log_format: str, level: str) -> dict[str, Any]:
    """Return Django's LOGGING for one of `FORMATS` and one of `LEVELS`."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"rate": {"()": RateLimit}, "short": {"()": ShortRejections}},
        "formatters": {
            "lines": {
                "format": "{asctime} {levelname} {name}: {message}",
                "datefmt": "%Y-%m-%d %H:%M:%S %Z",  # Django sets the process's zone: TIME_ZONE
                "style": "{",
            },
            "json": {"()": JsonFormatter},
        },
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "formatter": log_format,
                "filters": ["rate", "short"],
            }
        },
        "root": {"handlers": ["stderr"], "level": level.upper()},
        "loggers": {
            # Not 4xx: the client gets the reason of a rejection, and the log would fill with them.
            "django.request": {"level": "ERROR"},
            "axes": {"level": "ERROR"},  # nor wrong passwords: the audit has them
            # Without Django's own handlers, which would write lines twice with DEBUG.
            "django": {"handlers": [], "level": level.upper()},
        },
    }
