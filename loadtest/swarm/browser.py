"""Loads a broadcast's page as a browser does: the page, then all it links, then what these import.

Over HTTP/1.1 a browser opens up to six connections to a host and keeps them; so does this. What
all viewers of a simulator load alike is decompressed and parsed once.
"""

import asyncio
import re
import zlib
from collections import deque
from collections.abc import Callable
from functools import lru_cache
from http import HTTPStatus
from typing import Protocol, cast

import brotli
import httptools
import msgspec
from msgspec import Struct

from broadcaster.domain.decodable import decodable
from broadcaster.domain.stream import Snapshot
from loadtest.common import failures
from loadtest.common.connection import open_stream
from loadtest.common.failures import Failure
from loadtest.common.page_links import imported_files, page_files
from loadtest.common.plan import PAGE_CONNECTIONS
from loadtest.common.target import Target

DATA = re.compile(rb'<script id="broadcast" type="application/json">(.*?)</script>', re.S)
"""The data for the page's script."""

DECODERS: dict[bytes, Callable[[bytes], bytes]] = {
    b"": bytes,
    b"gzip": lambda body: zlib.decompress(body, wbits=31),
    b"br": brotli.decompress,
}
"""By the Content-Encoding of a response."""

HEADERS = (
    "Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n"
    "Accept-Encoding: gzip, br\r\n"
    "Accept-Language: en-US,en;q=0.9\r\n"
    "User-Agent: Mozilla/5.0 (a simulated viewer)\r\n"
)
UNREADABLE = (ValueError, KeyError, zlib.error, brotli.error)
BROKEN = Failure("server", "closed before the end of the response")


@decodable
class PageData(Struct):
    """What the page's script starts from."""

    snapshot: Snapshot


class PageOwner(Protocol):
    """Receives the outcome of loading a page."""

    def page_loaded(self, snapshot: Snapshot) -> None: ...

    def page_failed(self, why: Failure) -> None: ...


class Browser:
    """One viewer's browser: its connections, and the files that it has cached.

    `requests` and `size` (bytes of the responses, with their heads) count what it has loaded.
    """

    def __init__(self, owner: PageOwner, target: Target, path: str, source_ip: str) -> None:
        self._owner = owner
        self._path = path
        self._target, self._source_ip = target, source_ip
        self._connections: list[_BrowserConnection] = []
        self._cached: set[str] = set()
        self._wanted: set[str] = set()  # by the present page, with itself
        self._queue: deque[str] = deque()
        self._left = 0  # requests that are not answered
        self._snapshot: Snapshot | None = None
        self.requests = self.size = 0

    def load(self) -> None:
        """Load the page, and the files that are not cached. The owner gets the outcome."""
        self._wanted = set()
        self._want([self._path])

    def close(self) -> None:
        """Close all connections, and report nothing for what was under way."""
        for connection in self._connections:
            connection.close()
        self._connections = []
        self._queue.clear()
        self._left = 0

    # What its connections report

    def answered(self, path: str, response: "PageResponse") -> None:
        """Handle a response, and request what it links."""
        self.requests += 1
        self.size += response.size
        self._left -= 1
        if response.status != HTTPStatus.OK:
            return self._fail(failures.of_status(response.status), path)
        try:
            self._want(self._links(path, response))
        except UNREADABLE as error:
            return self._fail(Failure("server", f"unreadable: {error!r}"[:80]), path)
        if self._left == 0:
            assert self._snapshot is not None
            self._owner.page_loaded(self._snapshot)

    def closed(self, connection: "_BrowserConnection", why: Failure) -> None:
        """Handle the end of a connection, which matters if a request was under way."""
        self._connections.remove(connection)
        if connection.path:
            self._fail(why, connection.path)

    def _links(self, path: str, response: "PageResponse") -> list[str]:
        if path == self._path:
            files, self._snapshot = _read_page(path, response.encoding, response.body)
            return files
        self._cached.add(path)
        return _read_file(path, response.encoding, response.body)

    def _want(self, paths: list[str]) -> None:
        """Request what is neither cached nor wanted already."""
        for path in paths:
            if path not in self._cached and path not in self._wanted:
                self._wanted.add(path)
                self._queue.append(path)
                self._left += 1
        for connection in self._connections:
            if self._queue and not connection.path:
                connection.get(self._queue.popleft())
        while self._queue and len(self._connections) < PAGE_CONNECTIONS:
            self._connections.append(
                _BrowserConnection(self, self._target, self._source_ip, self._queue.popleft())
            )

    def _fail(self, why: Failure, path: str) -> None:
        self.close()
        name = "the page" if path == self._path else path.rpartition("/")[2]
        self._owner.page_failed(Failure(why.side, f"{name}: {why.reason}"))


