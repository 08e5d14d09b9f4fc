"""The admin: broadcasts, their logs, API tokens, and the console that puts updates on air."""

from http import HTTPStatus

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html

from broadcaster import history, rundown
from broadcaster.audit import Actor
from broadcaster.change import MAX_HEADLINE, MAX_REASON, InvalidChange
from broadcaster.desk import perform
from broadcaster.electoral import STATE_NAMES, UNITS, unit_name
from broadcaster.history import milliseconds
from broadcaster.models import ApiToken, Broadcast, Publication
from broadcaster.picture import Picture
from broadcaster.roles import CONFIRM, CORRECT, PREPARE, RUN, SCHEDULE, TAKE
from broadcaster.submission import decode, invalid, read_body, refusal

if settings.REDIS_URL:
    import broadcaster.dashboard  # noqa: F401

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
class BroadcastAdmin(admin.ModelAdmin):
    list_display = ["title", "phase", "seq", "at", "listed", "console_link"]
    list_filter = ["phase", "listed", "election"]
    search_fields = ["title", "slug"]
    fields = ["title", "slug", "election", "listed", "starts_at", "phase", "seq", "at", "epoch"]
    readonly_fields = ["phase", "seq", "at", "epoch"]
    prepopulated_fields = {"slug": ["title"]}

    def get_readonly_fields(self, request, obj=None):
        # A map is of one election from the start; its log is read under one address.
        fixed = ["election"] * bool(obj) + ["slug"] * bool(obj and obj.seq)
        return [*self.readonly_fields, *fixed]

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
                        "cues": rundown.listing(broadcast),
                    },
                    "may": may,
                    "me": request.user.get_username(),
                    "broadcast": {
                        "slug": broadcast.slug,
                        "title": broadcast.title,
                        "rehearsal": broadcast.rehearsal,
                        "second_person": broadcast.second_person,
                        "starts_at": milliseconds(broadcast.starts_at),
                        "ends_at": milliseconds(broadcast.ends_at),
                        "automatic": broadcast.automatic,
                    },
                },
            },
        )

    def command(self, request: HttpRequest, pk: int) -> JsonResponse:
        """POST one command as JSON, as on the console's socket; the status is its answer's."""
        user = request.user
        if request.method != "POST":
            status, answer = refusal(HTTPStatus.METHOD_NOT_ALLOWED, "This address takes POST only.")
        elif not (user.is_active and user.is_staff):
            status, answer = refusal(HTTPStatus.FORBIDDEN, "You are logged out. Log in again.")
        else:
            broadcast = get_object_or_404(Broadcast, pk=pk)
            actor = Actor(user, "console", request.META.get("REMOTE_ADDR"))
            try:
                status, answer = perform(broadcast, decode(read_body(request)), actor)
            except InvalidChange as error:
                status, answer = invalid(error)
        return JsonResponse(answer, status=status)


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
    list_display = ["broadcast", "seq", "at", "kind", "headline", "by"]
    list_filter = ["broadcast", "kind", "by"]
    date_hierarchy = "at"

    @admin.display
    def headline(self, publication: Publication) -> str:
        return (publication.change.get("story") or {}).get("headline", "")


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnlyAdmin):
    list_display = ["user", "note", "created_at", "revoked_at"]
    actions = ["revoke"]

    @admin.action(description="Revoke the selected tokens", permissions=["revoke"])
    def revoke(self, request: HttpRequest, tokens: QuerySet[ApiToken]) -> None:
        count = tokens.filter(revoked_at=None).update(revoked_at=timezone.now())
        self.message_user(request, f"{count} revoked. They are refused from now on.")

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("broadcaster.change_apitoken")


def places() -> list[tuple[str, str]]:
    """What a view can focus on, for a menu: code and name, the whole country first."""
    states = [(code, name) for code, name in STATE_NAMES.items()]
    districts = [(unit, unit_name(unit)) for unit in UNITS if unit[-1].isdigit()]
    return [("US", "United States"), *sorted(states + districts, key=lambda place: place[1])]
