"""The admin of read-only records: publications and the audit."""

import csv
import io
from collections.abc import Iterable
from datetime import UTC

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.utils import timezone
from django.utils.html import format_html

from broadcaster.domain.bidi import isolate
from broadcaster.domain.spreadsheet import quoted
from broadcaster.domain.summary import describe
from broadcaster.models import AuditEntry, Broadcast, Publication, Via
from broadcaster.publishing.actor import Actor


def actor(request: HttpRequest) -> Actor:
    """Return the actor of a request to the admin."""
    return Actor(request.user, Via.ADMIN, request.META.get("REMOTE_ADDR"))


def viewable(admin: admin.ModelAdmin, request: HttpRequest, pk: int) -> Broadcast:
    """Return the broadcast, if this user may see it. Raises `Http404`, `PermissionDenied`."""
    broadcast = get_object_or_404(Broadcast, pk=pk)
    if not admin.has_view_permission(request, broadcast):
        raise PermissionDenied
    return broadcast


class ReadOnlyAdmin(admin.ModelAdmin):
    """Rows that can be viewed and not changed."""

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(Publication)
class PublicationAdmin(ReadOnlyAdmin):
    list_display = ["broadcast", "number", "at", "kind", "headline", "by", "via", "confirmed_by"]
    fields = ["broadcast", "number", "at", "kind", "headline", "change", "totals", "by", "via"]
    list_filter = ["broadcast", "kind", "by"]
    list_select_related = ["broadcast", "by", "confirmed_by"]
    date_hierarchy = "at"

    @admin.display(description="update", ordering="seq")
    def number(self, publication: Publication) -> int:
        return publication.seq

    @admin.display
    def headline(self, publication: Publication) -> str:
        return format_html(
            "<bdi>{}</bdi>", describe(publication.change, publication.broadcast.show)
        )


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    list_display = ["time", "who", "action", "detail", "on", "via", "address"]
    fields = ["at", "who", "action", "broadcast", "number", "cue", "detail", "via", "address"]
    list_filter = ["broadcast", "action", "who", "via", "at"]
    list_select_related = ["broadcast"]
    search_fields = ["detail", "who"]
    date_hierarchy = "at"

    @admin.display(description="update", empty_value="-")
    def number(self, entry: AuditEntry) -> int | None:
        return entry.seq

    @admin.display(ordering="at")
    def time(self, entry: AuditEntry) -> str:
        return f"{timezone.localtime(entry.at):%b %-d, %H:%M:%S %Z}"

    @admin.display(description="broadcast", ordering="broadcast")
    def on(self, entry: AuditEntry) -> str:
        return str(entry.broadcast or "")

    def get_urls(self):
        export = self.admin_site.admin_view(self.export)
        return [
            path("export/", export, name="broadcaster_auditentry_export"),
            *super().get_urls(),
        ]

    def export(self, request: HttpRequest) -> HttpResponse:
        """Send the entries that the list's filters select, all pages of them, as CSV."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            entries = self.get_changelist_instance(request).get_queryset(request)
        except IncorrectLookupParameters:
            return redirect("..?e=1")  # as the list does: it then shows all entries
        return HttpResponse(
            as_csv(entries.select_related("broadcast")),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": 'attachment; filename="audit.csv"'},
        )


def as_csv(entries: Iterable[AuditEntry]) -> str:
    """Return the entries as a CSV table, times as ISO 8601 in UTC."""
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(["at", "who", "action", "broadcast", "epoch", "seq", "detail", "via", "address"])
    for entry in entries:
        row = (
            entry.at.astimezone(UTC).isoformat(),
            entry.who,
            entry.action,
            entry.broadcast.slug if entry.broadcast else "",
            entry.epoch,
            entry.seq,
            entry.detail,
            entry.via,
            entry.address,
        )
        table.writerow([_plain(cell) for cell in row])
    return out.getvalue()


def _plain(cell: object) -> object:
    """Return text for a CSV file.

    It is quoted if a spreadsheet would read it as a formula, and isolated if its direction would
    change the rest of its line.
    """
    if not isinstance(cell, str):
        return cell
    return isolate(quoted(cell))
