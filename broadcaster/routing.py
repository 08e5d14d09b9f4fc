"""The console's socket, below /admin/."""

from django.urls import path

from broadcaster.desk.consumer import DeskConsumer

websocket_urlpatterns = [
    path("broadcaster/broadcast/<int:pk>/console/ws", DeskConsumer.as_asgi()),
]
