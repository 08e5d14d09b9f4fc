"""The relays of this process, one for each broadcast that has viewers here."""

from django.conf import settings

from viewers.fanout.relay import Relays

relays = Relays(heartbeat=settings.HEARTBEAT)
