"""Logging of something that is away for a while."""

import logging

logger = logging.getLogger(__name__)


class Outage:
    """Logs when `name` is lost and when it is back, one line each, however often it fails."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.lasts = False

    def begin(self, error: Exception) -> None:
        """Log that it is lost, unless that is known. The message of the error has to do: the
        traceback of a connection that failed says nothing more."""
        if not self.lasts:
            logger.warning("%s lost, trying again: %s", self.name, str(error) or repr(error))
        self.lasts = True

    def end(self) -> None:
        """Log that it is back, if it was lost."""
        if self.lasts:
            logger.warning("%s is back", self.name)
        self.lasts = False
