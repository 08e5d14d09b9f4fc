"""The relays of this process, with the database's log and the channel layer of the settings."""

from channels.layers import get_channel_layer
from django.conf import settings

from viewers.database_log import DatabaseLog
from viewers.fanout.heartbeat import Heartbeat
from viewers.fanout.relay_registry import RelayRegistry

heartbeat = Heartbeat(settings.HEARTBEAT, settings.HEARTBEAT_SPREAD)
relays = RelayRegistry(DatabaseLog(), get_channel_layer(), heartbeat)
