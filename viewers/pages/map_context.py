"""The context of several pages' templates: a broadcast's map, now or in the past, and its log."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode, urljoin

from django.conf import settings
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from broadcaster.domain.change import RaceKey, flat, to_json
from broadcaster.domain.mapstate import MapState
from broadcaster.domain.recording import Recording
from broadcaster.domain.show import Show
from broadcaster.domain.stream import Position, Update
from broadcaster.domain.summary import race_name
from broadcaster.domain.time_zone import script_zone
from broadcaster.models import Broadcast
from broadcaster.publishing import history
from broadcaster.rendering import call_log
from broadcaster.rendering.contest_data import contest_data
from broadcaster.rendering.picture import Picture
from broadcaster.rendering.tally import Tally
from viewers.pages.wording import begins, closing, hour, script_words, status

MAX_UNDECIDED = 5  # races in the list of those still to decide
LOW_UNDECIDED = 3  # those of them that a low screen shows (page.css)


@dataclass(frozen=True, slots=True)
class Tab:
    """The link to one contest of a page, with the contest's score."""

    key: str
    title: str
    tally: Tally
    to_win: int | None
    address: str
    is_shown: bool


def live_context(broadcast: Broadcast, query: QueryDict) -> dict[str, Any]:
    """Return the context of a page that follows a broadcast, with the data for its script."""
    snapshot, show = history.snapshot(broadcast), broadcast.show
    shown = chosen_contest(query, show, snapshot.state)
    log = _log_until(broadcast, snapshot.position, get_language(), *show.digests.values())
    return (
        map_context(show, snapshot.state, shown)
        | log_context(log, show, shown)
        | {
            "broadcast": broadcast,
            "position": snapshot.position,
            "status": status(broadcast),
            "begins": begins(broadcast),
            "script_data": contest_script_data(show, shown)
            | {
                "address": data_address(broadcast),
                "rehearsal": broadcast.rehearsal,
                "startsAt": broadcast.starts_at and history.milliseconds(broadcast.starts_at),
                "timeZone": script_zone(settings.TIME_ZONE),
                "snapshot": to_json(snapshot),
                "words": script_words(),
            },
        }
    )


def past_context(
    broadcast: Broadcast, recording: Recording, seq: int, query: QueryDict
) -> dict[str, Any]:
    """Return the context of the map after update `seq`, with its later corrections."""
    state, show = recording.at_seq(seq), recording.show
    shown = chosen_contest(query, show, state)
    kept = {name: str(query[name]) for name in ("at", "t", "rebroadcast") if name in query}
    return map_context(show, state, shown, kept) | {
        "broadcast": broadcast,
        "position": Position(recording.epoch, seq),
        "later": names(flat(recording.later_corrected(seq)), show),
    }


def chosen_contest(query: Mapping[str, Any], show: Show, state: MapState) -> str:
    """Return the contest that a page shows: that of its address, or else of the broadcast."""
    chosen = str(query.get("contest", ""))
    return chosen if chosen in show.contests else state.view.contest


def map_context(
    show: Show, state: MapState, shown: str, kept: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Return the picture of one contest, and the tabs of all. Their links keep options `kept`."""
    return {
        "shown": shown,
        "picture": Picture.of(show, shown, state, _),
        "contests": [
            Tab(
                key,
                contest.title,
                Tally(contest, state.totals[key], _),
                contest.to_win,
                f"?{urlencode({**(kept or {}), 'contest': key})}",
                key == shown,
            )
            for key, contest in show.contests.items()
        ],
        "story": state.story,
    }


def contest_script_data(show: Show, shown: str) -> dict[str, Any]:
    """Return the contests for a page's script, and the address at which their files begin."""
    return {
        "version": settings.VERSION,
        "contests": {key: contest_data(edition, _) for key, edition in show.editions.items()},
        "shown": shown,
        "contestFiles": urljoin(reverse("contest-json", args=["0"]), "."),
    }


def undecided_context(
    picture: Picture, now: datetime, at: datetime, most: int = MAX_UNDECIDED
) -> dict[str, Any]:
    """Return the races to be called, the heaviest first, each with when its polls close or closed.

    There are at most `most` of them; `undecided_more` has how many a usual and a low screen leave
    out. `at` is when the map last changed.
    """
    races = picture.undecided
    return {
        "undecided": [(race, closing(race.closes, now, at)) for race in races[:most]],
        "undecided_count": len(races),
        "undecided_more": [(n, len(races) - n) for n in (MAX_UNDECIDED, LOW_UNDECIDED)],
    }


def log_context(
    log: tuple[list[call_log.Entry], list[RaceKey]], show: Show, shown: str
) -> dict[str, Any]:
    """Return the log of calls, and the races that it corrects, as in "senate/OH".

    `corrected_races` has the ids of those of the contest shown.
    """
    entries, corrected = log
    return {
        "log": [(entry, hour(entry.at)) for entry in entries],
        "corrected": ["/".join(race) for race in corrected],
        "corrected_races": [race for key, race in corrected if key == shown],
        "corrected_names": [race_name(race, show.contests, _) for race in corrected],
    }


def log_of(updates: Sequence[Update], show: Show) -> tuple[list[call_log.Entry], list[RaceKey]]:
    """Return the entries of the log after these updates, and the races that they corrected."""
    return call_log.entries(updates, show.contests, _), call_log.corrected(updates)


@lru_cache(maxsize=32)
def _log_until(
    broadcast: Broadcast, position: Position, language: str, *editions: str
) -> tuple[list[call_log.Entry], list[RaceKey]]:
    """Return the log of calls up to a position, in `language`, which must be the active one.

    The log up to a position never changes, and names only with `editions`, so it is read once for
    all viewers who come before the next update.
    """
    recording = history.recording(broadcast, position)
    return log_of(recording.updates if recording else (), broadcast.show)


def names(races: Iterable[RaceKey], show: Show) -> str:
    """Return the names of races, as pages list them."""
    return ", ".join(race_name(race, show.contests, _) for race in races)


def data_address(broadcast: Broadcast) -> str:
    """Return the beginning of the addresses of a broadcast's socket, polls and files.

    It is the same in every language.
    """
    return urljoin(reverse("recording", args=[broadcast.slug]), ".")
