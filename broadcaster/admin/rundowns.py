"""The admin's pages for rundowns: copying a broadcast with it, exporting and importing it."""

import json
import uuid
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path

from broadcaster.admin.contest_forms import place_of
from broadcaster.admin.contests import attachment, posted
from broadcaster.admin.records import actor, viewable
from broadcaster.desk.contests import decode_file
from broadcaster.desk.permissions import PREPARE
from broadcaster.desk.rundown_copies import add_cues, copy, prepared_changes
from broadcaster.domain.contest_tables import Cell
from broadcaster.domain.document import InvalidDocument
from broadcaster.domain.parsing import MAX_TITLE
from broadcaster.domain.quantity import quantity
from broadcaster.domain.rejection import InvalidInput, Rejected
from broadcaster.domain.rundown_file import PreparedChange, parse_rundown, to_dict
from broadcaster.domain.rundown_table import read_rundown, write_rundown
from broadcaster.domain.show import Show
from broadcaster.domain.spreadsheet import decode_table
from broadcaster.models import Broadcast

MAX_FILE = 120_000  # bytes; `serve` and the proxies in front of it take bodies of 128 KiB


class CopyForm(forms.Form):
    """The fields in which a copy differs from its broadcast."""

    title = forms.CharField(max_length=MAX_TITLE)
    slug = forms.SlugField(help_text="The last part of the public address.")
    rehearsal = forms.BooleanField(
        required=False,
        help_text="Every page shows that it is a rehearsal; the front page never lists it.",
    )


class RundownForm(forms.Form):
    """A rundown from a file, parsed for the contests of `show`."""

    file = forms.FileField(
        label="CSV or JSON",
        help_text="As it was exported. All cues of the file are added at the end of the rundown; "
        "none is if one of them is wrong.",
    )
    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)

    def __init__(self, show: Show, data: Any = None, files: Any = None) -> None:
        super().__init__(data, files)
        self.show = show

    def clean_file(self) -> list[PreparedChange]:
        """Return the cues. Each problem names its row and column, or its cue and field."""
        content = self.cleaned_data["file"].read(MAX_FILE + 1)
        try:
            if len(content) > MAX_FILE:
                raise InvalidInput("file", f"is larger than {MAX_FILE} bytes")
            if content.lstrip().startswith((b"{", b"[")):
                return parse_rundown(decode_file(content), self.show)
            return read_rundown(decode_table(content), self.show)
        except InvalidDocument as error:
            raise ValidationError([words_of(problem) for problem in error.problems]) from None
        except InvalidInput as error:
            raise ValidationError(words_of(error)) from None


def words_of(problem: InvalidInput) -> str:
    """Return a problem in words, such as “Row 3, column calls: unknown race”."""
    table, *where = problem.field.split(".")
    if table != "rundown":
        return str(problem)
    row = int(where[0]) if where and where[0].isdigit() else 0
    return place_of(Cell(table, row, where[1] if len(where) > 1 else "")) + problem.problem


class RundownPages(admin.ModelAdmin):
    """The pages of one broadcast's rundown, for the admin of broadcasts."""

    def get_urls(self):
        view = self.admin_site.admin_view
        name = "broadcaster_broadcast_"
        return [
            path("<int:pk>/copy/", view(self.copy), name=f"{name}copy"),
            path("<int:pk>/rundown/", view(self.rundown), name=f"{name}rundown"),
            path("<int:pk>/rundown.csv", view(self.rundown_csv), name=f"{name}rundown_csv"),
            path("<int:pk>/rundown.json", view(self.rundown_json), name=f"{name}rundown_json"),
            *super().get_urls(),
        ]

    def copy(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Make a new broadcast like this one, with its rundown, and go on to its form."""
        broadcast = viewable(self, request, pk)
        if not self.has_add_permission(request):
            raise PermissionDenied
        first = {
            "title": broadcast.title,
            "slug": f"{broadcast.slug[:45]}-copy",
            "rehearsal": broadcast.rehearsal,
        }
        form = CopyForm(request.POST or None, initial=first)
        if request.method == "POST" and form.is_valid():
            try:
                made = copy(broadcast, **form.cleaned_data, actor=actor(request))
            except Rejected as error:
                form.add_error(None, str(error))
            except ValidationError as error:
                for field, problems in error.message_dict.items():
                    form.add_error(field if field in form.fields else None, problems)
            else:
                messages.success(
                    request,
                    f"{made} is made, with {quantity(made.cues.count(), 'cue')}. "
                    "It is not listed for viewers yet, and has no times.",
                )
                return redirect("admin:broadcaster_broadcast_change", made.pk)
        return self._render(request, broadcast, form, "copy")

    def rundown(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Export the rundown, and add the cues of a file to it."""
        broadcast = viewable(self, request, pk)
        form = RundownForm(broadcast.show, *posted(request))
        if request.method == "POST":
            if not request.user.has_perm(PREPARE):
                raise PermissionDenied
            if form.is_valid():
                cues, key = form.cleaned_data["file"], form.cleaned_data["key"]
                try:
                    count = add_cues(broadcast, cues, key.hex, actor(request))
                except Rejected as error:
                    form.add_error("file", str(error))
                else:
                    messages.success(request, f"Added to the rundown: {quantity(count, 'cue')}.")
                    return redirect("admin:broadcaster_broadcast_rundown", pk)
        return self._render(request, broadcast, form, "rundown")

    def _render(
        self, request: HttpRequest, broadcast: Broadcast, form: forms.Form, name: str
    ) -> HttpResponse:
        titles = {"copy": f"Copy {broadcast}", "rundown": f"Rundown: {broadcast}"}
        context = {
            **self.admin_site.each_context(request),
            "title": titles[name],
            "opts": self.opts,
            "broadcast": broadcast,
            "cues": len(prepared_changes(broadcast)),
            "form": form,
            "may_prepare": request.user.has_perm(PREPARE),
        }
        return render(request, f"broadcaster/{name}.html", context)

    def rundown_csv(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Send the rundown as CSV, with a byte order mark, by which spreadsheets know UTF-8."""
        broadcast = viewable(self, request, pk)
        table = "\N{BYTE ORDER MARK}" + write_rundown(prepared_changes(broadcast))
        return attachment(f"{broadcast.slug}-rundown.csv", "text/csv; charset=utf-8", table)

    def rundown_json(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Send the rundown as JSON."""
        broadcast = viewable(self, request, pk)
        file = json.dumps(to_dict(prepared_changes(broadcast)), ensure_ascii=False, indent=1)
        return attachment(f"{broadcast.slug}-rundown.json", "application/json", file + "\n")
