"""The admin of contests: new ones, their form with two tables and a picture, JSON and CSV."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.http import urlencode

from broadcaster.admin.contest_forms import ContestForm, StartForm
from broadcaster.admin.records import actor
from broadcaster.desk import contests
from broadcaster.desk.permissions import EDIT_CONTEST
from broadcaster.domain.change import Call, calls_of
from broadcaster.domain.contest import Contest
from broadcaster.domain.contest_tables import write_races
from broadcaster.domain.rejection import InvalidInput, Rejected
from broadcaster.domain.show import Edition
from broadcaster.models import ContestDocument
from broadcaster.rendering.picture import Picture

SHOWS = {
    "each": "Each party in turn",
    "held": "Each race for the party that held it",
    "open": "Before the first call",
}
"""What the picture of a contest can show."""


@admin.register(ContestDocument)
class ContestAdmin(admin.ModelAdmin):
    list_display = ["title", "slug", "races", "what_wins", "map", "changed_by", "changed_at"]
    list_select_related = ["changed_by"]
    search_fields = ["slug", "title"]

    def has_add_permission(self, request):
        return request.user.has_perm(EDIT_CONTEST)

    def has_change_permission(self, request, obj=None):
        return request.user.has_perm(EDIT_CONTEST)

    def has_delete_permission(self, request, obj=None):
        return request.user.has_perm(EDIT_CONTEST)

    @admin.display
    def races(self, stored: ContestDocument) -> int:
        return len(stored.document.races)

    @admin.display(description="to win")
    def what_wins(self, stored: ContestDocument) -> str:
        contest = stored.document
        of = f"{contest.size} {contest.counting}"
        return f"{contest.to_win} of {of}" if contest.to_win else of

    @admin.display
    def map(self, stored: ContestDocument) -> str:
        return stored.document.geometry

    def get_urls(self):
        view = self.admin_site.admin_view
        name = "broadcaster_contestdocument_"
        return [
            path("<int:pk>/download/", view(self.download), name=f"{name}download"),
            path("<int:pk>/races/", view(self.races_table), name=f"{name}races"),
            *super().get_urls(),
        ]

    def add_view(self, request, form_url="", extra_context=None):
        """Make a contest from a preset, a copy, a map or a file, and go on to its form."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = StartForm(*posted(request))
        if request.method == "POST" and form.is_valid():
            try:
                stored = contests.make(form.cleaned_data["contest"], actor(request))
            except InvalidInput as error:
                form.add_error("id", error.problem)
            else:
                messages.success(request, f"{stored} is made. Change what is different in it.")
                return redirect("admin:broadcaster_contestdocument_change", stored.pk)
        context = {**self.admin_site.each_context(request), "opts": self.opts, "form": form}
        return render(request, "broadcaster/new_contest.html", context | {"title": "New contest"})

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """Show the form of a contest; to those who may not edit it, without buttons."""
        stored = self.get_object(request, object_id)
        if stored is None:
            raise Http404
        if not self.has_view_permission(request, stored):
            raise PermissionDenied
        contest: Contest = stored.document
        form = ContestForm(contest, stored.version, *posted(request))
        if request.method == "POST":
            if not self.has_change_permission(request, stored):
                raise PermissionDenied
            if form.is_valid():
                contest = form.cleaned_data["contest"]
                if "preview" not in request.POST and self._save(request, stored, form):
                    return redirect("admin:broadcaster_contestdocument_change", stored.pk)
        return render(
            request,
            "broadcaster/contest.html",
            {
                **self.admin_site.each_context(request),
                "title": str(stored),
                "opts": self.opts,
                "is_nav_sidebar_enabled": False,  # the tables need the space
                "stored": stored,
                "form": form,
                "may_edit": self.has_change_permission(request, stored),
                "is_preview": form.is_bound and not form.errors,
                **self._picture(request, contest),
            },
        )

    def _save(self, request: HttpRequest, stored: ContestDocument, form: ContestForm) -> bool:
        """Store what a valid form has, and return whether that was possible."""
        data = form.cleaned_data
        try:
            changed = contests.change(stored.slug, data["version"], data["contest"], actor(request))
        except Rejected as error:
            form.add_error(None, str(error))
            return False
        words = "is stored" if changed.version != stored.version else "is as it was"
        messages.success(request, f"{changed} {words}.")
        return True

    def _picture(self, request: HttpRequest, contest: Contest) -> dict[str, Any]:
        """Return what the template needs for the picture of a contest, with some calls in it."""
        held = {race.id: race.held_by for race in contest.races if race.held_by}
        show = request.GET.get("show", "")
        if show not in SHOWS:
            show = "held" if held else "each"
        parties = [party.id for party in contest.parties]
        calls: dict[str, dict[str, Call]] = {
            "open": {},
            "held": calls_of(held),
            "each": calls_of(
                {
                    race.id: parties[number % len(parties)]
                    for number, race in enumerate(contest.races)
                }
            ),
        }
        geometry = contests.geometry_of(contest.geometry)
        return {
            "picture": Picture(Edition(contest, geometry), calls[show]) if geometry else None,
            "show": show,
            "shows": SHOWS,
            "held": [
                (party.name, contest.held[party.id])
                for party in contest.parties
                if contest.held.get(party.id)
            ],
        }

    def download(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Send the contest as JSON."""
        stored = self._viewable(request, pk)
        return attachment(
            f"{stored.slug}.json", "application/json", contests.encode_file(stored.document)
        )

    def races_table(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Send the races as CSV, with a byte order mark, by which spreadsheets know UTF-8."""
        stored = self._viewable(request, pk)
        table = "\N{BYTE ORDER MARK}" + write_races(stored.document)
        return attachment(f"{stored.slug}-races.csv", "text/csv; charset=utf-8", table)

    def _viewable(self, request: HttpRequest, pk: int) -> ContestDocument:
        stored = self.get_object(request, str(pk))
        if stored is None:
            raise Http404
        if not self.has_view_permission(request, stored):
            raise PermissionDenied
        return stored

    def history_view(self, request, object_id, extra_context=None):
        """Show the audit of this contest in place of Django's history."""
        stored = self._viewable(request, object_id)
        audit = reverse("admin:broadcaster_auditentry_changelist")
        return redirect(f"{audit}?{urlencode({'q': f'contest {stored.slug}'})}")

    def log_deletions(self, request, queryset):
        for stored in queryset:
            contests.record_removal(stored, actor(request))
        return super().log_deletions(request, queryset)


def posted(request: HttpRequest) -> tuple[Any, Any]:
    """Return the data and the files for a form: (None, None) before it is sent."""
    return (request.POST, request.FILES) if request.method == "POST" else (None, None)


def attachment(name: str, content_type: str, text: str) -> HttpResponse:
    """Return a file to be downloaded."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(text, content_type=content_type, headers=headers)
