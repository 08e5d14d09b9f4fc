"""The addresses of viewers' pages. Sockets and polls are in routing.py."""

from django.urls import path

from viewers.pages.broadcast import broadcast
from viewers.pages.calculator import calculator
from viewers.pages.card import picture
from viewers.pages.embed import embed
from viewers.pages.embedding import embedding
from viewers.pages.front import front
from viewers.pages.recording_json import recording_json
from viewers.pages.replay import replay

pages = [  # in every language: see mapcenter/urls.py
    path("", front, name="front"),
    path("broadcasts/<slug:slug>/", broadcast, name="broadcast"),
    path("broadcasts/<slug:slug>/replay/", replay, name="replay"),
    path("broadcasts/<slug:slug>/calculator/", calculator, name="calculator"),
    path("broadcasts/<slug:slug>/picture.png", picture, name="picture"),
    path("broadcasts/<slug:slug>/embed/", embed, name="embed"),
    path("broadcasts/<slug:slug>/embedding/", embedding, name="embedding"),
]

urlpatterns = [
    path("broadcasts/<slug:slug>/recording.json", recording_json, name="recording"),
]
