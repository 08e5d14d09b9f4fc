"""A broadcast's status and times as texts of pages, in the active language.

wording.js does the same in the browser; tests/vectors/wording.json pins both.
"""

from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext_lazy, pgettext
from django.utils.translation import gettext as _
from django.utils.translation.trans_real import DjangoTranslation
from django.views.i18n import JavaScriptCatalog

from broadcaster.models import Broadcast

NIGHT = timedelta(hours=12)  # before and after a time that need no date
STATUS = {
    "scheduled": gettext_lazy("Not started"),
    "live": gettext_lazy("Live, as of"),
    "rehearsal": gettext_lazy("Rehearsal, as of"),
    "held": gettext_lazy("On hold, as of"),
    "ended": gettext_lazy("Final, as of"),
}


def status(broadcast: Broadcast) -> dict[str, Any]:
    """Return the phase of a broadcast, its words, and the time that belongs to it, if any."""
    scheduled = broadcast.phase == "scheduled"
    at = broadcast.starts_at if scheduled else broadcast.at
    state = "rehearsal" if broadcast.rehearsal and broadcast.phase == "live" else broadcast.phase
    return {
        "state": broadcast.phase,
        "words": _("Begins") if scheduled and at else STATUS[state],
        "at": at,
        "clock": at and clock(at, not scheduled),
    }


def begins(broadcast: Broadcast) -> str:
    """Return when a broadcast begins, as a headline; "" if it has no planned time.

    Pages have it after the start, too, since a broadcast may start over.
    """
    at = broadcast.starts_at
    if at is None:
        return ""
    values = {"date": date(at), "time": hour_and_zone(at)}
    if timezone.localdate(at) == timezone.localdate():
        return _("Begins at %(time)s") % values
    return _("Begins on %(date)s at %(time)s") % values


def clock(at: datetime, with_seconds: bool) -> str:
    """Return "9:47:03 pm EST" or "9:47 pm EST", with the date before it unless it is today's."""
    time = hour_and_zone(at, with_seconds)
    is_today = timezone.localdate(at) == timezone.localdate()
    return time if is_today else f"{date(at)}, {time}"


def closing(closes: datetime | None, now: datetime, at: datetime) -> str:
    """Return in short when the polls of a race close or closed; "" if that is not known.

    It is the hour within 12 hours of `now`, on its day, and within 12 hours of `at`, when the map
    last changed: on later days, it is that night. Else it is the date.
    """
    if closes is None:
        return ""
    words = _("Polls close %(time)s") if closes > now else _("Polls closed %(time)s")
    is_tonight = any(abs(closes - time) < NIGHT for time in (now, at))
    is_today = timezone.localdate(closes) == timezone.localdate(now)
    time = hour_and_zone(closes) if is_tonight or is_today else short_date(closes)
    return words % {"time": time}


def date_and_clock(at: datetime) -> str:
    """Return "Nov 3, 2020, 9:47 pm EST": short, and always with the date."""
    return f"{short_date(at)}, {hour_and_zone(at)}"


def hour_and_zone(at: datetime, with_seconds: bool = False) -> str:
    """Return "9:47 pm EST" or "9:47:03 pm EST"."""
    return f"{hour(at, with_seconds)} {timezone.localtime(at):%Z}"


def hour(at: datetime, with_seconds: bool = False) -> str:
    """Return "9:47 pm" or "9:47:03 pm"."""
    at = timezone.localtime(at)
    half = _("am") if at.hour < 12 else _("pm")
    return f"{at:{'%-I:%M:%S' if with_seconds else '%-I:%M'}} {half}"


def date(at: datetime) -> str:
    """Return "Nov 3, 2020"."""
    # Translators: how a date is written, in the letters of Django's date filter.
    return date_format(timezone.localtime(at), _("M j, Y"))


def short_date(at: datetime) -> str:
    """Return "Nov 3, 2020", with a short month in all languages."""
    return date_format(timezone.localtime(at), pgettext("short", "M j, Y"))


def elapsed(milliseconds: int) -> str:
    """Return "1:15:00": hours, minutes and seconds."""
    seconds = milliseconds // 1000
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def script_words() -> dict[str, Any] | None:
    """Return the active language and its messages for translation.js; None for English."""
    language = get_language()
    if language == settings.LANGUAGE_CODE:
        return None
    return {"language": language, "messages": script_messages(language)}


@lru_cache
def script_messages(language: str) -> dict[str, str | list[str]]:
    """Return the translations of djangojs.po by English text; of a plural, [for one, for more]."""
    catalog = JavaScriptCatalog()
    catalog.translation = DjangoTranslation(
        language, domain=catalog.domain, localedirs=list(map(str, settings.LOCALE_PATHS))
    )
    messages: dict[str, str | list[str]] = catalog.get_catalog()
    return messages
