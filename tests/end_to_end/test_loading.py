"""How pages load: their Content-Security-Policy, weight and caching, and without JavaScript."""

import re
import subprocess
import sys

from django.contrib.auth import get_user_model
from django.test import TransactionTestCase
from django.utils import timezone

from broadcaster.models import Broadcast
from tests.support.audience import BrowserAudience
from tests.support.server import ROOT
from viewers.pages import live

WEIGHT = 90_000  # bytes on the wire: the page with its map, styles and modules
REQUESTS = 12
LOADED = """
    performance.getEntries().filter(({ entryType }) => /navigation|resource/.test(entryType))
        .map(({ name, encodedBodySize }) => [name, encodedBodySize])
"""
HASHED = re.compile(r"/static/\w+/[\w/]+\.[0-9a-f]{12}\.(js|css)$")
POLICY = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
)


class PageLoading(BrowserAudience, TransactionTestCase):
    """With static files as in production: collected, hashed, compressed."""

    @classmethod
    def prepare(cls, server):
        command = [sys.executable, "manage.py", "collectstatic", "--no-input", "-v0"]
        subprocess.run(command, cwd=ROOT, env=server.environment, check=True)

    def setUp(self):
        super().setUp()
        self.publish({"kind": "start", "story": {"headline": "Good evening"}})

    def test_viewers_pages_work_with_a_strict_policy(self):
        visit = self.visit()
        for path in ("/", self.path, "/nothing/"):
            response = visit.page.goto(self.server.url + path)
            policy = response.headers["content-security-policy"].split("; ")
            own = [rule.replace(f" {live.COVER_HASH}", "") for rule in policy]
            self.assertEqual(sorted(own), sorted(POLICY), path)
            self.assertEqual(own != policy, path == self.path)
        page = visit.open(self.path)
        self.publish({"story": {"headline": "Still with us"}})
        visit.wait_for("text=Still with us")
        self.assertEqual(visit.errors, [])

        page.evaluate("document.body.setAttribute('style', 'color: red')")
        self.assertRegex(
            visit.errors[0], "inline style violates"
        )  # so the check of errors above works

    def test_live_page_is_small_and_its_files_are_immutable(self):
        for path in (self.path, f"/es{self.path}"):
            with self.subTest(path):
                self.check_weight(path)

    def check_weight(self, path):
        visit, headers = self.visit(), {}
        visit.page.on("response", lambda response: headers.update({response.url: response.headers}))
        with visit.page.expect_websocket():
            page = visit.open(path)
        page.wait_for_load_state("networkidle")
        address, *files = page.evaluate(LOADED)

        self.assertEqual(address[0], self.server.url + path)
        self.assertLessEqual(1 + len(files), REQUESTS, files)
        self.assertLessEqual(sum(size for _, size in [address, *files]), WEIGHT, files)
        for name, _ in files:
            self.assertTrue(name.startswith(self.server.url), name)
            self.assertRegex(name, HASHED)
            self.assertIn("immutable", headers[name]["cache-control"])
            self.assertIn(headers[name].get("content-encoding"), ("br", "gzip"), name)
        styles = [name for name, _ in files if name.endswith(".css")]
        self.assertEqual([name for name in styles if "/*" in self.text_of(page, name)], [])

    def text_of(self, page, address):
        return page.request.get(address).text()

    def test_page_without_javascript_is_reloaded(self):
        visit = self.visit(java_script_enabled=False)

        def shorten_interval(route):  # 30 seconds are long for a test
            answer = route.fetch()
            body = answer.text().replace('content="30"', 'content="1"')
            route.fulfill(response=answer, body=body)

        visit.page.route(f"**{self.path}", shorten_interval)
        page = visit.open(self.path)
        self.assertEqual(page.inner_text('[data-part="headline"]'), "Good evening")
        self.assertIn("reloads every 30 seconds", page.inner_text("main"))

        called = {"PA": {"status": "called", "party": "D"}}
        self.publish(
            {"calls": {"president": called}, "story": {"headline": "Pennsylvania goes to Biden"}}
        )
        self.publish({"kind": "end"})
        visit.wait_for("text=Final, as of")

        self.assertEqual(page.inner_text('.tally [data-part="D"]'), "20")
        page.click('[data-group="D"] summary')
        self.assertIn("Biden (D)", page.inner_text('tr[data-unit="PA"]'))
        self.assertEqual(page.locator('.map-shapes [data-unit="PA"][data-party="D"]').count(), 1)
        self.assertNotIn("refresh", page.content())

    def test_admin_works_with_the_same_policy(self):
        user = get_user_model().objects.create_superuser("chief", password="secret")
        visit = self.visit(viewport={"width": 1440, "height": 1000})
        visit.log_in(user.username, "secret")
        page, broadcast = visit.page, "/admin/broadcaster/broadcast/"
        one = f"{broadcast}{self.broadcast.pk}/"
        for path in (
            "/admin/",
            broadcast,
            f"{one}history/",
            f"/admin/auth/user/{user.pk}/delete/",
            "/admin/broadcaster/publication/",
            "/admin/auth/user/add/",
            "/admin/password_change/",
        ):
            self.assertEqual(page.goto(self.server.url + path).status, 200, path)

        visit.open(f"{one}console/")
        visit.wait_for('[data-desk="connection"][data-state="connected"]')
        visit.open(one)
        page.fill("#id_starts_at_0", "2028-11-15")
        page.fill("#id_starts_at_1", "19:00:00")
        page.click("[name=_save]")
        visit.wait_for("text=was changed successfully")
        self.assertEqual(timezone.localdate(Broadcast.objects.get().starts_at).day, 15)
        self.assertEqual(visit.errors, [])
