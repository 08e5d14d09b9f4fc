"""Limits that stand at the first byte: what one connection may send, and how many there may be.

The requests are raw bytes, sent until the server answers. Both servers of `serve`, with the fast
path and without, and both proxies of deploy/ get the same ones.
"""

import contextlib
import json
import re
import select
import socket
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import psutil
from django.contrib.auth import get_user_model
from django.test import Client, TransactionTestCase
from websockets.sync.client import connect

from broadcaster.domain.parsing import parse_change
from broadcaster.domain.recording_file import to_dict
from broadcaster.models import Broadcast
from broadcaster.publishing import history
from tests.end_to_end.test_deploy import (
    DeployCase,
    HAProxy,
    Nginx,
    has_haproxy,
    has_nginx,
    send_request,
)
from tests.end_to_end.test_fastpath import masked
from tests.support.log import publish
from tests.support.server import ServeProcess

MEGABYTE = 2**20
AT_ONCE = 3  # seconds within which a rejected request is answered, on a busy machine
IMPORT = "/admin/broadcaster/broadcast/import/"
UPGRADE = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
UPGRADE += "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"


def head(line, *headers):
    """Return the beginning of a request, without the empty line that ends its head."""
    return ("\r\n".join([f"{line} HTTP/1.1", "Host: 127.0.0.1", *headers]) + "\r\n").encode()


