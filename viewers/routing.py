"""The addresses that viewers reach without passing through Django's views."""

from django.urls import path

from viewers.registry import relays
from viewers.transports import addresses
from viewers.transports.longpoll import LongPollViewer, SnapshotViewer
from viewers.transports.websocket import AsgiWebSocketViewer

websocket_urlpatterns = [
    path(addresses.WEBSOCKET, AsgiWebSocketViewer.as_asgi(relays=relays)),
]

http_urlpatterns = [
    path(addresses.UPDATES, LongPollViewer.as_asgi(relays=relays)),
    path(addresses.SNAPSHOT, SnapshotViewer.as_asgi(relays=relays)),
]
