"""The admin of broadcasts: their settings, archiving, and links to their other pages."""

from datetime import datetime

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import Http404, HttpRequest
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from broadcaster.admin.broadcast_form import BroadcastForm
from broadcaster.admin.console import ConsolePages
from broadcaster.admin.recordings import RecordingPages
from broadcaster.admin.records import actor
from broadcaster.admin.rundowns import RundownPages
from broadcaster.admin.times import NewsroomTimeField, NewsroomTimeWidget
from broadcaster.desk.schedule_queue import enqueue_check
from broadcaster.models import Broadcast
from broadcaster.publishing import clock
from broadcaster.publishing.audit import add_entry
from broadcaster.publishing.lineup import change_lineup
from broadcaster.publishing.publish import lock_broadcast

admin.site.site_title = "Map Center"
admin.site.site_header = f"Map Center · times in {settings.TIME_ZONE}"
admin.site.index_title = "Desk"


@admin.register(Broadcast)
class BroadcastAdmin(ConsolePages, RecordingPages, RundownPages):
    list_display = ["title", "phase", "updates", "at", "listed", "archived_at", "console_link"]
    list_filter = [
        "phase",
        ("archived_at", admin.EmptyFieldListFilter),
        "rehearsal",
        "listed",
    ]
    form = BroadcastForm
    formfield_overrides = {
        models.DateTimeField: {"form_class": NewsroomTimeField, "widget": NewsroomTimeWidget}
    }
    search_fields = ["title", "slug"]
    fieldsets = [
        (None, {"fields": ["title", "slug", "chosen", "source", "listed", "rehearsal"]}),
        ("Times", {"fields": ["starts_at", "ends_at", "automatic"]}),
        ("Safety", {"fields": ["approval", "feed"]}),
        ("Where it stands", {"fields": ["phase", "updates", "at", "archived_at"]}),
    ]
    readonly_fields = ["phase", "updates", "at", "archived_at"]
    prepopulated_fields = {"slug": ["title"]}
    actions = ["archive", "restore"]
    view_on_site = False  # the object tools have a link to the viewer page

    def get_readonly_fields(self, request, obj=None):
        # The log belongs to one purpose; once something is published, its address is known.
        fixed = list(self.readonly_fields)
        if obj:
            fixed.append("rehearsal")
        if obj and obj.seq:
            fixed.append("slug")
        return fixed

    def get_fieldsets(self, request, obj=None):
        return self.fieldsets if obj else self.fieldsets[:-1]  # a new one has no state yet

    def history_view(self, request, object_id, extra_context=None):
        """Show the audit of this broadcast in place of Django's history."""
        broadcast = self.get_object(request, object_id)
        if broadcast is None:
            raise Http404
        if not self.has_view_permission(request, broadcast):
            raise PermissionDenied
        audit = reverse("admin:broadcaster_auditentry_changelist")
        return redirect(f"{audit}?broadcast__id__exact={broadcast.pk}")

    def has_delete_permission(self, request, obj=None):
        """Allow deleting only without publications: other broadcasts can only be archived."""
        published = obj is not None and obj.publications.exists()
        return super().has_delete_permission(request, obj) and not published

    def save_model(self, request, obj, form, change):
        if not change:
            obj.contests = form.lineup
        super().save_model(request, obj, form, change)
        if change and form.lineup is not None:
            change_lineup(obj, form.lineup)
        add_entry(actor(request), "changed", obj, differences(form) if change else "created")
        if obj.automatic:
            for at in filter(None, (obj.starts_at, obj.ends_at)):
                enqueue_check(at)

    def log_deletions(self, request, queryset):
        for broadcast in queryset:
            words = f"deleted {broadcast}: nothing was published"
            add_entry(actor(request), "changed", broadcast, words)
        return super().log_deletions(request, queryset)

    @admin.action(description="Archive the selected broadcasts", permissions=["change"])
    def archive(self, request: HttpRequest, broadcasts: QuerySet[Broadcast]) -> None:
        """Take broadcasts off the front page; they cannot go on air until they are restored."""
        self._archive(request, broadcasts.filter(archived_at=None), clock.now())

    @admin.action(description="Restore the selected broadcasts", permissions=["change"])
    def restore(self, request: HttpRequest, broadcasts: QuerySet[Broadcast]) -> None:
        """Undo archiving."""
        self._archive(request, broadcasts.exclude(archived_at=None), None)

    def _archive(self, request, broadcasts, archived_at) -> None:
        done = "archived" if archived_at else "restored"
        for each in broadcasts:
            with transaction.atomic():
                broadcast = lock_broadcast(each.pk)  # a start must not come in between
                if broadcast.on_air:
                    words = f"{broadcast} is on air, so it was not {done}. End it first."
                    add_entry(actor(request), "refused", broadcast, words)
                    self.message_user(request, words, messages.ERROR)
                    continue
                Broadcast.objects.filter(pk=each.pk).update(archived_at=archived_at)
                add_entry(actor(request), done, broadcast, str(broadcast))
            self.message_user(request, f"{broadcast}: {done}.")

    def get_prepopulated_fields(self, request, obj=None):
        return {} if obj else self.prepopulated_fields

    @admin.display(description="contests")
    def chosen(self, broadcast: Broadcast) -> str:
        """Return the contests for users who may only look."""
        contests = broadcast.show.contests
        return shown({key: contest.id for key, contest in contests.items()})

    @admin.display(description="updates published", ordering="seq")
    def updates(self, broadcast: Broadcast) -> int:
        return broadcast.seq

    @admin.display(description="desk")
    def console_link(self, broadcast: Broadcast) -> str:
        address = reverse("admin:broadcaster_broadcast_console", args=[broadcast.pk])
        return format_html('<a href="{}">Open console</a>', address)


def differences(form: ModelForm) -> str:
    """Return what a form changed, with old and new values."""
    return "; ".join(
        f"{form.fields[name].label}: {shown(form[name].initial)} → {shown(form.cleaned_data[name])}"
        for name in form.changed_data
    )


def shown(value: object) -> str:
    """Return a form's value as text for the audit."""
    if isinstance(value, datetime):
        return f"{timezone.localtime(value):%Y-%m-%d %H:%M %Z}"
    if isinstance(value, dict):
        return ", ".join(f"{key} = {each}" for key, each in value.items())
    return "nothing" if value in (None, "") else str(value)
