"""The form fields of times: moments in the newsroom's time zone, which they name, and spans."""

import re
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone

TWICE = "This hour comes twice, since clocks are set back. Choose which one you mean."
NEVER = "This time does not exist: clocks are set forward over it."
SPAN = re.compile(r"(-)?(?:(?:(\d{1,3}):)?(\d{1,5}):)?(\d{1,7}(?:\.\d{1,3})?)", re.ASCII)


def moments(local: datetime) -> list[datetime]:
    """Return the moments at which the newsroom's clock shows a time.

    One as a rule, two where clocks are set back, none where they are set forward over it.
    """
    zone = timezone.get_current_timezone()
    first, second = (local.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    before, after = first.utcoffset(), second.utcoffset()
    if before == after:
        return [first]
    is_set_back = (before or timedelta()) > (after or timedelta())
    return [first, second] if is_set_back else []


class NewsroomTimeWidget(forms.MultiWidget):
    """A date and a time; which of two moments it is, where clocks are set back."""

    use_fieldset = True

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        day = forms.DateInput({"type": "date", "aria-label": "Date"}, format="%Y-%m-%d")
        hour = forms.TimeInput(
            {"type": "time", "step": "1", "aria-label": "Time"}, format="%H:%M:%S"
        )
        which = forms.Select({"aria-label": "Which of the two"})
        super().__init__((day, hour, which), attrs)

    def decompress(self, value: datetime | None) -> list[Any]:
        """Return date, time and, where there are two moments, the number of this one."""
        if value is None:
            return [None, None, ""]
        local = timezone.localtime(value)
        which = str(local.fold) if len(moments(local)) > 1 else ""
        return [local.date(), local.time().replace(microsecond=0), which]

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """Return the context of the template, without the choice where there is nothing to ask."""
        values = value if isinstance(value, list) else self.decompress(value)
        found = moments_of(*values[:2])
        if len(found) > 1:
            words = ("the first", "the second")
            choices = [
                (str(number), f"{words[number]}, {each:%Z (UTC%z)}")
                for number, each in enumerate(found)
            ]
            which: Any = self.widgets[2]
            which.choices = [("", "Which one?"), *choices]
        context = super().get_context(name, values, attrs)
        if len(found) < 2:
            context["widget"]["subwidgets"].pop()
        return context


class NewsroomTimeField(forms.MultiValueField):
    """A time in the newsroom's time zone, as an aware datetime.

    Raises `ValidationError` for a time that does not exist, and until the user has chosen between
    two moments.
    """

    widget = NewsroomTimeWidget

    def __init__(self, *, help_text: str = "", **options: Any) -> None:
        zone = f"Time zone: {settings.TIME_ZONE}."
        super().__init__(
            (forms.DateField(), forms.TimeField(), forms.CharField(required=False)),
            require_all_fields=False,
            help_text=f"{help_text} {zone}".strip(),
            **options,
        )

    def clean(self, value: Any) -> datetime | None:
        is_empty = isinstance(value, list) and not any(value[:2])
        found: datetime | None = super().clean([] if is_empty else value)
        return found

    def compress(self, data_list: list[Any]) -> datetime | None:
        """Return the moment of a valid date and time. Raises `ValidationError`."""
        if not data_list:
            return None
        day, hour, which = data_list
        found = moments(datetime.combine(day, hour))
        if not found:
            raise ValidationError(NEVER)
        if len(found) == 1:
            return found[0]
        if which not in ("0", "1"):
            raise ValidationError(TWICE)
        return found[int(which)]


def moments_of(day: date | str | None, hour: time | str | None) -> list[datetime]:
    """Return the moments of a date and a time as a form has them; none if they cannot be read."""
    try:
        read_day, read_hour = forms.DateField().to_python(day), forms.TimeField().to_python(hour)
    except ValidationError:
        return []
    if read_day is None or read_hour is None:
        return []
    return moments(datetime.combine(read_day, read_hour))


class SpanField(forms.CharField):
    """A span of time, written as h:mm:ss, mm:ss or seconds, as a number of seconds."""

    default_error_messages = {"invalid": "Write it as h:mm:ss, such as 1:05:00."}

    def __init__(self, *, low: float, high: float, help_text: str, **options: Any) -> None:
        super().__init__(help_text=f"{help_text} As h:mm:ss.", **options)
        self.low, self.high = low, high

    def to_python(self, value: Any) -> float | None:  # type: ignore[override] # a number
        """Return seconds, None for nothing. Raises `ValidationError`."""
        text = super().to_python(value)
        if not text:
            return None
        match = SPAN.fullmatch(text)
        if match is None:
            raise ValidationError(self.error_messages["invalid"])
        sign, hours, minutes, seconds = match.groups()
        span = 3600 * int(hours or 0) + 60 * int(minutes or 0) + float(seconds)
        span = -span if sign else span
        if not self.low <= span <= self.high:
            words = f"{span_words(self.low)} to {span_words(self.high)}"
            raise ValidationError(f"This is not from {words}.")
        return span


def span_words(seconds: float) -> str:
    """Return a span as "1:05:00", or "-0:00:01.5"."""
    minutes, rest = divmod(round(abs(seconds), 3), 60)
    sign = "-" if seconds < 0 else ""
    shown = f"{rest:06.3f}".rstrip("0").rstrip(".")
    return f"{sign}{int(minutes) // 60}:{int(minutes) % 60:02}:{shown}"
