"""The control center's pages: load tests, runs, reports, comparisons, and who may see them."""

from datetime import timedelta
from importlib import import_module

import msgspec
from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.test import TestCase, override_settings
from django.urls import reverse
from django.utils import timezone

from loadtest.common.plan_options import parse_options, read_plan
from loadtest.control import starting
from loadtest.control.figures import headline_figures
from loadtest.control.thresholds import parse_threshold
from loadtest.models import LOST, LoadTest, LoadTestRun, State, pack
from loadtest.swarm.leftovers import tidy
from loadtest.swarm.report.build import build_report
from loadtest.swarm.report.text import headline
from loadtest.swarm.verdict import judge
from tests.loadtest.examples import good_run
from tests.support.server import free_port
from tests.support.staff import staff

PAGE = "<!doctype html><title>A report</title>"


def run_page(run, page="change"):
    return reverse(f"admin:loadtest_loadtestrun_{page}", args=[run.pk])


def finished(test, clients=2):
    """Return a finished run of a load test, with a report."""
    run = good_run(clients)
    report = build_report(run, judge(run))
    return LoadTestRun.objects.create(
        test=test,
        name=test.name,
        state=State.FINISHED,
        verdict=headline(report),
        exit_code=report.verdict.exit_code,
        figures=headline_figures(report),
        report=pack(msgspec.json.encode(report)),
        page=pack(PAGE.encode()),
    )


class CenterTestCase(TestCase):
    def setUp(self):
        self.test = LoadTest.objects.create(name="Evening", plan={"clients": 20, "page": True})
        self.client.force_login(get_user_model().objects.create_superuser("boss"))


class Presets(TestCase):
    def test_presets_are_valid_load_tests(self):
        migration = import_module("loadtest.migrations.0002_presets")
        migration.make_presets(apps, None)

        for preset in migration.PRESETS:
            with self.subTest(preset["name"]):
                test = LoadTest.objects.get(name=preset["name"])
                options = parse_options(test.plan)
                plan = read_plan(options, options["simulators"] or 1)
                self.assertEqual(plan.clients, test.plan.get("clients", 1000))
                for threshold in test.fail_if:
                    parse_threshold(threshold, plan.rounds)


class PreparingLoadTests(CenterTestCase):
    def post(self, **changes):
        """Post the form of the load test with changes, and return the response."""
        url = reverse("admin:loadtest_loadtest_change", args=[self.test.pk])
        form = self.client.get(url).context["adminform"].form
        values = {field.html_name: field.value() for field in form}
        kept = {name: value for name, value in values.items() if value not in (None, False)}
        return self.client.post(url, kept | changes)

    def test_form_keeps_the_options_that_differ_from_their_defaults(self):
        self.assertEqual(self.post(rounds="3@1", storm="on").status_code, 302)

        self.test.refresh_from_db()
        self.assertEqual(
            self.test.plan, {"clients": 20, "page": True, "rounds": "3@1", "storm": True}
        )

    def test_repeated_options_are_separated_by_spaces(self):
        self.post(metrics="http://10.0.0.1:8000 http://10.0.0.2:8000")

        self.test.refresh_from_db()
        self.assertEqual(
            self.test.plan["metrics"], ["http://10.0.0.1:8000", "http://10.0.0.2:8000"]
        )
        self.assertIn(
            "--metrics=http://10.0.0.1:8000 --metrics=http://10.0.0.2:8000",
            starting.swarm_command(self.test),
        )

    def test_options_that_cannot_be_meant_are_explained(self):
        for changes, words in (
            ({"rounds": "ten"}, "is not MESSAGES@SECONDS"),
            ({"transport": "poll", "slow": "1%"}, "--slow needs viewers on WebSockets"),
            ({"simulators": "30"}, "--simulators must be at most --clients"),
            ({"thresholds": "p95>500\nspeed>3"}, "there is no figure speed"),
            ({"thresholds": "every 9 s: p95>1"}, "no round publishes every 9 s"),
            ({"matrix_scale": "7"}, "less than or equal to 2"),
        ):
            with self.subTest(changes):
                self.assertContains(self.post(**changes), words)

    def test_without_a_worker_the_page_has_the_command(self):
        command = "manage.py swarm --clients=20 --page"
        self.assertEqual(starting.swarm_command(self.test), command)

        with override_settings(LOADTEST_REDIS_URL=""):
            page = self.client.get(reverse("admin:loadtest_loadtest_change", args=[self.test.pk]))
            answer = self.client.post(
                reverse("admin:loadtest_loadtest_run", args=[self.test.pk]), follow=True
            )
        self.assertContains(page, command)
        self.assertContains(answer, f"Run it from the command line: {command}")
        self.assertFalse(LoadTestRun.objects.exists())

    def test_redis_that_does_not_answer_leaves_no_run_behind(self):
        with override_settings(LOADTEST_REDIS_URL=f"redis://127.0.0.1:{free_port()}/0"):
            answer = self.client.post(
                reverse("admin:loadtest_loadtest_run", args=[self.test.pk]), follow=True
            )
        self.assertContains(answer, "Redis does not answer")
        self.assertFalse(LoadTestRun.objects.exists())


