"""Conditional requests, wherever a response has an ETag."""

from django.test import TransactionTestCase

from tests.support.raw_http import RawRequests


class Conditional(RawRequests):
    """If-None-Match as clients and proxies send it."""

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
