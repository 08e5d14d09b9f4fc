"""Conditional requests, wherever a response has an ETag."""

import asyncio
import uuid

from django.test import TransactionTestCase

from broadcaster.domain.parsing import parse_change
from broadcaster.models import Broadcast
from tests.support.log import publish
from tests.support.raw_http import request
from tests.support.server import ServeProcess


class Conditional:
    """If-None-Match as clients and proxies send it."""

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

    def test_conditional_requests_compare_lists_and_weak_tags(self):
        for path in (f"{self.path}snapshot.json", "/static/viewers/live/live.js"):
            etag = self.send(path).headers["etag"]
            strong = etag.removeprefix("W/")
            for wanted in (etag, strong, f"W/{strong}", f'"other", {etag}', f'{etag},W/"x"', "*"):
                for method in ("GET", "HEAD"):
                    response = self.send(path, method, If_None_Match=wanted)
                    self.assertEqual((response.status, wanted), (304, wanted))
                    self.assertEqual(response.headers["etag"], etag)
                    self.assertNotIn("content-length", response.headers)
                    self.assertEqual(response.body, b"")
            for wanted in ('"other"', strong.strip('"'), "", '"*"'):
                self.assertEqual(self.send(path, If_None_Match=wanted).status, 200, wanted)


class ConditionalOnServe(Conditional, TransactionTestCase):
    command = "serve"


class ConditionalOnDaphne(Conditional, TransactionTestCase):
    command = "runserver"
