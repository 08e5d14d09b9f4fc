"""The form of a broadcast, with its contests in their order."""

from datetime import datetime
from typing import Any

from django import forms

from broadcaster.domain.clock import is_plannable, shared_clock
from broadcaster.domain.mapstate import Phase
from broadcaster.domain.rejection import InvalidInput
from broadcaster.domain.show import MAX_CONTESTS
from broadcaster.models import Broadcast, ContestDocument
from broadcaster.models.contests import Lineup
from broadcaster.publishing.lineup import choose

HELP = (
    "Each under a short key, such as senate, which is in addresses and in feeds. "
    "The first is what viewers see first. Once something was published they stay as they are."
)


def contest_choices() -> list[tuple[str, str]]:
    """Return id and title of each stored contest, for a menu."""
    stored = ContestDocument.objects.values_list("slug", "title")
    return [("", "---------"), *((slug, f"{title} ({slug})") for slug, title in stored)]


class ContestsWidget(forms.MultiWidget):
    """Rows of a key and a contest each."""

    template_name = "broadcaster/contests_widget.html"

    def __init__(self) -> None:
        keys = forms.TextInput(attrs={"size": 12, "placeholder": "key", "aria-label": "Key"})
        menus = forms.Select(attrs={"aria-label": "Contest"})
        super().__init__([widget for _ in range(MAX_CONTESTS) for widget in (keys, menus)])

    def decompress(self, value: dict[str, str] | None) -> list[str]:
        """Return the values of the rows, of {key: id}."""
        return [each for row in (value or {}).items() for each in row]


class ContestsField(forms.Field):
    """The contests of a broadcast, as {key: id}."""

    widget = ContestsWidget

    def to_python(self, value: list[str] | dict[str, str] | None) -> dict[str, str]:
        """Return {key: id} of the rows that are filled in. Raises `ValidationError`."""
        if isinstance(value, dict):  # the initial value of a field that is disabled
            return value
        cells = [(cell or "").strip() for cell in value or []]
        rows = list(zip(cells[::2], cells[1::2], strict=True))
        found: dict[str, str] = {}
        for number, (key, id) in enumerate(rows, start=1):
            if not key and not id:
                continue
            if not key or not id:
                missing = "contest" if key else "key"
                raise forms.ValidationError(f"Row {number} has no {missing}.")
            if key in found:
                raise forms.ValidationError(f"Row {number}: another row has the key {key}.")
            found[key] = id
        if not found:
            raise forms.ValidationError("Choose a contest, and give it a key.")
        return found

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Return whether rows changed, or their order."""
        before = [each for row in (initial or {}).items() for each in row]
        return not self.disabled and before != [cell for cell in data or [] if cell]


class BroadcastForm(forms.ModelForm):
    """A broadcast. A valid form has its `lineup`, which is None if it stays."""

    lineup: Lineup | None = None
    chosen = ContestsField(label="Contests", help_text=HELP, required=False)

    class Meta:
        model = Broadcast
        fields = "__all__"

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        field: Any = self.fields.get("chosen")
        if field is None:  # a user who may only look
            return
        for menu in field.widget.widgets[1::2]:
            menu.choices = contest_choices()
        if self.instance.pk:
            contests = self.instance.show.contests
            field.initial = {key: contest.id for key, contest in contests.items()}
            field.disabled = self.instance.frozen

    def clean_starts_at(self) -> datetime | None:
        """Reject a new start that has passed: viewers would read that it is overdue."""
        at: datetime | None = self.cleaned_data["starts_at"]
        is_new = "starts_at" in self.changed_data and self.instance.phase == Phase.SCHEDULED
        if at and is_new and is_plannable(at) and at <= shared_clock.now():
            raise forms.ValidationError("This time has passed.")
        return at

    def clean_chosen(self) -> dict[str, str]:
        """Store the contests as they are now for the broadcast's lineup."""
        ids: dict[str, str] = self.cleaned_data["chosen"]
        if self.fields["chosen"].disabled:
            return ids
        try:
            self.lineup = choose(ids)
            return ids
        except InvalidInput as error:
            raise forms.ValidationError(str(error)) from None
