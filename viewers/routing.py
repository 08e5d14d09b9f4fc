"""The addresses that viewers reach without passing through Django's views."""

from django.urls import path

from viewers.registry import relays
from viewers.transports.longpoll import LongPollViewer, SnapshotViewer
from viewers.transports.websocket import WebSocketViewer

websocket_urlpatterns = [
    path("broadcasts/<slug:slug>/ws", WebSocketViewer.as_asgi(relays=relays)),
]

http_urlpatterns = [
    path("broadcasts/<slug:slug>/updates", LongPollViewer.as_asgi(relays=relays)),
    path("broadcasts/<slug:slug>/snapshot.json", SnapshotViewer.as_asgi(relays=relays)),
]
