"""The control center in a browser: a load test is started, watched, stopped, read and compared."""

import re

from django.contrib.auth.models import Permission
from django.test import TransactionTestCase

from broadcaster.models import ApiToken, Broadcast
from loadtest.models import LoadTest, LoadTestRun, State
from tests.support.browser import Visit, chromium, in_a_thread, violations
from tests.support.rq_workers import center_worker
from tests.support.server import ServeProcess, redis
from tests.support.staff import staff

LIMIT = 90_000  # ms for a run to get on or to end, on a busy machine
OVER = "iframe[title^='Report']"


class ControlCenter(TransactionTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        url = cls.enterClassContext(redis())
        cls.server = cls.enterClassContext(ServeProcess(LOADTEST_REDIS_URL=url))
        cls.enterClassContext(center_worker(url, cls.server))
        cls.browser = cls.enterClassContext(chromium())

    def setUp(self):
        self.test = LoadTest.objects.create(
            name="Small",
            plan={"url": self.server.url, "clients": 12, "simulators": 1, "ramp": "0.5"},
        )
        user = staff("ops")
        user.user_permissions.add(Permission.objects.get(codename="run_loadtest"))
        self.visit = Visit(self.browser, self.server)
        self.addCleanup(self.visit.context.close)
        self.visit.log_in_as(user)

    def start(self, rounds):
        """Start a run, and return its page once it is on it."""
        self.test.plan["rounds"] = rounds
        in_a_thread(self.test.save)
        page = self.visit.open(f"/admin/loadtest/loadtest/{self.test.pk}/change/")
        page.click("input[value='Run Small']")
        page.wait_for_url("**/loadtestrun/**")
        return page

    def test_run_is_watched_stopped_read_and_compared(self):
        page = self.start("4@1")
        page.locator("[data-run=message]", has_text=re.compile("^[1-4] of 4")).wait_for(
            timeout=LIMIT
        )
        self.assertEqual(page.inner_text("[data-run=connected]"), "12")
        self.assertEqual(violations(page), [])
        page.wait_for_selector(OVER, timeout=LIMIT)
        report = page.frame_locator(OVER).locator("body")
        report.get_by_text("Viewer swarm").first.wait_for()
        self.assertEqual(violations(page, without="iframe"), [])

        page = self.start("60@1")
        page.locator("[data-run=message]", has_text=re.compile("^[1-9]")).wait_for(timeout=LIMIT)
        page.click("input[value=Stop]")
        page.wait_for_selector("input[value='Kill it']")
        page.wait_for_selector(OVER, timeout=LIMIT)
        self.assertIn("INTERRUPTED", page.inner_text(".center-banner"))

        page = self.visit.open("/admin/loadtest/loadtestrun/")
        for box in page.locator(".action-select").all():
            box.check()
        page.select_option("[name=action]", "compare")
        page.click("[name=index]")
        self.check_page_of_charts(page)
        self.check_page_of_charts(
            self.visit.open(f"/admin/loadtest/loadtest/{self.test.pk}/trend/")
        )
        self.assertEqual(self.visit.errors, [])

        def check_rows():
            states = list(LoadTestRun.objects.order_by("pk").values_list("state", flat=True))
            self.assertEqual(states, [State.FINISHED, State.STOPPED])
            self.assertFalse(ApiToken.objects.exists())
            self.assertEqual(set(Broadcast.objects.values_list("phase", flat=True)), {"ended"})

        in_a_thread(check_rows)

    def check_page_of_charts(self, page):
        """Check accessibility, and that the page fits a phone, with the text of charts in full."""
        self.assertEqual(violations(page), [])
        size = page.viewport_size
        page.set_viewport_size({"width": 390, "height": 800})
        page.reload()
        page.wait_for_selector("figure svg")
        self.assertLessEqual(page.evaluate("document.documentElement.scrollWidth"), 390)
        text = page.locator("figure svg text").first.bounding_box()
        self.assertGreater(text["height"], 10)
        page.set_viewport_size(size)

    def test_second_stop_kills_the_run(self):
        page = self.start("60@1")
        page.locator("[data-run=message]", has_text=re.compile("^[1-9]")).wait_for(timeout=LIMIT)
        page.click("input[value=Stop]")
        page.click("input[value='Kill it']")

        page.locator(".center-banner", has_text=re.compile("Aborted|INTERRUPTED")).wait_for(
            timeout=LIMIT
        )
