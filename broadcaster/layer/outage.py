"""Logging of something that is away for a while."""

import logging

logger = logging.getLogger(__name__)


class Outage:
    """Logs when `name` is lost and when it is back, one line each, however often it fails."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.lasts = False

    def begin(self, error: Exception) -> None:
        """Log the loss once. Connection errors are logged without a traceback."""
        if not self.lasts:
            logger.warning("%s lost, trying again: %s", self.name, str(error) or repr(error))
        self.lasts = True

    def end(self) -> None:
        """Log that it is back, if it was lost."""
        if self.lasts:
            logger.warning("%s is back", self.name)
        self.lasts = False
