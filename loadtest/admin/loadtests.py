"""The admin of load tests: prepare, run, see the trend."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_POST

from loadtest.admin.forms import GROUPS, RARE, LoadTestForm
from loadtest.admin.runs import CenterAdmin, summary
from loadtest.control import starting
from loadtest.models import RUN, LoadTest, LoadTestRun, State

TREND = ("relative", "p95", "last", "cpu")
"""The figures of a trend, by their names in `LoadTestRun.figures`."""


@admin.register(LoadTest)
class LoadTestAdmin(CenterAdmin):
    form = LoadTestForm
    list_display = ["name", "note", "last_run"]
    fieldsets: ClassVar[Any] = (
        (None, {"fields": ("name", "note")}),
        *(
            (name, {"fields": fields, "classes": ["collapse"] if name in RARE else []})
            for name, fields in GROUPS.items()
        ),
        ("Thresholds", {"fields": ("thresholds",)}),
        ("Instead of all this", {"fields": ("matrix_scale",)}),
    )
    change_form_template = "loadtest/center/test.html"
    save_as = True  # a variant of a preset is a load test of its own

    def get_queryset(self, request: HttpRequest) -> QuerySet[LoadTest]:
        return super().get_queryset(request).prefetch_related("runs")

    def get_fieldsets(self, request, obj=None):
        """Show who may not change a load test the command that it stands for."""
        if obj is None or self.has_change_permission(request, obj):
            return super().get_fieldsets(request, obj)
        return [(None, {"fields": ("name", "note", "command")})]

    @admin.display
    def command(self, test: LoadTest) -> str:
        return starting.swarm_command(test)

    @admin.display
    def last_run(self, test: LoadTest) -> str:
        runs = list(test.runs.all())
        return summary(runs[0]) if runs else "–"

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/run", view(self.run), name="loadtest_loadtest_run"),
            path("<int:pk>/trend/", view(self.trend), name="loadtest_loadtest_trend"),
            *super().get_urls(),
        ]

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        """Add what Run needs: a worker, or the command that does without."""
        test: LoadTest | None = obj
        if test is not None:
            context["may_run"] = request.user.has_perm(RUN)
            context["command"] = starting.swarm_command(test)
            context["runs"] = test.runs.all()[:10]
            try:
                context["workers"] = starting.workers()
            except starting.NoWorker as error:
                context["no_worker"] = str(error)
        return super().render_change_form(request, context, add, change, form_url, obj)

    @method_decorator(require_POST)
    def run(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Queue a run, and show its page."""
        if not request.user.has_perm(RUN):
            raise PermissionDenied
        test = get_object_or_404(LoadTest, pk=pk)
        try:
            run = starting.start(test, request.user.pk)
        except starting.NoWorker as error:
            self.message_user(
                request,
                f"{error} Run it from the command line: {starting.swarm_command(test)}",
                messages.ERROR,
            )
            return redirect("admin:loadtest_loadtest_change", pk)
        return redirect("admin:loadtest_loadtestrun_change", run.pk)

    def trend(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the figures of all finished runs, in the order of time."""
        test = get_object_or_404(LoadTest, pk=pk)
        if not self.has_view_permission(request, test):
            raise PermissionDenied
        runs = test.runs.filter(state=State.FINISHED).order_by("pk").defer("report", "page", "live")
        context = {
            **self.admin_site.each_context(request),
            "title": f"Trend: {test}",
            "opts": self.opts,
            "test": test,
            "runs": runs,
            "points": [_point(run) for run in runs],
        }
        return TemplateResponse(request, "loadtest/center/trend.html", context)


def _point(run: LoadTestRun) -> dict[str, Any]:
    """Return what the chart of a trend needs of a run."""
    return {
        "run": run.pk,
        "passed": run.exit_code == 0,
        **{name: run.figures.get(name) for name in TREND},
    }
