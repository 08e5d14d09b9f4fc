"""Logging of outages."""

import logging

logger = logging.getLogger(__name__)


class Outage:
    """Logs one line when `name` is lost and one when it is back, not one for each failure."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.lasts = False

    def begin(self, error: Exception) -> None:
        """Log that it is lost, unless that was logged. Connection errors are logged without a
        traceback."""
        if not self.lasts:
            logger.warning("%s lost, trying again: %s", self.name, str(error) or repr(error))
        self.lasts = True

    def end(self) -> None:
        """Log that it is back, if it was lost."""
        if self.lasts:
            logger.warning("%s is back", self.name)
        self.lasts = False
