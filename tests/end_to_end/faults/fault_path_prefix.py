"""A site below a path, behind a proxy that removes it: with the lines of docs/operating.md."""

import asyncio
import re
import uuid
from types import SimpleNamespace

from django.test import TransactionTestCase

from broadcaster.desk.permissions import BROADCASTER
from broadcaster.models import Broadcast
from tests.support.browser import Visit, chromium, in_a_thread
from tests.support.changes import parse_change
from tests.support.console import CONNECTED, WIDE
from tests.support.contests import president
from tests.support.log import publish
from tests.support.proxies import HAProxy, Nginx, replace, send_request
from tests.support.raw_http import request
from tests.support.server import ROOT, ServeProcess
from tests.support.staff import staff

NO_WEBSOCKET = "delete window.WebSocket"


class PathPrefix(TransactionTestCase):
    """All addresses in responses have the prefix."""

    PREFIX = "/night/maps"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = cls.enterClassContext(ServeProcess(PATH_PREFIX=cls.PREFIX))

    def setUp(self):
        self.slug = f"night-{uuid.uuid4().hex[:8]}"
        broadcast = Broadcast.objects.create(
            slug=self.slug, title="Night", contests=president(2020)
        )
        publish(broadcast, parse_change({"kind": "start"}))

    def send(self, path):
        return asyncio.run(request(self.server.port, path))

    def test_addresses_in_pages_have_the_prefix(self):
        broadcast = f"/broadcasts/{self.slug}/"
        names = ("", "?at=1", "replay/", "calculator/", "embed/", "embedding/")
        for path in ("/", "/es/", *(broadcast + name for name in names), "/admin/login/"):
            response = self.send(path)
            self.assertEqual((response.status, path), (200, path))
            text = response.body.decode()
            found = re.findall(
                r'(?:href|src|action|content|value)="(?:http://127.0.0.1)?(/[^"]*)"', text
            )
            found += re.findall(r'"(?:address|file|clock|moment)": "(/[^"]*)"', text)
            self.assertTrue(found)
            for address in found:
                self.assertTrue(address.startswith(f"{self.PREFIX}/"), f"{address} on {path}")

    def test_pages_refer_to_the_other_language(self):
        page = self.send(f"/broadcasts/{self.slug}/").body.decode()
        self.assertIn(f'href="{self.PREFIX}/es/broadcasts/{self.slug}/"', page)

    def test_files_are_served_and_redirects_have_the_prefix(self):
        page = self.send(f"/broadcasts/{self.slug}/").body.decode()
        script = re.search(rf'src="{self.PREFIX}(/static/[^"]+)"', page)[1]
        self.assertEqual(self.send(script).status, 200)
        for path in ("/admin/", f"/broadcasts/{self.slug}/recording.json", "/admin"):
            location = self.send(path).headers["location"]
            self.assertTrue(location.startswith(f"{self.PREFIX}/"), location)
        self.assertIn(f"Path={self.PREFIX}/", self.send("/admin/login/").headers["set-cookie"])


def documented_lines(file):
    """Return the lines that docs/operating.md adds to a file of deploy/, for the path /maps."""
    [cell] = re.findall(rf"\| `{file}`, .* \| (.+) \|\n", (ROOT / "docs/operating.md").read_text())
    return "\n".join(re.findall("`([^`]+)`", cell)) + "\n"


class PrefixedNginx(Nginx):
    def config(self):
        lines = documented_lines("nginx.conf")
        return replace(super().config(), r"server_name .*\n", lambda found: found[0] + lines)


class PrefixedHAProxy(HAProxy):
    def config(self):
        lines = documented_lines("haproxy.cfg")
        return replace(super().config(), "frontend public\n", lambda found: found[0] + lines)


class BehindProxy:
    """People and programs who know the proxy's address only. Subclasses name the proxy."""

    PREFIX = "/maps"
    proxy_class: type

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = cls.enterClassContext(ServeProcess(PATH_PREFIX=cls.PREFIX))
        cls.proxy = cls.enterClassContext(cls.proxy_class(cls.server))
        cls.browser = cls.enterClassContext(chromium())
        cls.site = SimpleNamespace(url=f"{cls.proxy.url}{cls.PREFIX}")

    def setUp(self):
        self.slug = f"night-{uuid.uuid4().hex[:8]}"
        self.broadcast = Broadcast.objects.create(
            slug=self.slug, title="Night", contests=president(2020)
        )
        start = parse_change({"kind": "start", "story": {"headline": "Hello"}})
        in_a_thread(publish, self.broadcast, start)

    def visit(self, **options):
        visit = Visit(self.browser, self.site, **options)
        self.addCleanup(visit.context.close)
        return visit

    def test_a_take_at_the_desk_reaches_viewers_of_both_transports(self):
        viewers = [self.visit(), self.visit()]
        viewers[1].context.add_init_script(NO_WEBSOCKET)
        for viewer in viewers:
            viewer.open(f"/broadcasts/{self.slug}/").wait_for_selector("text=Hello")
        user = staff("anna", BROADCASTER)
        user.set_password("a password")
        in_a_thread(user.save)
        desk = self.visit(viewport=WIDE)
        page = desk.open(f"/admin/broadcaster/broadcast/{self.broadcast.pk}/console/")
        page.fill("#id_username", "anna")
        page.fill("#id_password", "a password")
        page.click("[type=submit]")
        page.wait_for_selector(CONNECTED)
        page.wait_for_selector("text=2 viewers (1 ws, 1 poll)")

        page.fill("#draft-headline", "Below a path")
        page.click('[data-action="take"]')

        for viewer in viewers:
            viewer.wait_for("text=Below a path")
        for visit in (*viewers, desk):
            self.assertEqual(visit.errors, [])

    def test_the_path_without_a_slash_redirects_and_metrics_stay_private(self):
        status, headers, _ = send_request(self.proxy.port, self.PREFIX)
        self.assertEqual(status, 301)
        self.assertTrue(headers["Location"].endswith(f"{self.PREFIX}/"), headers["Location"])
        self.assertEqual(send_request(self.proxy.port, f"{self.PREFIX}/")[0], 200)
        self.assertEqual(send_request(self.proxy.port, f"{self.PREFIX}/healthz")[0], 200)
        for path in ("/metrics", f"{self.PREFIX}/metrics", f"{self.PREFIX}/%6detrics"):
            self.assertEqual(send_request(self.proxy.port, path)[0], 404, path)


class BehindNginx(BehindProxy, TransactionTestCase):
    proxy_class = PrefixedNginx


class BehindHAProxy(BehindProxy, TransactionTestCase):
    proxy_class = PrefixedHAProxy
