"""The admin's pages for recordings: download, preview with a video, import, rebroadcast."""

import json
from typing import Any
from urllib.parse import urlsplit

from csp.decorators import csp_update
from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_POST

from broadcaster.admin.records import actor, viewable
from broadcaster.admin.times import NewsroomTimeField, SpanField, span_words
from broadcaster.desk import rebroadcasts
from broadcaster.desk.permissions import SCHEDULE
from broadcaster.domain import recording_file
from broadcaster.domain.parsing import MAX_TITLE
from broadcaster.domain.quantity import quantity
from broadcaster.domain.recording import Recording
from broadcaster.domain.rejection import InvalidInput, Rejected
from broadcaster.domain.summary import describe
from broadcaster.models import Broadcast
from broadcaster.models.broadcast import validate_text, validate_time
from broadcaster.models.contests import geometry_of
from broadcaster.publishing import history
from broadcaster.publishing.actor import Actor
from broadcaster.publishing.audit import add_entry
from broadcaster.publishing.publish import publish_recording
from broadcaster.rendering.contest_data import contest_data
from broadcaster.rendering.picture import Picture

MAX_FILE = 16 * 2**20  # bytes
MAX_SECONDS = 31 * 24 * 3600


class PartForm(forms.Form):
    """A part of a recording, in seconds, and the address of the video that it belongs to."""

    start = SpanField(required=False, low=0, high=MAX_SECONDS, help_text="Empty: the start.")
    end = SpanField(required=False, low=0, high=MAX_SECONDS, help_text="Empty: the end.")
    offset = SpanField(
        required=False,
        low=-MAX_SECONDS,
        high=MAX_SECONDS,
        help_text="By which updates are moved to later; negative: to earlier.",
    )
    video = forms.URLField(
        required=False,
        assume_scheme="https",
        help_text="The address of a video or sound file to preview the updates with.",
    )

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        start, end = found.get("start"), found.get("end")
        if start is not None and end is not None and end < start:
            self.add_error("end", "is before the start")
        return found

    def part(self, recording: Recording, moved: bool = True) -> Recording:
        """Return that part of `recording`, with the offset applied if `moved`."""
        found = {name: self.cleaned_data[name] for name in ("start", "end", "offset")}
        ms = {name: round(1000 * value) for name, value in found.items() if value is not None}
        if not moved:
            ms.pop("offset", None)
        return recording.trim(**ms)


class RebroadcastForm(forms.Form):
    """The time of a rebroadcast."""

    starts_at = NewsroomTimeField(label="Starts at", validators=[validate_time])


class ImportForm(forms.Form):
    file = forms.FileField(help_text="A JSON file that was downloaded here.")
    title = forms.CharField(
        required=False,
        max_length=MAX_TITLE,
        validators=[validate_text],
        help_text="Empty: that of the recording.",
    )
    slug = forms.SlugField(
        required=False, help_text="The last part of the address. Empty: that of the recording."
    )

    def clean_file(self) -> Recording:
        file = self.cleaned_data["file"]
        if file.size > MAX_FILE:
            raise ValidationError(f"is larger than {MAX_FILE} bytes")
        try:
            return recording_file.parse_recording(json.loads(file.read()), geometry_of)
        except InvalidInput as error:
            raise ValidationError(f"{error.field}: {error.problem}") from None
        except (ValueError, RecursionError) as error:
            raise ValidationError(f"is not JSON: {str(error)[:80]}") from None