class PageResponse(Struct):
    """One response. `size` is that of head and body on the wire, without TLS."""

    status: int
    encoding: bytes
    body: bytes
    size: int


class _BrowserConnection(asyncio.Protocol):
    """One connection of a browser. `path` is the request under way; "" if it is idle."""

    def __init__(self, browser: Browser, target: Target, source_ip: str, path: str) -> None:
        self.path = path
        self._browser: Browser | None = browser
        self._target = target
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._encoding = b""
        self._body: list[bytes] = []
        self._size = 0
        self._opening = asyncio.ensure_future(self._open(source_ip))

    def get(self, path: str) -> None:
        """Request `path`. The browser gets the response."""
        assert self._transport is not None
        self.path = path
        self._transport.write(b"GET %s%s" % (path.encode("ascii"), _request_tail(self._target)))

    def close(self) -> None:
        """Abort the connection. The browser gets nothing more."""
        self._browser = None
        self._opening.cancel()
        if self._transport is not None:
            self._transport.abort()

    async def _open(self, source_ip: str) -> None:
        try:
            await open_stream(self, self._target, source_ip)
        except OSError as error:
            self._report(failures.of_error(error))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is no subclass
        if self._browser is None:
            self._transport.abort()
        else:
            self.get(self.path)

    def data_received(self, data: bytes) -> None:
        self._size += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._report(Failure("server", f"not HTTP/1.1: {error}"[:80]))
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._report(BROKEN if exc is None else failures.of_error(exc))

    def _report(self, why: Failure) -> None:
        browser, self._browser = self._browser, None
        if browser is not None:
            browser.closed(self, why)

    # The parser's callbacks

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"content-encoding":
            self._encoding = value

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        response = PageResponse(
            self._parser.get_status_code(), self._encoding, b"".join(self._body), self._size
        )
        path, self.path = self.path, ""
        self._encoding, self._body, self._size = b"", [], 0
        browser = self._browser
        if browser is not None and not self._parser.should_keep_alive():
            self._report(BROKEN)  # it is idle, so this is no failure
            self.close()
        if browser is not None:
            browser.answered(path, response)


@lru_cache(maxsize=16)
def _read_page(path: str, encoding: bytes, body: bytes) -> tuple[list[str], Snapshot]:
    """Return what a page links, and the snapshot in it. Raises one of UNREADABLE."""
    html = DECODERS[encoding](body)
    found = DATA.search(html)
    if found is None:
        raise ValueError("there is no data for its script")
    return page_files(html.decode(), path), msgspec.json.decode(found[1], type=PageData).snapshot


@lru_cache(maxsize=64)
def _read_file(path: str, encoding: bytes, body: bytes) -> list[str]:
    """Return what a module or a stylesheet imports. Raises one of UNREADABLE."""
    return imported_files(DECODERS[encoding](body).decode(), path)


@lru_cache(maxsize=8)
def _request_tail(target: Target) -> bytes:
    """Return what follows the path in a request."""
    authorization = f"Authorization: {target.authorization}\r\n" if target.authorization else ""
    return f" HTTP/1.1\r\nHost: {target.authority}\r\n{authorization}{HEADERS}\r\n".encode()
