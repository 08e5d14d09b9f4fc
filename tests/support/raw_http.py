"""HTTP requests as bytes, many at once, and responses as they came."""

import asyncio
import time
import uuid

from broadcaster.models import Broadcast
from tests.support.changes import parse_change
from tests.support.contests import president
from tests.support.log import publish
from tests.support.server import ServeProcess

TIMEOUT = 20  # seconds


class Response:
    """An HTTP response, and after how many seconds it came."""

    def __init__(self, raw, seconds):
        head, _, self.body = raw.partition(b"\r\n\r\n")
        status, *lines = head.decode().split("\r\n")
        self.status = int(status.split()[1])
        self.headers = {k.lower(): v for k, v in (line.split(": ", 1) for line in lines)}
        self.seconds = seconds


async def request(port, path, method="GET", body=b"", **headers):
    """Send a request on a connection of its own, and return the response."""
    began = time.monotonic()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    named = {"Host": "127.0.0.1", "Connection": "close", "Content-Length": len(body)}
    named |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in named.items())
    writer.write(f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode() + body)
    async with asyncio.timeout(TIMEOUT):
        raw = await reader.read()
    writer.close()
    return Response(raw, time.monotonic() - began)


class RawRequests:
    """Mixin for test cases: a broadcast on air below `path`, and requests to a server for it.

    Subclasses name the `command` that serves.
    """

    command: str

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = cls.enterClassContext(ServeProcess(cls.command))

    def setUp(self):
        slug = f"night-{uuid.uuid4().hex[:8]}"
        broadcast = Broadcast.objects.create(slug=slug, title="Night", contests=president(2020))
        publish(broadcast, parse_change({"kind": "start"}))
        self.path = f"/broadcasts/{slug}/"

    def send(self, path, method="GET", **headers):
        return asyncio.run(request(self.server.port, path, method, **headers))
