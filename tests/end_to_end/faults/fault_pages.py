"""More pages at once than the database has connections, and clients that are slow."""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from unittest import TestCase

from django.test import TransactionTestCase

from tests.support.figures import check_within
from tests.support.raw_http import request
from tests.support.server import ROOT, ServeProcess, postgres

PREPARE = """
from django.contrib.auth import get_user_model
from broadcaster.models import ApiToken, Broadcast
from tests.support.contests import president
Broadcast.objects.create(slug="night", title="Night", contests=president(2020), approval="never")
print(ApiToken.issue(get_user_model().objects.create_superuser("robot")))
"""


class PageRush(TestCase):
    """300 pages at once, and a PostgreSQL that allows its default of 100 connections."""

    PAGES = 300

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        url = cls.enterClassContext(postgres())
        cls.state = cls.enterClassContext(tempfile.TemporaryDirectory())
        cls.environment = {**os.environ, "DATABASE_URL": url, "STATE_DIRECTORY": cls.state}
        cls.manage("migrate", "-v0")
        cls.token = cls.manage("shell", "-v0", "-c", PREPARE).split()[-1]
        cls.server = cls.enterClassContext(ServeProcess(DATABASE_URL=url))

    @classmethod
    def manage(cls, *arguments):
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(
            command, cwd=ROOT, env=cls.environment, check=True, capture_output=True, text=True
        ).stdout

    def publish(self, change):
        """Return the request that publishes a change through the API."""
        path, body = "/api/broadcasts/night/updates", json.dumps(change).encode()
        return request(self.server.port, path, "POST", body, Authorization=f"Bearer {self.token}")

    def test_desk_and_readiness_get_through_and_surplus_pages_are_told(self):
        asyncio.run(self.rush("/broadcasts/night/?{}"))

    def test_pictures_get_through_as_well(self):
        asyncio.run(self.rush("/broadcasts/night/picture.png?{}"))

    async def rush(self, path):
        port = self.server.port
        await self.publish({"kind": "start"})
        pages = [
            asyncio.create_task(request(port, path.format(n), Accept="text/html"))
            for n in range(self.PAGES)
        ]
        takes, probes = [], []
        for focus in ("OH", "PA", "", "VT"):
            takes.append(await self.publish({"view": {"focus": focus}}))
            probes.append(await request(port, "/readyz"))
        pages = await asyncio.gather(*pages)

        self.assertEqual([take.status for take in takes], [201] * 4)
        self.assertEqual([probe.status for probe in probes], [200] * 4)
        takes_took = max(each.seconds for each in takes)
        check_within(self, f"a take beside {self.PAGES} pages", takes_took, 3)
        probes_took = max(each.seconds for each in probes)
        check_within(self, f"readiness beside {self.PAGES} pages", probes_took, 1)
        self.assertIn(200, {page.status for page in pages})
        for page in pages:
            self.assertIn(page.status, (200, 503))
            if page.status == 503:
                self.assertEqual(page.headers["retry-after"], "3")
                self.assertEqual(page.headers["cache-control"], "no-store")
        self.assertEqual(self.server.output().count("Traceback"), 0)
        self.assertLess(len(self.server.output().splitlines()), 10)


class SlowClients(TransactionTestCase):
    """Clients that send or read slowly do not occupy what others need."""

    CLIENTS = 30

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = cls.enterClassContext(ServeProcess())

    def test_requests_without_their_body_do_not_keep_others_waiting(self):
        asyncio.run(self.send_without_body())

    async def send_without_body(self):
        writers = []
        for path in ("/", "/api/broadcasts", "/admin/login/"):
            for _ in range(self.CLIENTS):
                _, writer = await asyncio.open_connection("127.0.0.1", self.server.port)
                writers.append(writer)
                head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\n"
                writer.write(head.encode())

        for path in ("/", "/api/broadcasts", "/admin/login/"):
            response = await request(self.server.port, path)
            self.assertNotEqual(response.status, 503)
            check_within(self, f"{path} beside slow uploads", response.seconds, 3)
        for writer in writers:
            writer.transport.abort()
