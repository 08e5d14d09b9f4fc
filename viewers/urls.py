"""The pages' addresses; sockets and polls are in routing.py."""

from django.urls import path

from viewers import calculator, card, embed, recordings, views

pages = [  # each in every language
    path("", views.front, name="front"),
    path("broadcasts/<slug:slug>/", recordings.page, name="broadcast"),
    path("broadcasts/<slug:slug>/replay/", recordings.replay, name="replay"),
    path("broadcasts/<slug:slug>/calculator/", calculator.calculator, name="calculator"),
    path("broadcasts/<slug:slug>/picture.png", card.picture, name="picture"),
    path("broadcasts/<slug:slug>/embed/", embed.embed, name="embed"),
    path("broadcasts/<slug:slug>/embedding/", embed.embedding, name="embedding"),
]

urlpatterns = [
    path("broadcasts/<slug:slug>/recording.json", recordings.recording, name="recording"),
    path("healthz", views.healthz),
    path("readyz", views.readyz),
    path("metrics", views.metrics),
]
