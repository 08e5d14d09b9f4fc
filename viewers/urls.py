"""The pages' addresses; sockets and polls are in routing.py."""

from django.urls import path

from viewers import recordings, views

urlpatterns = [
    path("", views.front, name="front"),
    path("broadcasts/<slug:slug>/", views.broadcast, name="broadcast"),
    path("broadcasts/<slug:slug>/recording.json", recordings.recording, name="recording"),
    path("healthz", views.healthz),
    path("readyz", views.readyz),
    path("metrics", views.metrics),
]
