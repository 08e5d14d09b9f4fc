"""The admin: broadcasts, and the console that puts updates on air."""

from datetime import datetime
from http import HTTPStatus

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html

from broadcaster.admin.recordings import RecordingPages
from broadcaster.admin.records import actor
from broadcaster.desk import rundown
from broadcaster.desk.audit import Actor, record
from broadcaster.desk.commands import hear
from broadcaster.desk.permissions import CONFIRM, CORRECT, PREPARE, RUN, SCHEDULE, TAKE
from broadcaster.desk.requests import read_body, refusal
from broadcaster.desk.schedule_queue import set_alarm
from broadcaster.domain.change import MAX_HEADLINE, MAX_REASON
from broadcaster.domain.electoral import STATE_NAMES, UNITS, unit_name
from broadcaster.models import Broadcast
from broadcaster.publishing import history
from broadcaster.publishing.history import milliseconds
from broadcaster.rendering.picture import Picture

admin.site.site_header = admin.site.site_title = "Map Center"
admin.site.index_title = "Desk"

MAY = {
    "prepare": PREPARE,
    "take": TAKE,
    "run": RUN,
    "correct": CORRECT,
    "confirm": CONFIRM,
    "schedule": SCHEDULE,
}
"""What the console's page asks of its user, by the names that it has there."""


