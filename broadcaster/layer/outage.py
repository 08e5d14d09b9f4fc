"""Outages: logging them, and a circuit breaker for them."""

import logging
from time import monotonic
from weakref import WeakKeyDictionary

logger = logging.getLogger(__name__)

HOLD_OFF = 10.0  # seconds after a failure in which calls that a person waits for are skipped


class Outage:
    """Logs one line when `name` is lost and one when it is back, not one for each failure.

    It is also a circuit breaker: callers check `may_try` before a call whose timeout a person would
    wait for, so only one person waits.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.lasts = False
        self.count = 0  # outages so far, with the one that lasts
        self._failed_at = 0.0

    @property
    def may_try(self) -> bool:
        """Whether a call is worth the time that its failure would take."""
        return not self.lasts or monotonic() - self._failed_at >= HOLD_OFF

    def begin(self, error: Exception) -> None:
        """Note a failure. Log that it is lost, unless that was logged.

        Connection errors are logged without a traceback.
        """
        self._failed_at = monotonic()
        if self.lasts:
            return
        self.lasts = True
        self.count += 1
        words = " ".join(str(error).split()) or repr(error)  # PostgreSQL's have several lines
        logger.warning("%s lost, trying again: %s", self.name, words)

    def end(self) -> None:
        """Log that it is back, if it was lost."""
        if self.lasts:
            self.lasts = False
            logger.warning("%s is back", self.name)


_of_layers: WeakKeyDictionary[object, Outage] = WeakKeyDictionary()


def layer_outage(layer: object) -> Outage:
    """Return the outage of a channel layer. All users of the layer in this process share it."""
    return _of_layers.setdefault(layer, Outage("channel layer"))
