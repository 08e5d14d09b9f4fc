"""What the viewers of this process share: its relays, and the responses that it keeps."""

from channels.layers import get_channel_layer
from django.conf import settings

from viewers.database_log import DatabaseLog
from viewers.fanout.heartbeat import Heartbeat
from viewers.fanout.relay_registry import RelayRegistry
from viewers.transports import addresses
from viewers.transports.response_cache import ResponseCache

heartbeat = Heartbeat(settings.HEARTBEAT, settings.HEARTBEAT_SPREAD)
relays = RelayRegistry(DatabaseLog(), get_channel_layer(), heartbeat)
shared = ResponseCache(addresses.SHARED, addresses.PARAMETERS)
