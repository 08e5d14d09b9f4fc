"""The page cache: requests at one time share one rendering, until the broadcast changes."""

from concurrent.futures import ThreadPoolExecutor

from django.db import connection
from django.http import HttpResponse
from django.test import RequestFactory, TestCase, TransactionTestCase

from broadcaster.domain.parsing import parse_change
from broadcaster.models import Broadcast
from tests.support.log import publish
from tests.support.server import wait_for
from viewers.pages.page_cache import cached_page, pages

REQUESTS = 20


class ManyRequestsTests(TransactionTestCase):
    def test_requests_at_one_time_share_one_rendering(self):
        Broadcast.objects.create(slug="night", title="Night", election=2020)
        renderings = []

        @cached_page
        def view(request, broadcast):
            renderings.append(broadcast.slug)
            wait_for(lambda: pages.waiting == REQUESTS - 1, "the other requests to wait")
            return HttpResponse("the page")

        def request():
            try:
                return view(RequestFactory().get("/"), "night")
            finally:
                connection.close()

        with ThreadPoolExecutor(REQUESTS) as pool:
            futures = [pool.submit(request) for _ in range(REQUESTS)]
        responses = [future.result() for future in futures]

        self.assertEqual(renderings, ["night"])
        self.assertEqual({response.content for response in responses}, {b"the page"})
        self.assertEqual(len(set(map(id, responses))), REQUESTS)  # each adds its own headers


class OneRequestTests(TestCase):
    def setUp(self):
        self.broadcast = Broadcast.objects.create(slug="night", title="Night", election=2020)
        self.publish({"kind": "start"})

    def publish(self, change):
        publish(self.broadcast, parse_change(change))

    def test_page_is_rendered_once_a_second(self):
        for path in ("", "embed/", "replay/", "?at=1"):
            first = self.client.get(f"/broadcasts/night/{path}")
            with self.assertNumQueries(1):
                second = self.client.get(f"/broadcasts/night/{path}")
            self.assertEqual(second.content, first.content)
            self.assertEqual(second.headers, first.headers)

    def test_update_shows_at_once_in_every_language(self):
        addresses = ("/broadcasts/night/", "/es/broadcasts/night/")
        for address in addresses:
            self.client.get(address)
        self.publish({"story": {"headline": "Polls have closed"}})
        for address in addresses:
            self.assertContains(self.client.get(address), "Polls have closed")
