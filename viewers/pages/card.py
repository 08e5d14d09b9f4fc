"""The picture of a broadcast that social networks show beside a link to it."""

import subprocess
import sys
import textwrap
import threading
from functools import lru_cache

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.utils.cache import patch_cache_control
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from broadcaster.domain.stream import Position
from broadcaster.models import Broadcast
from broadcaster.publishing import history
from broadcaster.rendering.picture import Picture
from viewers.pages import raster
from viewers.pages.wording import full

LINE = 22  # characters of the headline beside the map
LINES = 6
DAY = 24 * 3600  # seconds
PATIENCE = 30  # seconds that drawing may take

_one_at_a_time = threading.Lock()


def picture(request: HttpRequest, slug: str) -> HttpResponse:
    """PNG, 1200 × 630: the map as it stood at `?at=<epoch>:<seq>`, or as it stands."""
    broadcast = get_object_or_404(Broadcast, slug=slug)
    try:
        position = Position.parse(request.GET.get("at", str(broadcast.position)))
        with _one_at_a_time:  # whoever asks for the same meanwhile finds it drawn
            png = drawn(broadcast.pk, position, get_language())
    except (ValueError, LookupError) as error:
        raise Http404 from error
    response = HttpResponse(png, content_type="image/png")
    settled = "at" in request.GET and position.seq
    patch_cache_control(response, public=True, max_age=DAY if settled else 5)
    return response


@lru_cache(maxsize=64)
def drawn(pk: int, position: Position, language: str) -> bytes:
    """The PNG, in the active language. Raises LookupError for a position the log does not have."""
    command = [sys.executable, "-P", raster.__file__]
    svg = card(Broadcast.objects.get(pk=pk), position).encode()
    run = subprocess.run(command, input=svg, stdout=subprocess.PIPE, check=True, timeout=PATIENCE)
    return run.stdout


def card(broadcast: Broadcast, position: Position) -> str:
    """The picture as SVG. Raises LookupError for a position that the log does not have."""
    recording = history.recording(broadcast, position)
    if recording is None:
        raise LookupError("is not on the log")
    state = recording.at_seq(position.seq)
    headline = state.story.headline
    at = history.moment(recording.updates[-1].at) if position.seq else broadcast.starts_at
    return render_to_string(
        "viewers/card.svg",
        {
            "broadcast": broadcast,
            "picture": Picture(state, _),
            "title": broadcast.title if headline else "",
            "lines": wrapped(headline or broadcast.title),
            "when": at and (_("As of %s") if position.seq else _("Begins %s")) % full(at),
        },
    )


def wrapped(text: str) -> list[str]:
    """Lines that fit beside the map."""
    return textwrap.wrap(text, LINE, max_lines=LINES, placeholder=" …")
