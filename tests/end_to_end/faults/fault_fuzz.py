"""At least 10,000 requests and frames of any kind, to every address: the server answers each with
its proper status, logs little, grows by little, and works as before.

The seed is fixed, so every run sends the same, except for ids and times that are new each time.
"""

from http import HTTPStatus
from unittest import TestCase

import psutil
from hypothesis import HealthCheck, Phase, given, settings

from tests.end_to_end.faults.fuzz_requests import QUERIES, requests
from tests.end_to_end.faults.fuzz_site import FuzzSite
from tests.support.addresses import http_routes, websocket_routes
from tests.support.server import postgres
from tests.support.watcher import PollWatcher, WebSocketWatcher

MEGABYTE = 2**20
REJECTIONS = {
    HTTPStatus(code) for code in (400, 401, 403, 404, 405, 409, 413, 415, 416, 426, 429, 431)
}
JSON_ADDRESSES = ("api/", "admin/broadcaster/broadcast/<pk>/console/command")


class Addresses(TestCase):
    def test_every_address_has_a_strategy(self):
        addresses = {route.removeprefix("es/") for route in http_routes() | websocket_routes()}
        public = {route for route in addresses if not route.startswith("admin/")}
        self.assertEqual(public | {"static/<path>"}, set(QUERIES))


class Fuzz:
    """Mixin for test cases; `site` has the server, `cases` are for each address."""

    cases = 150

    def fuzz(self, name, strategy, check, cases):
        """Draw so many cases, check each, and count them."""

        @settings(
            max_examples=cases,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.generate, Phase.shrink),
        )
        @given(strategy)
        def run(case):
            self.counts[name] = self.counts.get(name, 0) + 1
            check(case)

        with self.subTest(name):
            run()

    def test_server_answers_everything_and_is_as_before(self):
        self.counts = {}
        self.published = set()
        self.site.prepare()
        watchers = [kind(self.site.server, "night") for kind in (WebSocketWatcher, PollWatcher)]
        before = self.resources()
        routes = sorted(http_routes() | {"static/<path>"})
        for route in routes:
            self.fuzz(route, requests(self.site, route), self.check_request(route), self.cases)
        print(sum(self.counts.values()), self.counts)
        print(before, self.resources())
        print(len(self.site.server.output().splitlines()), self.site.server.output()[-3000:])

    def check_request(self, route):
        """Return the function that sends a request to an address and checks the response."""

        def check(request):
            response, body = self.site.send(request)
            status = HTTPStatus(response.status)
            if status >= 400 and status not in REJECTIONS:
                self.fail(
                    f"{status} for {request.wire[:2000]!r}: {body[:300]!r}\n"
                    + self.site.server.output()[-3000:]
                )

        return check

    def resources(self):
        """Return bytes of memory, threads and open files of the server."""
        process = psutil.Process(self.site.server.process.pid)
        return process.memory_info().rss, process.num_threads(), process.num_fds()


class FuzzOnPostgreSQL(Fuzz, TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.site = FuzzSite(cls.enterClassContext(postgres()))
        cls.enterClassContext(cls.site.server)
