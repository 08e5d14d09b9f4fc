"""Requests as raw bytes that go beyond a limit, and servers for them.

Both servers of `serve`, with the fast path and without, and both proxies of deploy/ get the same
ones.
"""

import contextlib
import json
import re
import select
import socket
import time
import uuid

from django.contrib.auth import get_user_model
from django.test import Client, TransactionTestCase
from websockets.sync.client import connect

from broadcaster.domain.recording_file import to_dict
from broadcaster.models import Broadcast
from broadcaster.publishing import history
from tests.support.changes import parse_change
from tests.support.contests import president
from tests.support.log import publish
from tests.support.proxies import send_request
from tests.support.raw_frames import masked
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


def trickle(port, begin, more, limit=20, until_answered=False):
    """Send `begin`, then `more` every 2 s. Return the status and when the connection ended, or
    when the response came."""
    received = b""
    with socket.create_connection(("127.0.0.1", port), 10) as line:
        began = time.monotonic()
        line.sendall(begin)
        with contextlib.suppress(ConnectionError):
            while time.monotonic() < began + limit:
                if select.select([line], [], [], 2)[0]:
                    chunk = line.recv(65536)
                    received += chunk
                    if not chunk or until_answered:
                        break
                else:
                    line.sendall(more)
    found = re.match(rb"HTTP/1\.1 (\d+)", received)
    return (int(found[1]) if found else None), time.monotonic() - began


def slow_requests(slug):
    """Return, by name, what is sent at once, what every 2 s, and the status: None for none."""
    body = head("POST /admin/login/", "Content-Length: 100") + b"\r\n"
    return {
        "silence": (b"", b"", None),
        "half a head": (head("GET /"), b"", 408),
        "a byte now and then": (head("GET /") + b"X: ", b"x", 408),
        "half a poll": (head(f"GET /broadcasts/{slug}/updates")[:20], b"", 408),
        "half a handshake": (head(f"GET /broadcasts/{slug}/ws") + b"Upg", b"", 408),
        "empty lines": (b"\r\n", b"\r\n", None),
        "half a body": (body, b"", 408),
        "a body byte now and then": (body, b"x", 408),
    }


FLOODS = {
    "pings": masked(0x89),
    "long pings": masked(0x89, b"x" * 125),
    "pongs": masked(0x8A),
    "pieces of a message": masked(0x01) + masked(0x00) * 1000,
}
CLOSED = rb"\x88.\x03[\xf0\xea]"  # 1008, or 1002


def handshake(server, path, *headers):
    """Return the request that opens a WebSocket from a page of the server."""
    return head(f"GET {path}", f"Origin: {server.url}", *headers) + UPGRADE.encode() + b"\r\n"


def session_cookie():
    """Return the header of a new superuser's session."""
    client = Client()
    client.force_login(get_user_model().objects.create_superuser(f"chief-{uuid.uuid4().hex[:8]}"))
    return f"Cookie: sessionid={client.cookies['sessionid'].value}"


def flood(server, path, frame, *headers):
    """Send frames until the connection ends. Return what was received."""
    received, block = b"", frame * (300_000 // len(frame))
    with socket.create_connection(("127.0.0.1", server.port), 10) as line:
        line.sendall(handshake(server, path, *headers))
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


def occupy(test, port, begin, count):
    """Open connections that send `begin`, read a response to a whole request, and stay."""
    for _ in range(count):
        line = socket.create_connection(("127.0.0.1", port), 20)
        test.addCleanup(line.close)
        with contextlib.suppress(ConnectionError):
            line.sendall(begin)
            if begin.startswith(b"GET") and begin.endswith(b"\r\n\r\n"):
                line.recv(4096)


def watch(test, server):
    """Open a viewer's WebSocket, and return it once it has the snapshot."""
    address = f"ws://127.0.0.1:{server.port}/broadcasts/{test.slug}/ws"
    viewer = test.enterContext(connect(address, origin=server.url, compression=None))
    test.assertEqual(json.loads(viewer.recv(10))["t"], "snapshot")
    return viewer


def upload(test, port, size, pause=0):
    """Import a recording as a file of `size` bytes, as a browser would.

    The browser pauses for so many seconds in the middle.
    """
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
    status, _, answer = send_request(port, IMPORT, headers, body, pause=pause)
    test.assertEqual(status, 302, answer)
    test.assertTrue(Broadcast.objects.filter(slug=slug).exists())


class LimitsCase(TransactionTestCase):
    """Both servers, which may open so many `files`, and a broadcast on air."""

    files: int | None = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.servers = [
            cls.enterClassContext(ServeProcess(command, files=cls.files))
            for command in ("serve", "serve --plain")
        ]

    def setUp(self):
        self.slug = f"night-{uuid.uuid4().hex[:8]}"
        self.broadcast = Broadcast.objects.create(
            slug=self.slug, title="Night", contests=president(2020)
        )
        publish(self.broadcast, parse_change({"kind": "start"}))
        self.logged = {server: len(server.output()) for server in self.servers}

    def assertQuietLog(self, server, lines=0):
        """Check that the server has logged so many lines at most since the test began."""
        logged = server.output()[self.logged[server] :].splitlines()
        logged = [line for line in logged if "Serving on" not in line]
        self.assertLessEqual(len(logged), lines, logged[:20])

    def assertBusy(self, server, path):
        status, headers, _ = send_request(server.port, path)
        self.assertEqual((status, headers["Retry-After"]), (503, "10"))
