"""The addresses of viewers' pages. Sockets and polls are in routing.py."""

from collections.abc import Callable

from django.http import HttpResponseBase
from django.urls import URLPattern, path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from viewers.pages.board import board
from viewers.pages.broadcast import broadcast
from viewers.pages.calculator import calculator
from viewers.pages.card import picture
from viewers.pages.contest_files import contest_html, contest_json
from viewers.pages.embed import embed
from viewers.pages.embedding import embedding
from viewers.pages.front import front
from viewers.pages.map_picture import map_picture
from viewers.pages.recording_json import recording_json
from viewers.pages.replay import replay
from viewers.pages.results import calls_atom, results_json


def page(route: str, view: Callable[..., HttpResponseBase], name: str) -> URLPattern:
    """Return the address of a page. Methods other than GET and HEAD get 405.

    Without the exemption a POST would get 403 for its missing CSRF token, before the view is
    called.
    """
    return path(route, csrf_exempt(require_safe(view)), name=name)


pages = [  # in every language: see mapcenter/urls.py
    page("", front, name="front"),
    page("broadcasts/<slug:slug>/", broadcast, name="broadcast"),
    page("broadcasts/<slug:slug>/replay/", replay, name="replay"),
    page("broadcasts/<slug:slug>/calculator/", calculator, name="calculator"),
    page("broadcasts/<slug:slug>/picture.png", picture, name="picture"),
    page("broadcasts/<slug:slug>/board/", board, name="board"),
    page("broadcasts/<slug:slug>/embed/", embed, name="embed"),
    page("broadcasts/<slug:slug>/embedding/", embedding, name="embedding"),
    page("broadcasts/<slug:slug>/calls.atom", calls_atom, name="calls-atom"),
    page("contests/<slug:digest>.json", contest_json, name="contest-json"),
    page("contests/<slug:digest>.html", contest_html, name="contest-html"),
]

urlpatterns = [
    page("broadcasts/<slug:slug>/recording.json", recording_json, name="recording"),
    page("broadcasts/<slug:slug>/map.svg", map_picture, name="map-picture"),
    page("broadcasts/<slug:slug>/results.json", results_json, name="results"),
]
