"""The replay page: the recording of a broadcast with a time line, also as a rebroadcast."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from broadcaster.domain.change import Kind
from broadcaster.domain.recording import Recording
from broadcaster.domain.stream import Update
from broadcaster.domain.summary import describe
from broadcaster.domain.time_zone import script_zone
from broadcaster.models import Broadcast, Rebroadcast
from broadcaster.publishing import clock as database_clock
from broadcaster.publishing import history
from broadcaster.rendering import call_log
from viewers.pages.by_slug import of_broadcast
from viewers.pages.map_context import (
    contest_script_data,
    data_address,
    past_context,
    undecided_context,
)
from viewers.pages.recording_json import recording_address
from viewers.pages.wording import clock, elapsed, hour, script_words

SPEEDS = (1, 10, 60, 300)
KIND_LABELS = {
    "start": gettext_lazy("On air"),
    "correct": "⚑",
    "hold": gettext_lazy("On hold"),
    "resume": gettext_lazy("Back on air"),
    "end": gettext_lazy("The end"),
}
"""The word in the log before the headline of an update of each kind; none for other kinds."""
MODULES = (
    "broadcaster/domain/corrections.js",
    "broadcaster/domain/recording.js",
    "broadcaster/domain/replica.js",
    "broadcaster/domain/translation.js",
    "broadcaster/rendering/drawing.js",
    "viewers/replay/player.js",
    "viewers/replay/replay.js",
    "viewers/shared/contest_pieces.js",
    "viewers/shared/share.js",
    "viewers/shared/story.js",
    "viewers/shared/wording.js",
)
"""The modules that replay.js imports."""


@of_broadcast
def replay(request: HttpRequest, broadcast: Broadcast) -> HttpResponse:
    """Return the replay page, at the beginning, at `?t=<seconds>` or at `?at=<seq>`.

    With `?rebroadcast=<id>` it is at the second that everyone sees.
    """
    rebroadcast = None
    if "rebroadcast" in request.GET:
        number = request.GET["rebroadcast"]
        pk = int(number[:18]) if number.isdecimal() else 0
        rebroadcast = get_object_or_404(broadcast.rebroadcasts, pk=pk, cancelled_at=None)
    position = rebroadcast.position if rebroadcast else broadcast.position
    recording = history.recording(broadcast, position)
    if recording is None:
        raise Http404
    t = start_time(request.GET, recording, rebroadcast)
    at = history.moment(recording.began + max(t, 0))
    context = past_context(broadcast, recording, recording.seq_at(t), request.GET) | {
        "at": at,
        "clock": clock(at, with_seconds=True),
        "coming": rebroadcast and t < 0,
        "together": rebroadcast and 0 <= t <= recording.duration,
        "rebroadcast": rebroadcast,
        "starts": rebroadcast and clock(rebroadcast.starts_at, with_seconds=False),
        "t": max(t, 0) // 1000,
        "seconds": -(-recording.duration // 1000),
        "elapsed": elapsed(max(t, 0)),
        "duration": elapsed(recording.duration),
        "entries": log_entries(recording),
        "speeds": SPEEDS,
        "modules": MODULES,
    }
    context |= undecided_context(context["picture"], at, at)
    context["script_data"] = contest_script_data(recording.show, context["shown"]) | {
        "snapshot": {"contests": recording.show.digests},
        "file": recording_address(broadcast, position),
        "from": max(t, 0),
        "timeZone": script_zone(settings.TIME_ZONE),
        "moment": f"{broadcast.get_absolute_url()}?at={recording.epoch}:",
        "rebroadcast": rebroadcast
        and {
            "startsAt": history.milliseconds(rebroadcast.starts_at),
            "endsAt": history.milliseconds(rebroadcast.ends_at),
            "clock": f"{data_address(broadcast)}snapshot.json",
        },
        "words": script_words(),
    }
    response = render(request, "viewers/replay.html", context)
    max_age = 1 if rebroadcast or broadcast.on_air else 60
    patch_cache_control(response, public=True, max_age=max_age)
    return response


def start_time(query: QueryDict, recording: Recording, rebroadcast: Rebroadcast | None) -> int:
    """Return where the replay starts, in milliseconds; below 0 before a rebroadcast begins."""
    now = database_clock.now()
    if rebroadcast and now < rebroadcast.ends_at:
        return (now - rebroadcast.starts_at) // timedelta(milliseconds=1)
    seconds, seq = query.get("t", ""), query.get("at", "")
    if seconds.isdecimal():
        return min(int(seconds[:9]) * 1000, recording.duration)
    if seq.isdecimal() and 0 < int(seq[:9]) <= len(recording.updates):
        return recording.updates[int(seq[:9]) - 1].at - recording.began
    return 0


def log_entries(recording: Recording) -> list[dict[str, Any]]:
    """Return the updates as the log and the time line show them, newest first.

    An entry is struck if all its calls were corrected later. Votes counted are left out: a feed may
    send them every few seconds of a night.
    """
    corrected = recording.corrected()
    struck = {
        entry.seq
        for entry in call_log.entries(recording.updates, recording.show.contests)
        if all(race.corrected for group in entry.groups for race in group.races)
    }
    return [
        {
            "seq": update.seq,
            "elapsed": elapsed(update.at - recording.began),
            "clock": hour(history.moment(update.at)),
            "x": f"{(update.at - recording.began) / max(recording.duration, 1):.3%}",
            "mark": timeline_mark(update),
            "kind": KIND_LABELS.get(update.kind, ""),
            "headline": update.headline,
            "words": "" if update.kind in KIND_LABELS else describe(update, recording.show, _),
            "reason": update.reason,
            "corrected": update.seq in corrected,
            "struck": update.seq in struck,
        }
        for update in reversed(recording.updates)
        if not is_count(update)
    ]


def is_count(update: Update) -> bool:
    """Return whether an update has votes counted and nothing else."""
    return bool(update.counts) and not (update.calls or update.view or update.story)


def timeline_mark(update: Update) -> str:
    """Return "correction", "call", or "" for an update that the time line does not mark."""
    if update.kind is Kind.CORRECT:
        return "correction"
    return "call" if update.decides else ""
