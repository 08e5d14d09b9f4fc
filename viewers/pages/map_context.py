"""The context of several pages' templates: a broadcast's map, now or in the past, and its log."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import urljoin

from django.conf import settings
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from broadcaster.domain.change import to_json
from broadcaster.domain.electoral import ELECTIONS, Election, unit_name
from broadcaster.domain.recording import Recording
from broadcaster.domain.stream import Position, Update
from broadcaster.models import Broadcast
from broadcaster.publishing import history
from broadcaster.rendering import call_log
from broadcaster.rendering.election_picture import ElectionPicture
from viewers.pages.wording import hour, script_words, status


def live_context(broadcast: Broadcast) -> dict[str, Any]:
    """Return the context of a page that follows a broadcast, with the data for its script."""
    snapshot = history.snapshot(broadcast)
    picture = ElectionPicture(snapshot.state, _)
    return _log_until(broadcast, snapshot.position, get_language()) | {
        "broadcast": broadcast,
        "picture": picture,
        "position": snapshot.position,
        "story": snapshot.state.story,
        "status": status(broadcast),
        "script_data": {
            "address": data_address(broadcast),
            "startsAt": broadcast.starts_at and history.milliseconds(broadcast.starts_at),
            "timeZone": settings.TIME_ZONE,
            "election": picture.script_data,
            "snapshot": to_json(snapshot),
            "words": script_words(),
        },
    }


def past_context(broadcast: Broadcast, recording: Recording, seq: int) -> dict[str, Any]:
    """Return the context of the map after update `seq`, with its later corrections."""
    state = recording.at_seq(seq)
    return {
        "broadcast": broadcast,
        "position": Position(recording.epoch, seq),
        "story": state.story,
        "picture": ElectionPicture(state, _),
        "later": ", ".join(unit_name(unit, _) for unit in recording.later_corrected(seq)),
    }


def log_context(updates: Sequence[Update], election: Election) -> dict[str, Any]:
    """Return the log of calls after these updates, and which units they corrected."""
    corrected = call_log.corrected(updates)
    return {
        "log": [(entry, hour(entry.at)) for entry in call_log.entries(updates, election, _)],
        "corrected": corrected,
        "corrected_names": [unit_name(unit, _) for unit in corrected],
    }


@lru_cache(maxsize=32)
def _log_until(broadcast: Broadcast, position: Position, language: str) -> dict[str, Any]:
    """Return the log of calls up to a position, in `language`, which must be the active one.

    The log up to a position never changes, so it is read once for all viewers who come before the
    next update.
    """
    recording = history.recording(broadcast, position)
    return log_context(recording.updates if recording else (), ELECTIONS[broadcast.election])


def data_address(broadcast: Broadcast) -> str:
    """Return the beginning of the addresses of a broadcast's socket, polls and files.

    It is the same in every language.
    """
    return urljoin(reverse("recording", args=[broadcast.slug]), ".")
