"""Static files during an upgrade."""

import asyncio
import os

from django.test import TransactionTestCase

from tests.support.raw_http import request
from tests.support.server import ServeProcess


class Upgrade:
    """Requests for files that a process did not know when it started."""

    command: str

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = cls.enterClassContext(ServeProcess(cls.command))

    def send(self, path, method="GET", **headers):
        return asyncio.run(request(self.server.port, path, method, **headers))

    def test_missing_static_files_are_not_kept_by_caches(self):
        for name in ("nothing.js", "viewers/live/live.0123456789ab.js", "viewers", "../a"):
            response = self.send(f"/static/{name}")
            self.assertEqual((response.status, name), (404, name))
            self.assertEqual(response.headers["cache-control"], "no-store")
        self.assertEqual(self.send("/static/a%00b").status, 400)

    def test_files_collected_after_the_start_are_served(self):
        path = "/static/viewers/live/live.0a1b2c3d4e5f.js"
        self.assertEqual(self.send(path).status, 404)

        folder = f"{self.server.state.name}/static/viewers/live"
        os.makedirs(folder, exist_ok=True)
        with open(f"{folder}/live.0a1b2c3d4e5f.js", "w") as file:
            file.write("export {};")

        response = self.send(path)
        self.assertEqual((response.status, response.body), (200, b"export {};"))
        self.assertIn("javascript", response.headers["content-type"])


class UpgradeOnServe(Upgrade, TransactionTestCase):
    command = "serve"


class UpgradeOnDaphne(Upgrade, TransactionTestCase):
    command = "runserver"
