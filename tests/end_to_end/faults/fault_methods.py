"""Methods that an address does not have are answered with 405."""

import asyncio
import uuid

from django.test import TransactionTestCase

from broadcaster.domain.parsing import parse_change
from broadcaster.models import Broadcast
from tests.support.log import publish
from tests.support.raw_http import request
from tests.support.server import ServeProcess


class Methods:
    """The methods of pages, health endpoints and the admin."""

    command: str

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = cls.enterClassContext(ServeProcess(cls.command))

    def setUp(self):
        slug = f"night-{uuid.uuid4().hex[:8]}"
        broadcast = Broadcast.objects.create(slug=slug, title="Night", election=2020)
        publish(broadcast, parse_change({"kind": "start"}))
        self.path = f"/broadcasts/{slug}/"

    def send(self, path, method="GET", **headers):
        return asyncio.run(request(self.server.port, path, method, **headers))

    def test_pages_answer_get_and_head_only(self):
        pages = ("", "replay/", "calculator/", "picture.png", "embed/", "embedding/")
        paths = ["/", "/es/", f"{self.path}recording.json", *(self.path + page for page in pages)]
        for path in [*paths, f"/es{self.path}", "/healthz", "/readyz", "/metrics"]:
            for method in ("OPTIONS", "TRACE", "POST", "PUT", "DELETE", "PROPFIND"):
                response = self.send(path, method)
                self.assertEqual((response.status, path, method), (405, path, method))
                self.assertEqual(response.headers["allow"], "GET, HEAD")

    def test_the_admin_answers_get_head_and_post_only(self):
        for path in ("/admin/", "/admin/login/", "/admin/broadcaster/broadcast/"):
            for method in ("OPTIONS", "TRACE", "PUT"):
                response = self.send(path, method)
                self.assertEqual(response.status, 405)
                self.assertEqual(response.headers["allow"], "GET, HEAD, POST")


class MethodsOnServe(Methods, TransactionTestCase):
    command = "serve"


class MethodsOnDaphne(Methods, TransactionTestCase):
    command = "runserver"