@admin.register(Broadcast)
class BroadcastAdmin(RecordingPages):
    list_display = ["title", "phase", "seq", "at", "listed", "archived_at", "console_link"]
    list_filter = [
        "phase",
        ("archived_at", admin.EmptyFieldListFilter),
        "rehearsal",
        "listed",
        "election",
    ]
    search_fields = ["title", "slug"]
    fieldsets = [
        (None, {"fields": ["title", "slug", "election", "source", "listed", "rehearsal"]}),
        ("Times", {"fields": ["starts_at", "ends_at", "automatic"]}),
        ("Safety", {"fields": ["second_person"]}),
        ("Where it stands", {"fields": ["phase", "seq", "at", "epoch", "archived_at"]}),
    ]
    readonly_fields = ["phase", "seq", "at", "epoch", "archived_at"]
    prepopulated_fields = {"slug": ["title"]}
    actions = ["archive", "restore"]

    def get_readonly_fields(self, request, obj=None):
        # A map is of one election, and for one purpose, from the start; its log is read under
        # one address.
        fixed = ["election", "rehearsal"] * bool(obj) + ["slug"] * bool(obj and obj.seq)
        return [*self.readonly_fields, *fixed]

    def get_fieldsets(self, request, obj=None):
        return self.fieldsets if obj else self.fieldsets[:-1]  # it stands nowhere yet

    def history_view(self, request, object_id, extra_context=None):
        """What the audit has of this broadcast."""
        broadcast = self.get_object(request, object_id)
        if broadcast is None:
            raise Http404
        if not self.has_view_permission(request, broadcast):
            raise PermissionDenied
        audit = reverse("admin:broadcaster_auditentry_changelist")
        return redirect(f"{audit}?broadcast__id__exact={broadcast.pk}")

    def has_delete_permission(self, request, obj=None):
        """What was published stays: such a broadcast can be archived."""
        published = obj is not None and obj.publications.exists()
        return super().has_delete_permission(request, obj) and not published

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        record(actor(request), "changed", obj, differences(form) if change else "created")
        if obj.automatic:
            for at in filter(None, (obj.starts_at, obj.ends_at)):
                set_alarm(at)

    def log_deletions(self, request, queryset):
        for broadcast in queryset:
            words = f"deleted {broadcast}: nothing was published"
            record(actor(request), "changed", broadcast, words)
        return super().log_deletions(request, queryset)

    @admin.action(description="Archive the selected broadcasts", permissions=["change"])
    def archive(self, request: HttpRequest, broadcasts: QuerySet[Broadcast]) -> None:
        """Off the front page, and never on air again, until it is restored."""
        self._archive(request, broadcasts.filter(archived_at=None), timezone.now())

    @admin.action(description="Restore the selected broadcasts", permissions=["change"])
    def restore(self, request: HttpRequest, broadcasts: QuerySet[Broadcast]) -> None:
        """Undo archiving."""
        self._archive(request, broadcasts.exclude(archived_at=None), None)

    def _archive(self, request, broadcasts, archived_at) -> None:
        done = "archived" if archived_at else "restored"
        for each in broadcasts:
            with transaction.atomic():
                broadcast = rundown.locked(each)  # nobody starts it meanwhile
                if broadcast.on_air:
                    words = f"{broadcast} is on air, so it was not {done}. End it first."
                    record(actor(request), "refused", broadcast, words)
                    self.message_user(request, words, messages.ERROR)
                    continue
                broadcast.archived_at = archived_at
                broadcast.save()
                record(actor(request), done, broadcast, str(broadcast))
            self.message_user(request, f"{broadcast}: {done}.")

    def get_prepopulated_fields(self, request, obj=None):
        return {} if obj else self.prepopulated_fields

    @admin.display(description="desk")
    def console_link(self, broadcast: Broadcast) -> str:
        address = reverse("admin:broadcaster_broadcast_console", args=[broadcast.pk])
        return format_html('<a href="{}">Open console</a>', address)

    def get_urls(self):
        return [
            path(
                "<int:pk>/console/",
                self.admin_site.admin_view(self.console),
                name="broadcaster_broadcast_console",
            ),
            path("<int:pk>/console/command", self.command, name="broadcaster_broadcast_command"),
            *super().get_urls(),
        ]

    def console(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The desk: the map as viewers see it, and the controls that change it."""
        broadcast = get_object_or_404(Broadcast, pk=pk)
        if not self.has_view_permission(request, broadcast):
            raise PermissionDenied
        snapshot = history.snapshot(broadcast)
        picture = Picture(snapshot.state)
        may = {name: request.user.has_perm(permission) for name, permission in MAY.items()}
        return render(
            request,
            "broadcaster/console.html",
            {
                **self.admin_site.each_context(request),
                "title": f"Console: {broadcast}",
                "opts": self.opts,
                "is_nav_sidebar_enabled": False,  # the map needs the room
                "broadcast": broadcast,
                "picture": picture,
                "may": may,
                "places": places(),
                "units": sorted((unit_name(unit), unit) for unit in UNITS),
                "max_headline": MAX_HEADLINE,
                "max_reason": MAX_REASON,
                "desk": {
                    "snapshot": snapshot.to_dict() | {"log": history.log(broadcast)},
                    "names": {unit: unit_name(unit) for unit in UNITS},
                    "election": picture.script_data,
                    "rundown": {
                        "now": milliseconds(timezone.now()),
                        **rundown.told(broadcast),
                    },
                    "may": may,
                    "me": request.user.get_username(),
                    "broadcast": {
                        "slug": broadcast.slug,
                        "title": broadcast.title,
                        "rehearsal": broadcast.rehearsal,
                    },
                },
            },
        )

    def command(self, request: HttpRequest, pk: int) -> JsonResponse:
        """POST one command as JSON, as on the console's socket; the status is its answer's."""
        if request.method != "POST":
            status, answer = refusal(HTTPStatus.METHOD_NOT_ALLOWED, "This address takes POST only.")
        else:
            by = Actor(request.user, "console", request.META.get("REMOTE_ADDR"))
            _, (status, answer) = hear(pk, lambda: read_body(request), by)
        return JsonResponse(answer, status=status)


def places() -> list[tuple[str, str]]:
    """What a view can focus on, for a menu: code and name, the whole country first."""
    states = [(code, name) for code, name in STATE_NAMES.items()]
    districts = [(unit, unit_name(unit)) for unit in UNITS if unit[-1].isdigit()]
    return [("US", "United States"), *sorted(states + districts, key=lambda place: place[1])]


def differences(form: ModelForm) -> str:
    """What a form changed, from what to what."""
    return "; ".join(
        f"{form.fields[name].label}: {shown(form[name].initial)} → {shown(form.cleaned_data[name])}"
        for name in form.changed_data
    )


def shown(value: object) -> str:
    """A form's value as people read it."""
    if isinstance(value, datetime):
        return f"{timezone.localtime(value):%Y-%m-%d %H:%M %Z}"
    return "nothing" if value in (None, "") else str(value)
