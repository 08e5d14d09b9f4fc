"""How a simulated viewer loads a page, from a server that the test controls."""

import asyncio
import gzip
import json
from collections import Counter
from unittest import IsolatedAsyncioTestCase

from broadcaster.domain.change import to_json
from loadtest.common.target import Target
from loadtest.swarm.browser import Browser
from tests.support.changes import snapshot
from tests.support.server import LIMIT

SNAPSHOT = snapshot(epoch="e1", seq=7)
DATA = json.dumps({"snapshot": to_json(SNAPSHOT)})
PAGE = f"""<!doctype html>
<link rel="stylesheet" href="/static/a.css"><script type="module" src="/static/m.js"></script>
<script id="broadcast" type="application/json">{DATA}</script>"""
FILES = {
    "/night/": PAGE,
    "/static/a.css": "body {}",
    "/static/m.js": 'import "./n.js";',
    "/static/n.js": "export const n = 1;",
}


def response(body, status="200 OK", *headers):
    lines = "".join(f"{header}\r\n" for header in (f"Content-Length: {len(body)}", *headers))
    return f"HTTP/1.1 {status}\r\n{lines}\r\n".encode() + body


class Site:
    """A server: `answers` has responses by path, or None for none; `asked` counts requests."""

    def __init__(self):
        self.answers = {path: response(text.encode()) for path, text in FILES.items()}
        self.asked = Counter()
        self.headers = []
        self.open = self.most = 0

    async def start(self, case):
        server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        case.addAsyncCleanup(server.wait_closed)
        case.addCleanup(server.close)
        port = server.sockets[0].getsockname()[1]
        return Target(f"http://127.0.0.1:{port}", "127.0.0.1", "127.0.0.1", port)

    async def serve(self, reader, writer):
        self.open += 1
        self.most = max(self.most, self.open)
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                path = head.split()[1].decode()
                self.asked[path] += 1
                self.headers.append(head.decode())
                answer = self.answers.get(path, response(b"", "404 Not Found"))
                if answer == b"":
                    break
                if answer is not None:
                    writer.write(answer)
        except (asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self.open -= 1
            writer.close()


class Visitor:
    """Loads a page and keeps the outcome."""

    def __init__(self, target):
        self.browser = Browser(self, target, "/night/", "")
        self.outcome = None

    async def load(self):
        """Return the snapshot of the page, or the failure as text."""
        self.outcome = asyncio.get_running_loop().create_future()
        self.browser.load()
        async with asyncio.timeout(LIMIT):
            return await self.outcome

    def page_loaded(self, snapshot):
        self.outcome.set_result(snapshot)

    def page_failed(self, why):
        self.outcome.set_result(str(why))


class Pages(IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.site = Site()
        self.visitor = Visitor(await self.site.start(self))
        self.addCleanup(self.visitor.browser.close)

    async def test_page_and_all_its_files_are_loaded_once(self):
        self.assertEqual(await self.visitor.load(), SNAPSHOT)
        self.assertEqual(self.site.asked, dict.fromkeys(FILES, 1))
        self.assertEqual(self.visitor.browser.requests, 4)
        sizes = map(len, self.site.answers.values())
        self.assertEqual(self.visitor.browser.size, sum(sizes))
        self.assertIn("Accept-Encoding: gzip, br\r\n", self.site.headers[0])

    async def test_second_visit_loads_only_the_page(self):
        await self.visitor.load()
        self.assertEqual(await self.visitor.load(), SNAPSHOT)
        self.assertEqual(self.site.asked, dict.fromkeys(FILES, 1) | {"/night/": 2})

    async def test_at_most_six_connections_are_open(self):
        links = "".join(f'<script src="/static/{i}.js"></script>' for i in range(30))
        self.site.answers["/night/"] = response((PAGE + links).encode())
        for i in range(30):
            self.site.answers[f"/static/{i}.js"] = response(b"")
        self.assertEqual(await self.visitor.load(), SNAPSHOT)
        self.assertEqual(self.site.asked.total(), 34)
        self.assertEqual(self.site.most, 6)

    async def test_compressed_and_chunked_page_is_read(self):
        body = gzip.compress(PAGE.encode())
        chunked = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
        self.site.answers["/night/"] = (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n\r\n"
            + chunked
        )
        self.assertEqual(await self.visitor.load(), SNAPSHOT)

    async def test_failed_file_is_named_and_loaded_again_next_time(self):
        good = self.site.answers["/static/n.js"]
        self.site.answers["/static/n.js"] = response(b"", "503 Service Unavailable")
        self.assertEqual(await self.visitor.load(), "server: n.js: HTTP 503 Service Unavailable")
        self.site.answers["/static/n.js"] = good
        self.assertEqual(await self.visitor.load(), SNAPSHOT)

    async def test_failures_of_the_page_are_named(self):
        for answer, words in (
            (response(b"", "500 Internal Server Error"), "the page: HTTP 500"),
            (response(b"<html></html>"), "the page: unreadable"),
            (response(b"x", "200 OK", "Content-Encoding: gzip"), "the page: unreadable"),
            (b"nonsense\r\n\r\n", "the page: not HTTP/1.1"),
        ):
            self.site.answers["/night/"] = answer
            with self.subTest(words):
                self.assertIn(f"server: {words}", await self.visitor.load())

    async def test_response_that_breaks_off_is_named(self):
        self.site.answers["/static/n.js"] = b""  # the server closes instead
        self.assertEqual(
            await self.visitor.load(), "server: n.js: closed before the end of the response"
        )

    async def test_server_that_is_gone_is_named(self):
        gone = Visitor(Target("http://127.0.0.1:1", "127.0.0.1", "127.0.0.1", 1))
        self.assertEqual(await gone.load(), "server: the page: refused")

    async def test_nothing_is_reported_after_close(self):
        self.site.answers["/static/n.js"] = None  # it is asked for, and never answered
        loading = asyncio.ensure_future(self.visitor.load())
        async with asyncio.timeout(LIMIT):
            while not self.site.asked["/static/n.js"]:
                await asyncio.sleep(0)
        self.visitor.browser.close()
        self.site.answers["/static/n.js"] = response(b"")
        loading.cancel()
        self.assertEqual(await self.visitor.load(), SNAPSHOT)
