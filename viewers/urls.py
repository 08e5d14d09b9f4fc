"""The pages' addresses; sockets and polls are in routing.py."""

from django.urls import path

from viewers.ops import health
from viewers.pages import calculator, card, embed, live, replay

pages = [  # each in every language
    path("", live.front, name="front"),
    path("broadcasts/<slug:slug>/", replay.page, name="broadcast"),
    path("broadcasts/<slug:slug>/replay/", replay.replay, name="replay"),
    path("broadcasts/<slug:slug>/calculator/", calculator.calculator, name="calculator"),
    path("broadcasts/<slug:slug>/picture.png", card.picture, name="picture"),
    path("broadcasts/<slug:slug>/embed/", embed.embed, name="embed"),
    path("broadcasts/<slug:slug>/embedding/", embed.embedding, name="embedding"),
]

urlpatterns = [
    path("broadcasts/<slug:slug>/recording.json", replay.recording, name="recording"),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", health.metrics),
]
