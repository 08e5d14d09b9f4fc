"""The addresses that viewers reach without passing through Django's views."""

from django.conf import settings
from django.urls import path

from viewers.consumers import WebSocketViewer
from viewers.longpoll import LongPollViewer, SnapshotViewer
from viewers.relay import Relays

relays = Relays(heartbeat=settings.HEARTBEAT)  # those of this process

websocket_urlpatterns = [
    path("broadcasts/<slug:slug>/ws", WebSocketViewer.as_asgi(relays=relays)),
]

http_urlpatterns = [
    path("broadcasts/<slug:slug>/updates", LongPollViewer.as_asgi(relays=relays)),
    path("broadcasts/<slug:slug>/snapshot.json", SnapshotViewer.as_asgi(relays=relays)),
]
