"""A site below a path, behind a proxy that removes it."""

import asyncio
import re
import uuid

from django.test import TransactionTestCase

from broadcaster.domain.parsing import parse_change
from broadcaster.models import Broadcast
from tests.support.log import publish
from tests.support.raw_http import request
from tests.support.server import ServeProcess

ADDRESS = re.compile(
    r"""(?:\b(?:href|src|action|content|value)=|"(?:address|file|clock|moment)": )"""
    r"""(?:"(?:http://127.0.0.1)?(/[^"]*)")"""
)


class PathPrefix(TransactionTestCase):
    """All addresses in responses have the prefix."""

    PREFIX = "/night/maps"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = cls.enterClassContext(ServeProcess(PATH_PREFIX=cls.PREFIX))

    def setUp(self):
        self.slug = f"night-{uuid.uuid4().hex[:8]}"
        broadcast = Broadcast.objects.create(slug=self.slug, title="Night", election=2020)
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
