"""The picture of a broadcast that social networks show beside a link to it."""

import re
import subprocess
import sys
import textwrap
import threading
from functools import cache
from http import HTTPStatus

from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.cache import patch_cache_control
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from fontTools.ttLib import TTFont

from broadcaster.domain.bidi import is_right_to_left
from broadcaster.domain.stream import Position
from broadcaster.models import Broadcast
from broadcaster.publishing import history
from broadcaster.rendering.picture import Picture
from viewers.pages import raster
from viewers.pages.by_slug import of_broadcast, position_in
from viewers.pages.single_flight import Overloaded, SingleFlight, release_connection
from viewers.pages.wording import date_and_clock

LINE_LENGTH = 22  # characters of the headline beside the map
LINES = range(140, 381, 48)  # where its lines stand, in CSS pixels
DAY = 24 * 3600  # seconds
TIMEOUT = 30  # seconds that drawing one picture may take
RETRY_AFTER = 2  # seconds

MAX_KEPT = 64  # pictures, of up to 150 KB each
MAX_DRAWINGS = 2  # processes at the same time, each of which keeps a core busy
MAX_PICTURES = 4  # that are drawn or wait to be drawn: a second of work
MAX_WAITING = 64  # requests that wait for a picture, each of which occupies a thread

LEAST_DRAWN = 0.75  # part of a headline's letters that the fonts must have to show what is left

NOT_IN_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that no XML document may have, and that earlier versions let into texts."""

pictures: SingleFlight[bytes] = SingleFlight(
    MAX_KEPT, max_running=MAX_PICTURES, max_waiting=MAX_WAITING
)
_drawings = threading.BoundedSemaphore(MAX_DRAWINGS)


@of_broadcast
def picture(request: HttpRequest, broadcast: Broadcast) -> HttpResponse:
    """Return a PNG of 1200 × 630: the map at `?at=<epoch>:<seq>`, or now, of `?contest=`.

    A picture is drawn once for all requests. If too many are requested at once, the response is
    503 with Retry-After.
    """
    position = position_in(request.GET, broadcast)
    contest = request.GET.get("contest", "")
    if contest not in broadcast.show.contests:
        contest = ""
    editions = tuple(broadcast.show.digests.values())
    look = get_language(), contest, broadcast.title, broadcast.starts_at, editions
    key = broadcast.pk, position, *look
    try:
        png = pictures.get(key, lambda: draw(card_svg(broadcast, position, contest)))
    except Overloaded:
        return overloaded_response()
    response = HttpResponse(png, content_type="image/png")
    never_changes = "at" in request.GET and position.seq
    patch_cache_control(response, public=True, max_age=DAY if never_changes else 5)
    return response


def overloaded_response() -> HttpResponse:
    """Return the response for a picture that cannot be drawn now."""
    response = HttpResponse(
        f"Too many pictures are being drawn. Try again in {RETRY_AFTER} seconds.",
        content_type="text/plain",
        status=HTTPStatus.SERVICE_UNAVAILABLE,
        headers={"Retry-After": str(RETRY_AFTER)},
    )
    patch_cache_control(response, no_store=True)
    return response


def card_svg(broadcast: Broadcast, position: Position, contest: str = "") -> str:
    """Return the picture as SVG, in the active language, by default of the contest in view.

    Raises Http404 for a position that is not in the log.
    """
    recording = history.recording(broadcast, position)
    if recording is None:
        raise Http404
    state = recording.at_seq(position.seq)
    headline = drawn(state.story.headline)
    at = history.moment(recording.updates[-1].at) if position.seq else broadcast.starts_at
    picture = Picture.of(recording.show, contest or state.view.contest, state, _)
    title = drawn(broadcast.title)
    titles = [title] if headline else []
    if len(recording.show.contests) > 1:
        titles.append(drawn(picture.contest.title))
    svg = render_to_string(
        "viewers/card.svg",
        {
            "broadcast": broadcast,
            "picture": picture,
            "title": " · ".join(filter(None, titles)),
            "lines": list(zip(LINES, wrap(headline or title), strict=False)),
            "is_right_to_left": is_right_to_left(headline or title),
            "when": at and (_("As of %s") if position.seq else _("Begins %s")) % date_and_clock(at),
        },
    )
    return NOT_IN_XML.sub("\N{REPLACEMENT CHARACTER}", svg)


def drawn(text: str) -> str:
    """Return a text without the characters that the fonts lack, which would be drawn as boxes.

    Emoji are left out of a headline. A text in a script of which the fonts have few letters is
    left out whole: "" is returned.
    """
    kept = "".join(each for each in text if ord(each) in characters())
    letters, left = (sum(map(str.isalnum, each)) for each in (text, kept))
    return " ".join(kept.split()) if left >= LEAST_DRAWN * letters else ""


@cache
def characters() -> frozenset[int]:
    """Return the codes of the characters that both fonts have."""
    fonts = (TTFont(path, lazy=True).getBestCmap() for path in sorted(raster.FONTS.glob("*.ttf")))
    return frozenset.intersection(*map(frozenset, fonts))


def wrap(headline: str) -> list[str]:
    """Return the lines of a headline that fit beside the map."""
    return textwrap.wrap(headline, LINE_LENGTH, max_lines=len(LINES), placeholder=" …")


def draw(svg: str) -> bytes:
    """Return the PNG of an SVG.

    Waits, without a database connection, while MAX_DRAWINGS other pictures are drawn.
    Raises subprocess.SubprocessError if drawing fails.
    """
    release_connection()
    command = [sys.executable, "-P", raster.__file__]
    with _drawings:
        run = subprocess.run(
            command, input=svg.encode(), stdout=subprocess.PIPE, check=True, timeout=TIMEOUT
        )
    return run.stdout
