"""The results for other programs as JSON, and the calls for news readers as a feed."""

import json
from datetime import UTC, datetime
from functools import lru_cache

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import escape
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from broadcaster.domain.recording import Recording
from broadcaster.domain.stream import Position, Update
from broadcaster.domain.summary import STATUS_WORDS, describe, race_name
from broadcaster.models import Broadcast
from broadcaster.publishing import history
from broadcaster.rendering.results import results
from viewers.pages.by_slug import of_broadcast

MAX_ENTRIES = 200  # of the feed: the newest


@of_broadcast
def results_json(request: HttpRequest, broadcast: Broadcast) -> HttpResponse:
    """Return the results of all contests. Scripts of any origin may read them."""
    body = _results(broadcast.rehearsal, *_key(broadcast))
    response = HttpResponse(body, content_type="application/json")
    return _public(response)


@of_broadcast
def calls_atom(request: HttpRequest, broadcast: Broadcast) -> HttpResponse:
    """Return an Atom feed of the updates with calls and corrections, newest first."""
    site = f"{request.scheme}://{request.get_host()}"
    body = _feed(site, get_language() or "", broadcast.rehearsal, *_key(broadcast))
    response = HttpResponse(body, content_type="application/atom+xml; charset=utf-8")
    return _public(response)


def _public(response: HttpResponse) -> HttpResponse:
    response["Access-Control-Allow-Origin"] = "*"
    patch_cache_control(response, public=True, max_age=2)
    return response


def _key(broadcast: Broadcast) -> tuple[int, Position, str]:
    """Return what the content depends on: the row, its position, and its contests and title."""
    return broadcast.pk, broadcast.position, f"{broadcast.title} {broadcast.show.digests}"


@lru_cache(maxsize=16)
def _results(rehearsal: bool, pk: int, position: Position, names: str) -> bytes:
    content = results(_recording(pk, position), rehearsal)
    return json.dumps(content, ensure_ascii=False).encode()


@lru_cache(maxsize=16)
def _feed(
    site: str, language: str, rehearsal: bool, pk: int, position: Position, names: str
) -> str:
    recording = _recording(pk, position)
    warning = _("REHEARSAL – these are not results") if rehearsal else ""
    page = site + reverse("broadcast", args=[recording.slug])
    feed = Atom1Feed(
        title=f"{recording.title} ({warning})" if warning else recording.title,
        link=page,
        feed_url=site + reverse("calls-atom", args=[recording.slug]),
        feed_guid=page,
        description="",
        language=language,
    )
    for update in reversed([each for each in recording.updates if each.called][-MAX_ENTRIES:]):
        words = describe(update, recording.show, _)
        at = datetime.fromtimestamp(update.at / 1000, UTC)
        address = f"{page}?at={recording.epoch}:{update.seq}"
        feed.add_item(
            title=f"{warning}: {words}" if warning else words,
            link=address,
            unique_id=address,
            description=_summary(update, recording),
            pubdate=at,
            updateddate=at,
        )
    return feed.writeString("utf-8")


def _summary(update: Update, recording: Recording) -> str:
    """Return the result of each race, a line each, and the reason of a correction, as HTML."""
    contests = recording.show.contests
    lines = [update.reason] if update.reason else []
    for race, call in update.called.items():
        key, id = race
        party = contests[key].name_of(call.party, id, _) if call.party else ""
        lines.append(f"{race_name(race, contests, _)}: {party or _(STATUS_WORDS[call.status])}")
    return "<br>".join(escape(line) for line in lines)


def _recording(pk: int, position: Position) -> Recording:
    found = history.recording(Broadcast.objects.get(pk=pk), position)
    assert found is not None  # the broadcast's own position
    return found
