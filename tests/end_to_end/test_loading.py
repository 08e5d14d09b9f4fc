"""How pages load: nothing from elsewhere, nothing inline."""

import subprocess
import sys

from django.contrib.auth import get_user_model
from django.test import TransactionTestCase

from broadcaster.change import parse_change
from broadcaster.models import Broadcast
from broadcaster.publishing import publish
from tests.browser import Visit, chromium, in_a_thread, needs_chromium
from tests.server import ROOT, Server

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


@needs_chromium
class Loading(TransactionTestCase):
    """With static files as in production: collected, hashed, compressed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = Server()
        command = [sys.executable, "manage.py", "collectstatic", "--no-input", "-v0"]
        subprocess.run(command, cwd=ROOT, env=cls.server.environment, check=True)
        cls.enterClassContext(cls.server)
        cls.browser = cls.enterClassContext(chromium())

    def setUp(self):
        self.broadcast = Broadcast.objects.create(slug="night", title="Night", election=2020)
        self.put({"kind": "start", "story": {"headline": "Good evening"}})

    def put(self, change):
        in_a_thread(publish, self.broadcast, parse_change(change))

    def visit(self, **options):
        visit = Visit(self.browser, self.server, **options)
        self.addCleanup(visit.context.close)
        return visit

    def test_viewers_pages_keep_to_a_strict_policy(self):
        visit = self.visit()
        for path in ("/", "/broadcasts/night/", "/nothing/"):
            response = visit.page.goto(self.server.url + path)
            policy = response.headers["content-security-policy"].split("; ")
            self.assertEqual(sorted(policy), sorted(POLICY), path)
        page = visit.open("/broadcasts/night/")
        self.put({"story": {"headline": "Still with us"}})
        visit.waits_for("text=Still with us")
        self.assertEqual(visit.errors, [])

        page.evaluate("document.body.setAttribute('style', 'color: red')")
        self.assertRegex(visit.errors[0], "inline style violates")  # we would have heard of it

    def test_the_admin_works_under_the_same_policy(self):
        user = get_user_model().objects.create_superuser("chief", password="secret")
        visit = self.visit(viewport={"width": 1440, "height": 1000})
        visit.log_in(user.username, "secret")
        page, broadcast = visit.page, "/admin/broadcaster/broadcast/"
        one = f"{broadcast}{self.broadcast.pk}/"
        for path in (
            "/admin/",
            broadcast,
            f"{one}history/",
            f"{one}delete/",
            "/admin/broadcaster/publication/",
            "/admin/auth/user/add/",
            "/admin/password_change/",
        ):
            self.assertEqual(page.goto(self.server.url + path).status, 200, path)

        visit.open(f"{one}console/")
        visit.waits_for('text="connected"')
        visit.open(one)
        page.click(".datetimeshortcuts >> nth=0 >> a >> nth=1")  # the calendar
        page.click(".calendar td >> text=15")
        page.click("text=Now")
        page.click("[name=_save]")
        visit.waits_for("text=was changed successfully")
        self.assertEqual(Broadcast.objects.get().starts_at.day, 15)
        self.assertEqual(visit.errors, [])