class Runs(CenterTestCase):
    def test_page_of_a_finished_run_has_verdict_and_report(self):
        run = finished(self.test)

        page = self.client.get(run_page(run))

        self.assertContains(page, "VALID, and the server passed")
        self.assertContains(page, run_page(run, "report"))
        self.assertIn("frame-src 'self'", page["Content-Security-Policy"])
        self.assertNotIn("unsafe", page["Content-Security-Policy"])

    def test_report_is_shown_in_a_sandbox(self):
        page = self.client.get(run_page(finished(self.test), "report"))

        self.assertEqual(page.content.decode(), PAGE)
        policy = page["Content-Security-Policy"]
        self.assertIn("sandbox allow-scripts", policy)
        self.assertIn("default-src 'none'", policy)
        self.assertEqual(page["X-Frame-Options"], "SAMEORIGIN")

    def test_report_can_be_downloaded(self):
        answer = self.client.get(run_page(finished(self.test), "json"))

        self.assertEqual(answer.json()["schema"], "mapcenter.swarm/1")
        self.assertIn("attachment", answer["Content-Disposition"])

    def test_run_without_a_report_has_none(self):
        run = LoadTestRun.objects.create(test=self.test, name="Evening", state=State.REFUSED)

        self.assertEqual(self.client.get(run_page(run, "report")).status_code, 404)
        self.assertNotContains(self.client.get(run_page(run)), "<iframe")

    def test_two_ticked_runs_are_compared(self):
        runs = [finished(self.test), finished(self.test, clients=4)]

        page = self.client.post(
            reverse("admin:loadtest_loadtestrun_changelist"),
            {"action": "compare", "_selected_action": [run.pk for run in runs]},
            follow=True,
        )

        self.assertContains(page, f"Comparison of runs {runs[0].pk} and {runs[1].pk}")
        self.assertContains(page, "delay within which 95 % arrived")
        self.assertContains(page, "clients differs: 2 / 4")

    def test_trend_has_all_finished_runs(self):
        finished(self.test)
        finished(self.test)
        LoadTestRun.objects.create(test=self.test, name="Evening", state=State.REFUSED)

        page = self.client.get(reverse("admin:loadtest_loadtest_trend", args=[self.test.pk]))

        self.assertEqual(len(page.context["points"]), 2)
        self.assertContains(page, "Mean relative delay")

    def test_run_whose_worker_is_gone_is_aborted(self):
        now = timezone.now()
        lost, alive = (
            LoadTestRun.objects.create(name="Evening", state=State.RUNNING, seen_at=seen)
            for seen in (now - LOST - timedelta(seconds=1), now)
        )

        self.assertEqual(self.client.get(run_page(lost, "live")).json()["state"], "aborted")
        self.assertEqual(self.client.get(run_page(alive, "live")).json()["state"], "running")

    def test_runs_begin_one_after_another(self):
        first, second = (LoadTestRun.objects.create(name="Evening") for _ in range(2))

        self.assertTrue(LoadTestRun.begin(first.pk))
        self.assertFalse(LoadTestRun.begin(second.pk))
        LoadTestRun.objects.filter(pk=first.pk).update(state=State.FINISHED)
        self.assertTrue(LoadTestRun.begin(second.pk))

    def test_run_begins_although_the_worker_of_another_is_gone(self):
        gone = timezone.now() - 2 * LOST
        LoadTestRun.objects.create(name="Evening", state=State.RUNNING, seen_at=gone)
        run = LoadTestRun.objects.create(name="Evening")

        self.assertTrue(LoadTestRun.begin(run.pk))

    def test_stopped_run_does_not_begin(self):
        run = LoadTestRun.objects.create(name="Evening", state=State.STOPPED)

        self.assertFalse(LoadTestRun.begin(run.pk))

    def test_tidy_marks_a_run_whose_worker_is_gone(self):
        seen = timezone.now() - 2 * LOST
        LoadTestRun.objects.create(name="Evening", state=State.RUNNING, seen_at=seen)

        self.assertIn("Marked 1 run of the control center as aborted.", list(tidy()))

    def test_queued_run_is_stopped_at_once(self):
        run = LoadTestRun.objects.create(test=self.test, name="Evening")

        self.client.post(run_page(run, "stop"))

        run.refresh_from_db()
        self.assertEqual(run.state, State.STOPPED)

    def test_running_run_is_asked_to_stop(self):
        run = LoadTestRun.objects.create(
            test=self.test, name="Evening", state=State.RUNNING, seen_at=timezone.now()
        )

        page = self.client.post(run_page(run, "stop"), follow=True)

        self.assertContains(page, "Kill it")
        self.assertTrue(self.client.get(run_page(run, "live")).json()["stopping"])


class Access(TestCase):
    def setUp(self):
        self.test = LoadTest.objects.create(name="Evening", plan={"clients": 20})
        self.run_ = finished(self.test)
        self.user = staff("ops")
        self.client.force_login(self.user)
        self.start = reverse("admin:loadtest_loadtest_run", args=[self.test.pk])

    def allow(self, codename):
        self.user.user_permissions.add(Permission.objects.get(codename=codename))

    def test_without_a_permission_nothing_is_reached(self):
        for page in ("change", "live", "report", "json"):
            self.assertEqual(self.client.get(run_page(self.run_, page)).status_code, 403, page)
        self.assertEqual(self.client.post(self.start).status_code, 403)
        self.assertEqual(self.client.post(run_page(self.run_, "stop")).status_code, 403)

    def test_who_may_only_look_neither_starts_nor_stops(self):
        self.allow("view_loadtestrun")

        self.assertNotContains(self.client.get(run_page(self.run_)), "Stop")
        self.assertEqual(self.client.post(self.start).status_code, 403)
        self.assertEqual(self.client.post(run_page(self.run_, "stop")).status_code, 403)

    def test_who_may_run_sees_plans_as_commands(self):
        self.allow("run_loadtest")

        with override_settings(LOADTEST_REDIS_URL=""):
            page = self.client.get(reverse("admin:loadtest_loadtest_change", args=[self.test.pk]))
            answer = self.client.post(self.start)

        self.assertContains(page, "manage.py swarm --clients=20")
        self.assertNotContains(page, 'name="clients"')
        self.assertEqual(answer.status_code, 302)
        self.assertEqual(self.client.get(run_page(self.run_)).status_code, 200)
