"""The admin of what is looked at and never edited: logs, API tokens, the audit."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone

from broadcaster.desk.audit import Actor, as_csv, record
from broadcaster.models import ApiToken, AuditEntry, Publication


def actor(request: HttpRequest) -> Actor:
    """Who acts on a page of the admin."""
    return Actor(request.user, "admin", request.META.get("REMOTE_ADDR"))


class ReadOnlyAdmin(admin.ModelAdmin):
    """To be looked at: what is published stays as it is."""

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(Publication)
class PublicationAdmin(ReadOnlyAdmin):
    list_display = ["broadcast", "seq", "at", "kind", "headline", "by", "confirmed_by"]
    list_filter = ["broadcast", "kind", "by"]
    list_select_related = ["broadcast", "by", "confirmed_by"]
    date_hierarchy = "at"

    @admin.display
    def headline(self, publication: Publication) -> str:
        return (publication.change.get("story") or {}).get("headline", "")


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnlyAdmin):
    list_display = ["user", "note", "direct", "created_at", "revoked_at"]
    actions = ["revoke"]

    @admin.action(description="Revoke the selected tokens", permissions=["revoke"])
    def revoke(self, request: HttpRequest, tokens: QuerySet[ApiToken]) -> None:
        valid = tokens.filter(revoked_at=None).select_related("user")
        with transaction.atomic():
            revoked = [f"revoked the API token {token}, {token.note}" for token in valid]
            valid.update(revoked_at=timezone.now())
            for words in revoked:
                record(actor(request), "changed", None, words)
        self.message_user(request, f"{len(revoked)} revoked. They are refused from now on.")

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("broadcaster.change_apitoken")


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    list_display = ["time", "who", "action", "detail", "on", "via", "address"]
    list_filter = ["broadcast", "action", "who", "via", "at"]
    list_select_related = ["broadcast"]
    search_fields = ["detail", "who"]
    date_hierarchy = "at"

    @admin.display(ordering="at")
    def time(self, entry: AuditEntry) -> str:
        return f"{timezone.localtime(entry.at):%b %-d, %H:%M:%S}"

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
        """The entries that the list's filters leave, all pages of them, as CSV."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        entries = self.get_changelist_instance(request).get_queryset(request)
        return HttpResponse(
            as_csv(entries.select_related("broadcast")),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": 'attachment; filename="audit.csv"'},
        )
