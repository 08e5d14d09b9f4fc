"""The contract between the hub and its connections, the same for every transport."""

from typing import Protocol

from viewers.protocol.frames import Close


class Subscriber(Protocol):
    """One connection in a hub. `kind` is "ws" or "poll".

    The hub calls both methods from the event loop, and one may be called while a batch of others
    still waits: they must return at once, and should not raise. If one does, the hub logs it and
    goes on with the next subscriber.
    """

    kind: str

    def notify(self) -> bool:
        """Send what the hub has past this connection's position. Return whether it was reached.

        A WebSocket is reached if everything is written. If its buffer is full, it returns False
        and calls `DeliveryLedger.mark_caught_up` once it has everything. A poll is reached if this
        call answers it.
        """

    def disconnect(self, code: Close) -> None:
        """Send the bye frame with `code`, and leave the hub."""