def send(port, begin, more=b"", size=0, limit=20):
    """Send `begin`, then `size` bytes of repeated `more` for as long as the server reads.

    Return the status of the response, None without one, and the seconds until it came.
    """
    received, block = b"", more * (1 + 65536 // len(more)) if more else b""
    with socket.create_connection(("127.0.0.1", port), 10) as line:
        line.sendall(begin)
        began = time.monotonic()
        line.setblocking(False)
        with contextlib.suppress(ConnectionError):
            while time.monotonic() < began + limit:
                readable, writable, _ = select.select([line], [line] if size > 0 else [], [], 0.5)
                if readable:
                    chunk = line.recv(65536)
                    received += chunk
                    if not chunk or b"\r\n\r\n" in received:
                        break
                if writable:
                    try:
                        size -= line.send(block[:size])
                    except ConnectionError:  # what it answered before can still be read
                        size = 0
    found = re.match(rb"HTTP/1\.1 (\d+)", received)
    return (int(found[1]) if found else None), time.monotonic() - began


def large_heads(slug):
    """Yield a name, the beginning of a request, and what is repeated in its head."""
    here = f"/broadcasts/{slug}"
    paths = ["/", f"{here}/", f"{here}/updates", f"{here}/snapshot.json", "/healthz", "/nowhere"]
    paths += ["/admin/", f"/api{here}/updates", "/static/viewers/shared/page.css"]
    for path in paths:
        yield f"a header, {path}", head(f"GET {path}") + b"X: ", b"x"
    yield "many headers", head("GET /"), b"X: y\r\n"
    yield "an address", b"GET /?", b"x"
    yield "a cookie to import with", head(f"POST {IMPORT}") + b"Cookie: sessionid=", b"x"
    for path in (f"{here}/ws", "/admin/broadcaster/broadcast/1/console/ws", "/nowhere"):
        yield f"a WebSocket, {path}", head(f"GET {path}") + UPGRADE.encode() + b"X: ", b"x"


def large_bodies(slug):
    """Yield a name, the head of a request, and what is repeated in its body."""
    paths = [f"/api/broadcasts/{slug}/updates", f"/broadcasts/{slug}/updates", "/", "/admin/login/"]
    for path in paths:
        for length in ("Content-Length: 100000000", "Transfer-Encoding: chunked"):
            chunk = b"400\r\n" + b"x" * 1024 + b"\r\n" if "chunked" in length else b"x"
            yield f"{path}, {length}", head(f"POST {path}", length) + b"\r\n", chunk
    chunked = head(f"POST {paths[0]}", "Transfer-Encoding: chunked") + b"\r\n"
    yield "an extension of a chunk", chunked + b"1;", b"x"
    yield "trailers", chunked + b"0\r\n", b"X: y\r\n"


class LimitsCase(TransactionTestCase):
    """A broadcast on air."""

    def setUp(self):
        self.slug = f"night-{uuid.uuid4().hex[:8]}"
        self.broadcast = Broadcast.objects.create(slug=self.slug, title="Night", election=2020)
        publish(self.broadcast, parse_change({"kind": "start"}))

    def viewer(self, server):
        """Open a viewer's WebSocket, and return it once it has the snapshot."""
        address = f"ws://127.0.0.1:{server.port}/broadcasts/{self.slug}/ws"
        viewer = self.enterContext(connect(address, origin=server.url, compression=None))
        self.assertEqual(json.loads(viewer.recv(10))["t"], "snapshot")
        return viewer

    def assertQuietLog(self, server, lines=0):
        printed = [line for line in server.output().splitlines() if "Serving on" not in line]
        self.assertLessEqual(len(printed), lines, server.output()[:2000])


class Requests(LimitsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.servers = [
            cls.enterClassContext(ServeProcess(command)) for command in ("serve", "serve --plain")
        ]

    def written(self, server):
        return psutil.Process(server.process.pid).io_counters().write_chars

    def seconds_of_cpu(self, server):
        return sum(psutil.Process(server.process.pid).cpu_times()[:2])

    def test_large_head_is_rejected_at_once(self):
        for server in self.servers:
            cpu = self.seconds_of_cpu(server)
            for name, begin, more in large_heads(self.slug):
                with self.subTest(name, server=server.options):
                    status, seconds = send(server.port, begin, more, 80 * MEGABYTE)
                    self.assertEqual(status, 431)
                    self.assertLess(seconds, AT_ONCE)
            self.assertLess(self.seconds_of_cpu(server) - cpu, 3)
            self.assertQuietLog(server)

    def test_head_of_usual_size_is_read(self):
        for server in self.servers:
            begin = head("GET /healthz", "Cookie: " + "x" * 12_000, "Connection: close")
            self.assertEqual(send(server.port, begin + b"\r\n")[0], 200)

    def test_handshake_with_a_header_that_websockets_refuses_is_rejected(self):
        for server in self.servers:
            for extra in (["X: " + "x" * 9000], [f"X-{i}: y" for i in range(200)]):
                for path in (f"/broadcasts/{self.slug}/ws", "/nowhere"):
                    begin = head(f"GET {path}", *extra) + UPGRADE.encode() + b"\r\n"
                    self.assertEqual(send(server.port, begin)[0], 431)

    def test_large_body_is_rejected_before_it_is_written_to_disk(self):
        for server in self.servers:
            written = self.written(server)
            for name, begin, more in large_bodies(self.slug):
                with self.subTest(name, server=server.options):
                    status, seconds = send(server.port, begin, more, 50 * MEGABYTE)
                    self.assertEqual(status, 413)
                    self.assertLess(seconds, AT_ONCE)
            self.assertLess(self.written(server) - written, MEGABYTE)
            self.assertQuietLog(server)

    def test_upload_is_read_for_staff_only(self):
        for server in self.servers:
            written = self.written(server)
            for cookie in ("X: y", "Cookie: sessionid=" + "x" * 32):
                lines = head(f"POST {IMPORT}", cookie, f"Content-Length: {16 * MEGABYTE}")
                status, seconds = send(server.port, lines + b"\r\n", b"x", 16 * MEGABYTE)
                self.assertEqual(status, 403)
                self.assertLess(seconds, AT_ONCE)
            larger = head(f"POST {IMPORT}", "Content-Length: 100000000") + b"\r\n"
            self.assertEqual(send(server.port, larger, b"x", 50 * MEGABYTE)[0], 413)
            self.assertLess(self.written(server) - written, MEGABYTE)

    def test_recording_of_16_mib_is_imported(self):
        for server in self.servers:
            upload(self, server.port, 16 * MEGABYTE)

    def test_methods_that_no_page_has_are_rejected(self):
        for server in self.servers:
            for path in ("/", "/healthz", "/admin/", f"/broadcasts/{self.slug}/updates", "/%00"):
                self.assertEqual(send(server.port, head(f"TRACE {path}") + b"\r\n")[0], 405)
            self.assertEqual(send(server.port, head("CONNECT 127.0.0.1:22") + b"\r\n")[0], 405)
            self.assertEqual(send(server.port, head("OPTIONS *") + b"\r\n")[0], 200)
            for line in ("GET *", "GET \xff", "OPTIONS nowhere", "GET ?x", "NONSENSE /", "PRI *"):
                with self.subTest(line):
                    self.assertEqual(send(server.port, head(line) + b"\r\n")[0], 400)
            absolute = head(f"GET http://127.0.0.1/broadcasts/{self.slug}/ws") + UPGRADE.encode()
            self.assertEqual(send(server.port, absolute + b"\r\n")[0], 400)
            self.assertQuietLog(server)

    def test_request_before_a_wrong_one_is_answered(self):
        for server in self.servers:
            for wrong in (b"nonsense\r\n\r\n", head("TRACE /") + b"\r\n", b"\x00" * 50_000):
                self.assertEqual(send(server.port, head("GET /healthz") + b"\r\n" + wrong)[0], 200)
            lines = ("Transfer-Encoding: chunked", "Expect: 100-continue")
            wrong = head("POST /healthz", *lines) + b"\r\nnonsense\r\n"
            self.assertEqual(send(server.port, wrong)[0], 400)
            self.assertQuietLog(server)

    def test_flood_of_pipelined_requests_ends_the_connection(self):
        for server in self.servers:
            for path in ("/healthz", f"/broadcasts/{self.slug}/updates"):
                request = head(f"GET {path}") + b"\r\n"
                memory = psutil.Process(server.process.pid).memory_info().rss
                send(server.port, request, request, 20 * MEGABYTE)
                grown = psutil.Process(server.process.pid).memory_info().rss - memory
                self.assertLess(grown, 50 * MEGABYTE)
            self.assertEqual(send_request(server.port, "/healthz")[0], 200)
            self.assertQuietLog(server)

    def test_slow_request_is_ended(self):
        """All kinds at once: the deadline is 10 s, and a second passes until the next look."""
        body = head("POST /admin/login/", "Content-Length: 100") + b"\r\n"
        kinds = {  # what is sent at once, what every 2 s, and the status
            "silence": (b"", b"", None),
            "half a head": (head("GET /"), b"", 408),
            "a byte now and then": (head("GET /") + b"X: ", b"x", 408),
            "half a poll": (head(f"GET /broadcasts/{self.slug}/updates")[:20], b"", 408),
            "half a handshake": (head(f"GET /broadcasts/{self.slug}/ws") + b"Upg", b"", 408),
            "empty lines": (b"\r\n", b"\r\n", None),
            "half a body": (body, b"", 408),
            "a body byte now and then": (body, b"x", 408),
        }
        cases = [(server, *kind) for server in self.servers for kind in kinds.items()]
        with ThreadPoolExecutor(len(cases)) as threads:
            found = [threads.submit(trickle, server.port, *sent[:2]) for server, _, sent in cases]
        for (server, name, (_, _, expected)), result in zip(cases, found, strict=True):
            with self.subTest(name, server=server.options):
                status, seconds = result.result()
                self.assertEqual(status, expected)
                self.assertTrue(9 < seconds < 13, seconds)


def trickle(port, begin, more):
    """Send `begin`, then `more` every 2 s. Return the status and when the connection ended."""
    received = b""
    with socket.create_connection(("127.0.0.1", port), 10) as line:
        began = time.monotonic()
        line.sendall(begin)
        with contextlib.suppress(ConnectionError):
            while time.monotonic() < began + 20:
                if select.select([line], [], [], 2)[0]:
                    chunk = line.recv(65536)
                    received += chunk
                    if not chunk:
                        break
                else:
                    line.sendall(more)
    found = re.match(rb"HTTP/1\.1 (\d+)", received)
    return (int(found[1]) if found else None), time.monotonic() - began


def upload(test, port, size):
    """Import a recording as a file of `size` bytes, as a browser would."""
    user = get_user_model().objects.create_superuser(f"editor-{uuid.uuid4().hex[:8]}")
    client = Client()
    client.force_login(user)
    slug = f"again-{uuid.uuid4().hex[:8]}"
    recording = history.recording(Broadcast.objects.get(slug=test.slug))
    file = json.dumps(to_dict(recording)).encode()
    fields = {"title": "Again", "slug": slug, "csrfmiddlewaretoken": "c" * 32}
    parts = [f'name="{name}"\r\n\r\n{value}' for name, value in fields.items()]
    lead = "".join(f"--b\r\nContent-Disposition: form-data; {part}\r\n" for part in parts)
    lead += '--b\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n'
    body = lead.encode() + file.ljust(size) + b"\r\n--b--\r\n"
    cookies = f"sessionid={client.cookies['sessionid'].value}; csrftoken={'c' * 32}"
    headers = {"Content-Type": "multipart/form-data; boundary=b", "Cookie": cookies}
    status, _, answer = send_request(port, IMPORT, headers, body)
    test.assertEqual(status, 302, answer)
    test.assertTrue(Broadcast.objects.filter(slug=slug).exists())


class Frames(LimitsCase):
    """Floods of WebSocket frames, while somebody else watches."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.servers = [
            cls.enterClassContext(ServeProcess(command)) for command in ("serve", "serve --plain")
        ]

    def flood(self, server, path, frame, headers=()):
        """Send frames until the connection ends. Return what was received."""
        begin = head(f"GET {path}", f"Origin: {server.url}", *headers) + UPGRADE.encode() + b"\r\n"
        received, block = b"", frame * (300_000 // len(frame))
        with socket.create_connection(("127.0.0.1", server.port), 10) as line:
            line.sendall(begin)
            while b"\r\n\r\n" not in received:
                received += line.recv(65536)
            line.settimeout(3)
            with contextlib.suppress(ConnectionError, TimeoutError):
                for _ in range(40):
                    line.sendall(block)
            with contextlib.suppress(ConnectionError, TimeoutError):
                while chunk := line.recv(65536):
                    received += chunk
        return received

    def test_flood_is_closed_and_nobody_else_notices(self):
        for server in self.servers:
            viewer = self.viewer(server)
            for name, frame in {
                "pings": masked(0x89),
                "long pings": masked(0x89, b"x" * 125),
                "pongs": masked(0x8A),
                "pieces of a message": masked(0x01) + masked(0x00) * 1000,
            }.items():
                with self.subTest(name, server=server.options):
                    began = time.monotonic()
                    received = self.flood(server, f"/broadcasts/{self.slug}/ws", frame)
                    publish(self.broadcast, parse_change({"view": {"focus": "OH"}}))
                    self.assertEqual(send_request(server.port, "/healthz")[0], 200)
                    self.assertLess(time.monotonic() - began, AT_ONCE)
                    self.assertRegex(received, rb"\x88.\x03[\xf0\xea]")  # 1008, or 1002
            while json.loads(viewer.recv(10))["t"] != "updates":
                pass
            self.assertQuietLog(server)

    def test_flood_at_the_desk_is_closed(self):
        user = get_user_model().objects.create_superuser(f"desk-{self.slug}")
        client = Client()
        client.force_login(user)
        cookie = f"Cookie: sessionid={client.cookies['sessionid'].value}"
        path = f"/admin/broadcaster/broadcast/{self.broadcast.pk}/console/ws"
        for server in self.servers:
            began = time.monotonic()
            received = self.flood(server, path, masked(0x89), [cookie])
            self.assertIn(b"101 Switching", received)
            self.assertRegex(received, rb"\x88.\x03\xf0")
            self.assertLess(time.monotonic() - began, AT_ONCE)

    def test_viewer_may_ping_now_and_then(self):
        for server in self.servers:
            viewer = self.viewer(server)
            for _ in range(50):
                self.assertTrue(viewer.ping().wait(10))


class Connections(LimitsCase):
    """A server that may open few files, and more connections than these."""

    files = 200  # 100 viewers, 125 connections in all, 150 with those of staff
    crowd = 200

    def occupy(self, server, begin, count=crowd):
        """Open connections that send `begin`, read a response to a whole request, and stay."""
        for _ in range(count):
            line = socket.create_connection(("127.0.0.1", server.port), 10)
            self.addCleanup(line.close)
            with contextlib.suppress(ConnectionError):
                line.sendall(begin)
                if begin.startswith(b"GET") and begin.endswith(b"\r\n\r\n"):
                    line.recv(4096)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.servers = [
            cls.enterClassContext(ServeProcess(command, files=cls.files))
            for command in ("serve", "serve --plain")
        ]

    def test_connections_without_a_request_lock_nobody_out(self):
        kinds = {
            "silence": b"",
            "half a head": head("GET /")[:-2],
            "keep-alive": head(f"GET /broadcasts/{self.slug}/snapshot.json") + b"\r\n",
            "half a body": head("POST /admin/login/", "Content-Length: 100") + b"\r\n",
        }
        for server in self.servers:
            for name, begin in kinds.items():
                with self.subTest(name, server=server.options):
                    self.occupy(server, begin)
                    began = time.monotonic()
                    for path in ("/healthz", "/readyz", "/admin/login/", "/"):
                        self.assertEqual(send_request(server.port, path)[0], 200, path)
                    self.viewer(server)
                    self.assertLess(time.monotonic() - began, AT_ONCE)
            self.assertQuietLog(server, 2)

    def test_staff_and_health_checks_have_room_when_the_public_has_none(self):
        for server in self.servers:
            for _ in range(100):
                self.viewer(server)
            waits = head(f"GET /broadcasts/{self.slug}/ws") + UPGRADE.encode() + b"\r\n"
            self.occupy(server, waits, 60)  # refused, and never closed by their side
            for path in ("/healthz", "/readyz", "/metrics", "/admin/login/"):
                self.assertEqual(send_request(server.port, path)[0], 200, path)
            status, headers, _ = send_request(server.port, "/")
            self.assertEqual((status, headers["Retry-After"]), (503, "10"))
            self.assertQuietLog(server, 2)


class ThroughProxies:
    """The same inputs through a proxy: it or the server behind it rejects them."""

    def test_same_limits_hold(self):
        with self.proxy_class(*self.servers) as proxy:
            for name, begin, more in large_heads(self.slug):
                with self.subTest(name):
                    status, seconds = send(proxy.port, begin, more, 80 * MEGABYTE)
                    self.assertIn(status, self.large_head)
                    self.assertLess(seconds, AT_ONCE)
            for name, begin, more in large_bodies(self.slug):
                if name in self.endless:
                    continue
                with self.subTest(name):
                    status, seconds = send(proxy.port, begin, more, 50 * MEGABYTE)
                    self.assertIn(status, self.large_body)
                    self.assertLess(seconds, AT_ONCE)
            lines = head(f"POST {IMPORT}", f"Content-Length: {16 * MEGABYTE}") + b"\r\n"
            self.assertEqual(send(proxy.port, lines, b"x", 16 * MEGABYTE)[0], 403)
            self.assertEqual(send(proxy.port, head("TRACE /") + b"\r\n")[0], 405)
            upload(self, proxy.port, 16 * MEGABYTE)
            for server in self.servers:
                self.assertEqual(send_request(server.port, "/healthz")[0], 200)


@has_nginx
class NginxLimits(ThroughProxies, DeployCase):
    proxy_class = Nginx
    large_head = (414, 431)
    large_body = (413,)
    endless = ("an extension of a chunk", "trailers")  # nginx reads them, and passes nothing on


@has_haproxy
class HAProxyLimits(ThroughProxies, DeployCase):
    proxy_class = HAProxy
    large_head = (400,)
    large_body = (413, 400)
    endless = ()