class RecordingPages(admin.ModelAdmin):
    """The pages of one broadcast's recording, for the admin of broadcasts."""

    def get_urls(self):
        view = self.admin_site.admin_view
        name = "broadcaster_broadcast_"
        return [
            path("import/", view(self.import_recording), name=f"{name}import"),
            path("<int:pk>/recording/", view(self.recording), name=f"{name}recording"),
            path("<int:pk>/recording/download", view(self.download), name=f"{name}download"),
            path("<int:pk>/recording/rebroadcast", view(self.again), name=f"{name}rebroadcast"),
            path(
                "<int:pk>/recording/rebroadcast/<int:number>/cancel",
                view(self.cancel),
                name=f"{name}cancel",
            ),
            *super().get_urls(),
        ]

    def recording(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the recording: choose a part, preview it with a video, see planned rebroadcasts."""
        broadcast = viewable(self, request, pk)
        return self._page(request, broadcast, PartForm(request.GET), RebroadcastForm())

    def download(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Send the part as a file."""
        broadcast = viewable(self, request, pk)
        form = PartForm(request.GET)
        if not form.is_valid():
            return self._page(request, broadcast, form, RebroadcastForm())
        part = form.part(self._recorded(broadcast))
        with transaction.atomic():
            add_entry(actor(request), "exported", broadcast, described(form.cleaned_data, part))
        response = HttpResponse(
            json.dumps(recording_file.to_dict(part), ensure_ascii=False, indent=1),
            content_type="application/json",
        )
        name = f"{broadcast.slug}-{broadcast.epoch}.json"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        return response

    @method_decorator(require_POST)
    def again(self, request: HttpRequest, pk: int) -> HttpResponse:
        """POST: plan a rebroadcast."""
        broadcast = self._to_schedule(request, pk)
        form = RebroadcastForm(request.POST)
        if form.is_valid():
            try:
                planned = rebroadcasts.schedule(
                    broadcast, form.cleaned_data["starts_at"], actor(request)
                )
            except Rejected as error:
                form.add_error("starts_at", str(error))
            else:
                words = f"The rebroadcast is planned, for {rebroadcasts.when(planned)}."
                messages.success(request, words)
                return redirect("admin:broadcaster_broadcast_recording", pk)
        return self._page(request, broadcast, PartForm(), form)

    @method_decorator(require_POST)
    def cancel(self, request: HttpRequest, pk: int, number: int) -> HttpResponse:
        """POST: cancel a rebroadcast."""
        broadcast = self._to_schedule(request, pk)
        planned = get_object_or_404(broadcast.rebroadcasts, pk=number)
        try:
            rebroadcasts.cancel(planned, actor(request))
        except Rejected as error:
            messages.error(request, str(error))
        else:
            messages.success(request, "The rebroadcast is cancelled.")
        return redirect("admin:broadcaster_broadcast_recording", pk)

    def import_recording(self, request: HttpRequest) -> HttpResponse:
        """Make a broadcast from a recording in a file: unlisted, and ended."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = ImportForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            try:
                broadcast = imported(form.cleaned_data, actor(request))
            except Rejected as error:
                form.add_error("file", str(error))
            except IntegrityError:
                form.add_error("slug", "is taken; choose another")
            else:
                messages.success(
                    request, f"{broadcast} is imported. It is not listed for viewers yet."
                )
                return redirect("admin:broadcaster_broadcast_change", broadcast.pk)
        context = {**self.admin_site.each_context(request), "opts": self.opts, "form": form}
        return render(request, "broadcaster/import.html", context | {"title": "Import a recording"})

    def _page(
        self, request: HttpRequest, broadcast: Broadcast, form: PartForm, again: RebroadcastForm
    ) -> HttpResponse:
        recording = self._recorded(broadcast)
        video = form.cleaned_data["video"] if form.is_bound and form.is_valid() else ""
        context = {
            **self.admin_site.each_context(request),
            "title": f"Recording: {broadcast}",
            "opts": self.opts,
            "broadcast": broadcast,
            "recording": recording,
            "duration": span_words(recording.duration // 1000),
            "form": form,
            "again": again,
            "to_come": rebroadcasts.to_come().filter(broadcast=broadcast),
            "may_schedule": request.user.has_perm(SCHEDULE),
        }
        if not video:
            return render(request, "broadcaster/recording.html", context)
        part = form.part(recording, moved=False)  # the script applies it
        context |= {
            "video": video,
            "pictures": [
                (key, Picture.of(part.show, key, part.initial)) for key in part.show.contests
            ],
            "updates": [
                {
                    "seq": update.seq,
                    "t": update.at - part.began,
                    "words": describe(update, part.show),
                }
                for update in part.updates
            ],
            "preview": {
                "recording": recording_file.to_dict(part),
                "contests": {
                    key: contest_data(edition) for key, edition in part.show.editions.items()
                },
                "shown": part.show.first,
            },
        }
        response = render(request, "broadcaster/recording.html", context)
        address = urlsplit(video)
        allowed = {"media-src": [f"{address.scheme}://{address.netloc}"]}
        csp_update(allowed)(lambda _: response)(request)  # on this page, and for this video alone
        return response

    def _recorded(self, broadcast: Broadcast) -> Recording:
        recording = history.recording(broadcast)
        if recording is None:
            raise RuntimeError(f"the log of {broadcast.slug} has a gap")
        return recording

    def _to_schedule(self, request: HttpRequest, pk: int) -> Broadcast:
        """Return the broadcast, if this user may plan rebroadcasts. A rejection is recorded."""
        broadcast = viewable(self, request, pk)
        if not request.user.has_perm(SCHEDULE):
            add_entry(actor(request), "refused", broadcast, "may not plan rebroadcasts")
            raise PermissionDenied
        return broadcast


@transaction.atomic
def imported(data: dict[str, Any], by: Actor) -> Broadcast:
    """Make a broadcast from a valid `ImportForm`.

    Raises `Rejected` for a recording that was never on air, IntegrityError for a taken slug.
    """
    recording: Recording = data["file"]
    broadcast = publish_recording(
        recording,
        by,
        slug=data["slug"] or recording.slug,
        title=data["title"] or recording.title,
    )
    detail = f"{recording.slug} {recording.epoch}, {quantity(len(recording.updates), 'update')}"
    add_entry(by, "imported", broadcast, detail)
    return broadcast


def described(part: dict[str, Any], recording: Recording) -> str:
    """Return a description of the download for the audit."""
    cut = [f"{name} {span_words(part[name])}" for name in ("start", "end", "offset") if part[name]]
    return ", ".join([quantity(len(recording.updates), "update"), *cut])
