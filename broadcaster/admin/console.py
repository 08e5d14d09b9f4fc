"""The desk's pages in the admin: the console, its state as JSON, and commands by POST."""

from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404, render
from django.urls import path

from broadcaster.admin.records import viewable
from broadcaster.desk.commands import handle_command
from broadcaster.desk.permissions import (
    CONFIRM,
    CORRECT,
    PREPARE,
    RUN,
    SCHEDULE,
    TAKE,
    check_access,
)
from broadcaster.desk.requests import Reply, failure, read_body, reply_or_unavailable
from broadcaster.desk.state import desk_state
from broadcaster.domain.change import to_json
from broadcaster.domain.change_parsing import (
    MAX_ANNOTATION,
    MAX_BODY,
    MAX_HEADLINE,
    MAX_REASON,
)
from broadcaster.domain.parsing import MAX_TITLE
from broadcaster.domain.rejection import Forbidden
from broadcaster.domain.time_zone import script_zone
from broadcaster.models import Broadcast, Via
from broadcaster.publishing.actor import Actor
from broadcaster.rendering.contest_data import contest_data
from broadcaster.rendering.picture import Picture

MAY = {
    "prepare": PREPARE,
    "take": TAKE,
    "run": RUN,
    "correct": CORRECT,
    "confirm": CONFIRM,
    "schedule": SCHEDULE,
}
"""The permissions that the console's page needs, by their names there."""


LIMITS = {
    "headline": MAX_HEADLINE,
    "body": MAX_BODY,
    "annotation": MAX_ANNOTATION,
    "reason": MAX_REASON,
    "title": MAX_TITLE,
}
"""The most characters of the texts of a draft, by their names in the console's form."""


class ConsolePages(admin.ModelAdmin):
    """The pages of one broadcast's desk, for the admin of broadcasts."""

    def get_urls(self):
        view = self.admin_site.admin_view
        name = "broadcaster_broadcast_"
        return [
            path("<int:pk>/console/", view(self.console), name=f"{name}console"),
            path("<int:pk>/console/state", self.state, name=f"{name}state"),
            path("<int:pk>/console/command", self.command, name=f"{name}command"),
            *super().get_urls(),
        ]

    def console(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the map as viewers see it, and the controls that change it."""
        broadcast = viewable(self, request, pk)
        show = broadcast.show
        may = {name: request.user.has_perm(permission) for name, permission in MAY.items()}
        return render(
            request,
            "broadcaster/console.html",
            {
                **self.admin_site.each_context(request),
                "title": f"Console: {broadcast}",
                "opts": self.opts,
                "is_nav_sidebar_enabled": False,  # the map needs the space of the navigation bar
                "broadcast": broadcast,
                "pictures": [
                    (key, Picture.of(show, key, broadcast.state)) for key in show.contests
                ],
                "may": may,
                "desk": desk_state(broadcast) | self._page_data(request, broadcast, may),
            },
        )

    def _page_data(
        self, request: HttpRequest, broadcast: Broadcast, may: dict[str, bool]
    ) -> dict[str, Any]:
        """Return what the console's script needs besides the state of the desk."""
        return {
            "initial": to_json(broadcast.opening)["calls"],
            "contests": {
                key: contest_data(edition) for key, edition in broadcast.show.editions.items()
            },
            "places": {key: edition.places for key, edition in broadcast.show.editions.items()},
            "may": may,
            "me": request.user.get_username(),
            "limits": LIMITS,
            "timeZone": script_zone(settings.TIME_ZONE),
            "broadcast": {
                "slug": broadcast.slug,
                "title": broadcast.title,
                "rehearsal": broadcast.rehearsal,
            },
        }

    def state(self, request: HttpRequest, pk: int) -> JsonResponse:
        """Return `desk_state` as JSON, with the user and the CSRF token of the present log-in.

        A console reads it while its socket is down. After a log-in in another tab it goes on with
        the new token if the user is the same.
        """

        def read() -> Reply:
            try:
                check_access(request.user)
            except Forbidden as error:
                return error.status, {"error": str(error)}
            login = {"user": request.user.get_username(), "csrfToken": get_token(request)}
            return HTTPStatus.OK, login | desk_state(get_object_or_404(Broadcast, pk=pk))

        status, state = reply_or_unavailable(read)
        return JsonResponse(state, status=status, headers={"Cache-Control": "no-store"})

    def command(self, request: HttpRequest, pk: int) -> JsonResponse:
        """POST one command as JSON, as on the console's socket; the status is its reply's."""
        if request.method != "POST":
            status, reply = failure(HTTPStatus.METHOD_NOT_ALLOWED, "This address takes POST only.")
            return JsonResponse(reply, status=status, headers={"Allow": "POST"})
        by = Actor(request.user, Via.CONSOLE, request.META.get("REMOTE_ADDR"))
        _, (status, reply) = handle_command(pk, lambda: read_body(request), by)
        return JsonResponse(reply, status=status)
