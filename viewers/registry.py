"""What the viewers of this process share: its relays, and the responses that it keeps."""

import re

from channels.layers import get_channel_layer
from django.conf import settings

from broadcaster.publishing.announce import announced
from viewers.database_log import DatabaseLog
from viewers.fanout.heartbeat import Heartbeat
from viewers.fanout.relay_registry import RelayRegistry
from viewers.transports import addresses
from viewers.transports.response_cache import ResponseCache

heartbeat = Heartbeat(settings.HEARTBEAT, settings.HEARTBEAT_SPREAD)
relays = RelayRegistry(DatabaseLog(), get_channel_layer(), heartbeat)


def version_of(path: str) -> str:
    """Return the newest positions, known to this process, of the broadcast that a page is about."""
    if (match := OF_BROADCAST.match(path)) is None:
        return str(announced) if path.endswith("/") else ""
    hub = relays.ready(match[1])
    return f"{hub and hub.replica.position} {announced.get(match[1])}"


OF_BROADCAST = re.compile(rf"/(?:\w+/)?{addresses.BROADCASTS}([-\w]+)/")
shared = ResponseCache(addresses.SHARED, addresses.PARAMETERS, version_of)
