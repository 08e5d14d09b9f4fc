"""The cache in front of Django: who gets which response, and who asks Django."""

import asyncio
import gzip
import re
from unittest import IsolatedAsyncioTestCase

from viewers.transports import response_cache
from viewers.transports.response_cache import ResponseCache

PUBLIC = (b"cache-control", b"public, max-age=5")
HTML = (b"content-type", b"text/html; charset=utf-8")
LONG = b"<p>Ohio is called.</p>" * 100


class Site:
    """An application behind the cache. It counts what it is asked for."""

    def __init__(self):
        self.asked = []
        self.headers = [PUBLIC, HTML]
        self.status = 200
        self.body = LONG
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def __call__(self, scope, receive, send):
        self.asked.append(scope)
        assert (await receive())["type"] == "http.request"
        await self.may_answer.wait()
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        for piece in (self.body[:7], self.body[7:]):
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


class ResponseCacheTests(IsolatedAsyncioTestCase):
    def setUp(self):
        self.site = Site()
        self.version = "1"
        self.cache = ResponseCache(
            re.compile("/(page|other)"), ("at", "theme"), lambda path: self.version
        )
        self.application = self.cache.in_front_of(self.site)

    async def get(self, path="/page", query=b"", method="GET", **headers):
        """Return status, headers and body of a response."""
        pairs = [(name.replace("_", "-").encode(), v.encode()) for name, v in headers.items()]
        scope = {"type": "http", "method": method, "scheme": "http", "path": path}
        scope |= {"query_string": query, "headers": [(b"host", b"example.org"), *pairs]}
        sent = []

        async def receive():
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message):
            sent.append(message)

        await self.application(scope, receive, send)
        body = b"".join(message.get("body", b"") for message in sent[1:])
        return sent[0]["status"], dict(sent[0]["headers"]), body

    async def test_later_requests_get_the_response_that_is_kept(self):
        first = await self.get()
        self.assertEqual(first, await self.get())
        self.assertEqual(first[2], LONG)
        self.assertEqual(len(self.site.asked), 1)

    async def test_requests_at_one_time_share_one_response(self):
        self.site.may_answer.clear()
        requests = [asyncio.create_task(self.get()) for _ in range(100)]
        while not self.site.asked:
            await asyncio.sleep(0)
        self.site.may_answer.set()
        self.assertEqual({(await each)[2] for each in requests}, {LONG})
        self.assertEqual(len(self.site.asked), 1)

    async def test_response_reaches_the_others_when_the_first_client_disconnects(self):
        self.site.may_answer.clear()
        first, second = (asyncio.create_task(self.get()) for _ in range(2))
        while not self.site.asked:
            await asyncio.sleep(0)
        first.cancel()
        self.site.may_answer.set()
        self.assertEqual((await second)[2], LONG)
        self.assertEqual(len(self.site.asked), 1)

    async def test_unknown_parameters_and_their_order_make_no_difference(self):
        for query in (
            b"at=1&theme=dark",
            b"theme=dark&fbclid=x&at=1",
            b"AT=1&theme=dark&at=2",
            b"%61t=2&at=1&theme=dark&&=",
        ):
            await self.get(query=query)
        self.assertEqual([each["query_string"] for each in self.site.asked], [b"at=1&theme=dark"])

    async def test_parameters_without_a_value_are_none(self):
        for query in (b"", b"at", b"at=", b"at=&at=1", b"fbclid=x"):
            await self.get(query=query)
        self.assertEqual([each["query_string"] for each in self.site.asked], [b""])

    async def test_address_host_and_scheme_make_a_difference(self):
        await self.get()
        await self.get("/other")
        await self.get(query=b"at=1")
        await self.get(host="another.example")
        self.assertEqual(len(self.site.asked), 4)

    async def test_django_sees_no_header_that_would_divide_clients(self):
        await self.get(cookie="sessionid=1", accept_encoding="gzip", if_none_match="*")
        self.assertEqual(self.site.asked[0]["headers"], [(b"host", b"example.org")])

    async def test_compressed_and_plain_clients_share_one_response(self):
        _, headers, body = await self.get(accept_encoding="br, gzip")
        self.assertEqual(gzip.decompress(body), LONG)
        self.assertEqual(headers[b"content-encoding"], b"gzip")
        self.assertEqual(headers[b"content-length"], str(len(body)).encode())
        _, headers, body = await self.get(accept_encoding="gzip;q=0")
        self.assertEqual(body, LONG)
        self.assertNotIn(b"content-encoding", headers)
        self.assertEqual(headers[b"vary"], b"Accept-Encoding")
        self.assertEqual(len(self.site.asked), 1)

    async def test_small_and_compressed_kinds_stay_plain(self):
        for self.site.headers, self.site.body in (
            ([PUBLIC, HTML], b"short"),
            ([PUBLIC, (b"content-type", b"image/png")], LONG),
        ):
            self.application = ResponseCache(self.cache.paths, (), str).in_front_of(self.site)
            _, headers, body = await self.get(accept_encoding="gzip")
            self.assertEqual(body, self.site.body)
            self.assertNotIn(b"vary", headers)

    async def test_client_that_has_the_response_gets_304(self):
        etag = (await self.get())[1][b"etag"].decode()
        for wanted in (etag, f'"other", {etag}', "*", etag.removeprefix("W/")):
            status, headers, body = await self.get(if_none_match=wanted)
            self.assertEqual((status, body), (304, b""), wanted)
            self.assertNotIn(b"content-length", headers)
            self.assertEqual(headers[b"etag"], etag.encode())
        self.assertEqual((await self.get(if_none_match='"other"'))[0], 200)

    async def test_head_is_answered_from_a_get(self):
        status, headers, body = await self.get(method="HEAD")
        self.assertEqual((status, body), (200, b""))
        self.assertEqual(headers[b"content-length"], str(len(LONG)).encode())
        self.assertEqual((await self.get())[2], LONG)
        self.assertEqual([scope["method"] for scope in self.site.asked], ["GET"])

    async def test_private_and_failed_responses_are_not_kept(self):
        for self.site.status, self.site.headers in (
            (200, [HTML]),
            (200, [HTML, (b"cache-control", b"private, max-age=5")]),
            (200, [HTML, (b"cache-control", b"no-store")]),
            (200, [HTML, (b"cache-control", b"public, max-age=0")]),
            (200, [HTML, PUBLIC, (b"set-cookie", b"a=b")]),
            (404, [HTML, PUBLIC]),
            (503, [HTML, (b"retry-after", b"3")]),
        ):
            self.site.asked.clear()
            for _ in range(2):
                status, headers, body = await self.get()
                self.assertEqual((status, body), (self.site.status, LONG))
                self.assertEqual(headers[b"content-length"], str(len(LONG)).encode())
            self.assertEqual(len(self.site.asked), 2)

    async def test_other_requests_pass_through(self):
        for request in (
            {"path": "/admin/"},
            {"method": "POST"},
            {"range": "bytes=0-5"},
        ):
            for _ in range(2):
                await self.get(**request)
        self.assertEqual(len(self.site.asked), 6)

    async def test_response_is_asked_for_again_when_it_is_old(self):
        self.site.headers = [HTML, (b"cache-control", b"public, max-age=1")]
        first = await self.get(accept_encoding="gzip")
        kept = self.cache.request("http", [(b"host", b"example.org")], "/page", b"")
        self.cache.kept(kept).expires = 0.0
        self.assertEqual(await self.get(accept_encoding="gzip"), first)
        self.assertEqual(len(self.site.asked), 2)

    async def test_response_of_an_older_version_is_not_used(self):
        await self.get()
        self.version, self.site.body = "2", b"Ohio is not called."
        self.assertEqual((await self.get())[2], b"Ohio is not called.")

    async def test_memory_is_bounded(self):
        self.site.headers = [PUBLIC, (b"content-type", b"image/png")]
        self.site.body = b"." * (1 << 20)
        for number in range(40):
            await self.get(query=b"at=%d" % number)
        self.assertLessEqual(self.cache.size, response_cache.MAX_BYTES)
        await self.get(query=b"at=39")
        self.assertEqual(len(self.site.asked), 40)
