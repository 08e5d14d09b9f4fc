"""Times for ten thousand connections with one timer.

A timer of its own costs a poll more than everything else it does: it is armed and disarmed with
every answer. Here a connection is put into the slot of about the right moment, and taken out.
"""

import asyncio
import logging
from typing import Protocol

logger = logging.getLogger(__name__)


class Alarmed(Protocol):
    """Who can be called when its time has come."""

    def alarm(self) -> None: ...


Slot = set[Alarmed]


class Wheel:
    """Slots of `width` seconds. Alarms come late by up to that."""

    def __init__(self, width: float) -> None:
        self.width = width
        self._slots: dict[int, Slot] = {}
        self._turning: asyncio.TimerHandle | None = None

    def put(self, who: Alarmed, seconds: float) -> Slot:
        """Call `who.alarm()` after `seconds`, unless it is discarded from the slot before."""
        loop = asyncio.get_running_loop()
        due = int((loop.time() + seconds) / self.width) + 1
        slot = self._slots.get(due)
        if slot is None:
            slot = self._slots[due] = set()
            if self._turning is None:
                self._turning = loop.call_later(self.width, self._turn)
        slot.add(who)
        return slot

    def _turn(self) -> None:
        loop = asyncio.get_running_loop()
        now = int(loop.time() / self.width)
        for due in [due for due in self._slots if due <= now]:
            slot = self._slots.pop(due)
            while slot:
                try:
                    slot.pop().alarm()
                except Exception:  # one connection's trouble must not stop everyone's time
                    logger.exception("an alarm failed")
        self._turning = loop.call_later(self.width, self._turn) if self._slots else None
