"""The admin of runs: watch, stop, read the report, compare two."""

from typing import Any

import msgspec
from csp.constants import NONE, SELF, UNSAFE_INLINE
from csp.decorators import csp_replace, csp_update
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST

from loadtest.control import starting
from loadtest.control.compare import Side, caveats, compare, describe_change, format_spread
from loadtest.models import RUN, LoadTestRun, State, unpack
from loadtest.swarm.report.model import SwarmReport
from loadtest.swarm.report.text import format_value

BLOBS = ("report", "page", "live")
"""Columns that lists do not read."""

LIVE = "admin:loadtest_loadtestrun_live"
BANNERS = {0: "passed", 3: "crossed", 4: "failed", 5: "invalid", 130: "interrupted"}
"""The kind of a verdict's banner by exit code."""


def summary(run: LoadTestRun) -> str:
    """Return the outcome of a run in a few words, or its state."""
    return run.verdict or run.get_state_display()


class CenterAdmin(admin.ModelAdmin):
    """Pages of the control center: who may run load tests sees them all."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_view_permission(request, obj) or request.user.has_perm(RUN)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return super().has_module_permission(request) or request.user.has_perm(RUN)


@admin.register(LoadTestRun)
class LoadTestRunAdmin(CenterAdmin):
    list_display = ["__str__", "queued_at", "by", "outcome", "viewers", "p95", "last", "cpu"]
    list_filter = ["state", "test"]
    list_select_related = ["by"]
    date_hierarchy = "queued_at"
    actions = ["compare"]

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[LoadTestRun]:
        LoadTestRun.mark_lost()
        return super().get_queryset(request).defer(*BLOBS)

    @admin.display
    def outcome(self, run: LoadTestRun) -> str:
        return summary(run)

    @admin.display
    def viewers(self, run: LoadTestRun) -> str:
        connected, requested = run.figures.get("connected"), run.figures.get("requested")
        return "" if connected is None else f"{connected:,} of {requested:,}"

    @admin.display(description="p95, ms")
    def p95(self, run: LoadTestRun) -> str:
        return _shown(run, "p95")

    @admin.display(description="last, ms")
    def last(self, run: LoadTestRun) -> str:
        return _shown(run, "last")

    @admin.display(description="CPU, µs a delivery")
    def cpu(self, run: LoadTestRun) -> str:
        return _shown(run, "cpu")

    @admin.action(description="Compare two runs", permissions=["view"])
    def compare(self, request: HttpRequest, runs: QuerySet[LoadTestRun]) -> HttpResponse | None:
        """Compare the two runs that are ticked: the earlier one is A."""
        chosen = list(runs.exclude(report=None).order_by("pk").values_list("pk", flat=True))
        if len(chosen) != 2:
            self.message_user(request, "Tick two runs that have reports.", messages.WARNING)
            return None
        return redirect("admin:loadtest_loadtestrun_compare", *chosen)

    def get_urls(self):
        view, name = self.admin_site.admin_view, "loadtest_loadtestrun_"
        return [
            path("<int:pk>/live", view(self.live), name=f"{name}live"),
            path("<int:pk>/stop", view(self.stop), name=f"{name}stop"),
            path("<int:pk>/report/", view(self.page), name=f"{name}report"),
            path("<int:pk>/report.json", view(self.report), name=f"{name}json"),
            path("<int:a>/compare/<int:b>/", view(self.comparison), name=f"{name}compare"),
            *super().get_urls(),
        ]

    @method_decorator(csp_update({"frame-src": [SELF]}))
    def change_view(self, request, object_id, form_url="", extra_context=None):
        """Show a run: live while it goes on, then its verdict and report."""
        run = self._run(request, object_id)
        context = {
            **self.admin_site.each_context(request),
            "title": str(run),
            "opts": self.opts,
            "run": run,
            "banner": BANNERS.get(run.exit_code or 0, "") if run.verdict else run.state,
            "summary": summary(run),
            "may_run": request.user.has_perm(RUN),
            "data": {**_state(run), "url": reverse(LIVE, args=[run.pk])},
            "no_worker": "" if run.state != State.QUEUED else _no_worker(),
        }
        return TemplateResponse(request, "loadtest/center/run.html", context)

    def live(self, request: HttpRequest, pk: int) -> JsonResponse:
        """Return the state of a run."""
        return JsonResponse(_state(self._run(request, pk)), headers={"Cache-Control": "no-store"})

    @method_decorator(require_POST)
    def stop(self, request: HttpRequest, pk: int) -> HttpResponse:
        """End a run early; a second time, kill it."""
        run = self._run(request, pk)
        if not request.user.has_perm(RUN):
            raise PermissionDenied
        try:
            starting.stop(run)
        except starting.NoWorker as error:
            self.message_user(request, str(error), messages.ERROR)
        return redirect("admin:loadtest_loadtestrun_change", pk)

    # The report is one file with its styles and scripts in it. The sandbox gives it an origin of
    # its own, so nothing in it reaches the admin.
    @method_decorator(xframe_options_sameorigin)
    @method_decorator(
        csp_replace(
            {
                "default-src": [NONE],
                "style-src": [UNSAFE_INLINE],
                "script-src": [UNSAFE_INLINE],
                "img-src": ["data:"],
                "frame-ancestors": [SELF],
                "sandbox": ["allow-scripts"],
            }
        )
    )
    def page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Return the report as a page."""
        return HttpResponse(_unpacked(self._run(request, pk).page))

    def report(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Return the report as report.json."""
        data = _unpacked(self._run(request, pk).report)
        name = f'attachment; filename="run-{pk}.json"'
        return HttpResponse(data, "application/json", headers={"Content-Disposition": name})

    def comparison(self, request: HttpRequest, a: int, b: int) -> HttpResponse:
        """Compare two runs: overlaid spectra, and a table of differences."""
        sides = [_side(self._run(request, pk)) for pk in (a, b)]
        rows = [
            (row.meaning, row.unit, format_spread(row.a), format_spread(row.b), change)
            for row in compare(*sides)
            for change, _ in [describe_change(row)]
        ]
        context = {
            **self.admin_site.each_context(request),
            "title": f"Comparison of runs {a} and {b}",
            "opts": self.opts,
            "sides": zip((a, b), sides, strict=True),
            "rows": rows,
            "caveats": caveats(*sides),
            "data": [{"name": side.name, "spectrum": side.reports[0].spectrum} for side in sides],
        }
        return TemplateResponse(request, "loadtest/center/compare.html", context)

    def _run(self, request: HttpRequest, pk: int | str) -> LoadTestRun:
        """Return a run, if this user may see it. Raises `Http404`, `PermissionDenied`."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if not str(pk).isdecimal():
            raise Http404
        LoadTestRun.mark_lost()
        return get_object_or_404(LoadTestRun, pk=pk)


def _state(run: LoadTestRun) -> dict[str, Any]:
    """Return what the page of a run refreshes."""
    return {
        "state": run.state,
        "stateName": run.get_state_display(),
        "over": run.is_over,
        "stopping": run.stop_asked_at is not None,
        "live": run.live,
        "hasReport": bool(run.page),
    }


def _unpacked(data: bytes | memoryview | None) -> bytes:
    if data is None:
        raise Http404("This run has no report.")
    return unpack(data)


def _side(run: LoadTestRun) -> Side:
    report = msgspec.json.decode(_unpacked(run.report), type=SwarmReport)
    return Side(str(run), [report])


def _shown(run: LoadTestRun, name: str) -> str:
    return format_value(run.figures[name]) if name in run.figures else ""


def _no_worker() -> str:
    """Return why no worker takes a queued run; "" if one will."""
    try:
        if starting.workers():
            return ""
        return "No worker of the queue `loadtest` runs."
    except starting.NoWorker as error:
        return str(error)
