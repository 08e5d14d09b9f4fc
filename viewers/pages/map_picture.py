"""The map of a broadcast alone, as a picture for cards that link to the broadcast."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_cache_control

from broadcaster.domain.outline import coarse
from broadcaster.models import Broadcast
from broadcaster.publishing import history
from broadcaster.rendering.looks import Theme, colours
from broadcaster.rendering.picture import Picture
from viewers.pages.by_slug import of_broadcast, position_in
from viewers.pages.map_context import chosen_contest

DAY = 24 * 3600  # seconds
DETAIL = 450  # places from left to right on which corners are: enough for a card 320 pixels wide
LETTER = 0.03  # of the map's width: 9 pixels high on such a card
CAPITALS = 0.72  # of its height that a letter fills
LETTER_ROOM = 0.55  # of its height that a letter needs from its middle to the outline


@of_broadcast
def map_picture(request: HttpRequest, broadcast: Broadcast) -> HttpResponse:
    """Return an SVG of the map at `?at=<epoch>:<seq>`, or now, of `?contest=`.

    It has no words, and the winners' letters on or beside the shapes. Those that are too small have
    their colour alone.

    With `?theme=dark` its colours are those of dark pages.
    """
    position = position_in(request.GET, broadcast)
    recording = history.recording(broadcast, position)
    if recording is None:
        raise Http404
    state = recording.at_seq(position.seq)
    picture = Picture.of(recording.show, chosen_contest(request.GET, recording.show, state), state)
    theme: Theme = "dark" if request.GET.get("theme") == "dark" else "light"
    found = colours(theme)
    step = picture.geometry.view[2] / DETAIL
    fills = [
        (coarse(unit.shape.path, step), found.get(f"look-{unit.look}", found["map-uncalled"]))
        for unit in picture.shapes
        if unit.shape
    ]
    size = round(picture.geometry.view[2] * LETTER, 1)
    marks = [
        (
            unit.mark,
            found["map-text" if unit.shape.beside else f"on-{unit.look}"],
            *unit.shape.label,
        )
        for unit in picture.shapes
        if unit.shape and unit.look
        if unit.shape.beside or unit.shape.room >= size * LETTER_ROOM
    ]
    response = render(
        request,
        "viewers/map.svg",
        {
            "picture": picture,
            "fills": fills,
            "marks": marks,
            "size": size,
            "drop": round(size * CAPITALS / 2, 1),  # to be in the middle of the shape
            "border": found["map-border"],
        },
        content_type="image/svg+xml",
    )
    never_changes = "at" in request.GET and position.seq
    patch_cache_control(response, public=True, max_age=DAY if never_changes else 5)
    return response
