"""A cache of public responses in front of Django: viewers' pages and static files.

Many people who come at the same time ask for the same few addresses. Django works on each of these
once for all of them: requests that come meanwhile wait for its response, and later ones get it from
memory, as long as its Cache-Control says. So a rush occupies neither threads nor the database.

What caches may do is in RFC 9111, https://www.rfc-editor.org/rfc/rfc9111.
"""

import asyncio
import gzip
import re
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from http import HTTPStatus
from time import monotonic
from typing import Any

from viewers.transports.encodings import accepts_gzip
from viewers.transports.etags import etag_matches
from viewers.transports.whole_response import Headers, WholeResponse, respond

Scope = dict[str, Any]

MAX_BYTES = 32 << 20  # of all bodies that are kept
MAX_BODY = 2 << 20  # bytes of one
LONGEST = 60.0  # seconds for which a response is kept, however long other caches may keep it
COMPRESSIBLE = re.compile(rb"text/|application/(json|javascript|xml)|image/svg")
MIN_COMPRESSIBLE = 200  # bytes; compression would not make less any smaller
MAX_AGE = re.compile(rb"max-age=(\d{1,9})")
FORWARDED = frozenset((b"host", b"accept"))
"""The headers that Django sees: a response for everybody must not depend on the others."""
REPLACED = frozenset((b"content-length", b"etag", b"vary", b"accept-ranges", b"last-modified"))
"""Headers of Django's response that are not passed on."""


@dataclass(frozen=True, slots=True)
class SharedRequest:
    """What a response depends on. The query has known parameters only, in the order of names.

    `version` says what the content was of when it was made.
    """

    scheme: str
    host: bytes
    path: str
    query: bytes
    version: str


@dataclass(frozen=True, slots=True)
class Wish:
    """In which form a client wants the response, by its request's headers."""

    gzip: bool
    etags: str  # of If-None-Match

    @classmethod
    def parse(cls, headers: Headers) -> "Wish":
        """Return the wish in a request's headers."""
        encodings = b",".join(value for name, value in headers if name == b"accept-encoding")
        etags = b",".join(value for name, value in headers if name == b"if-none-match")
        return cls(accepts_gzip(encodings.decode("latin-1")), etags.decode("latin-1"))


class SharedResponse:
    """A response of Django in each form that clients may want. It is kept until `expires`."""

    __slots__ = ("compressed", "etag", "expires", "plain", "unchanged")

    def __init__(self, plain: WholeResponse, compressed: bytes | None, seconds: float) -> None:
        self.etag = f'W/"{sha256(plain.body).hexdigest()[:20]}"'
        self.expires = monotonic() + seconds
        own = [*plain.headers, (b"etag", self.etag.encode())]
        if compressed is not None:
            own.append((b"vary", b"Accept-Encoding"))
        without_type = [pair for pair in own if pair[0] != b"content-type"]
        self.unchanged = WholeResponse(HTTPStatus.NOT_MODIFIED, without_type, b"")
        self.plain = WholeResponse(plain.status, [*own, _length(plain.body)], plain.body)
        self.compressed = self.plain
        if compressed is not None:
            own += [(b"content-encoding", b"gzip"), _length(compressed)]
            self.compressed = WholeResponse(plain.status, own, compressed)

    @property
    def is_fresh(self) -> bool:
        return monotonic() < self.expires

    @property
    def size(self) -> int:
        """The bytes of its bodies."""
        return len(self.plain.body) + len(self.compressed.body)

    def form(self, wish: Wish) -> WholeResponse:
        """Return the response in the form that a client wants."""
        if wish.etags and etag_matches(wish.etags, self.etag):
            return self.unchanged
        return self.compressed if wish.gzip else self.plain


class ResponseCache:
    """Keeps the responses to requests for `paths`, which are the same for everybody.

    Args:
        paths: matches these paths.
        parameters: the names of the query's parameters on which they depend. Others, such as
            those that social networks append to a link, are removed.
        version_of: returns the version of the content of a path, as far as this process knows it.
            What is kept of an older one is not used.
    """

    def __init__(
        self, paths: re.Pattern[str], parameters: Sequence[str], version_of: Callable[[str], str]
    ) -> None:
        self.paths = paths
        self.version_of = version_of
        self.parameters = [name.encode() for name in parameters]
        self.size = 0  # bytes
        self._kept: OrderedDict[SharedRequest, SharedResponse] = OrderedDict()
        self._running: dict[SharedRequest, asyncio.Task[WholeResponse | SharedResponse]] = {}

    def in_front_of(self, django: Any) -> Any:
        """Return an ASGI application that asks `django` only for what is not kept."""

        async def application(scope: Scope, receive: Any, send: Any) -> None:
            headers = scope["headers"]
            request = None
            if scope["method"] in ("GET", "HEAD") and not any(n == b"range" for n, _ in headers):
                query = scope["query_string"]
                request = self.request(scope["scheme"], headers, scope["path"], query)
            if request is None:
                return await django(scope, receive, send)
            found: WholeResponse | SharedResponse
            found = self.kept(request) or await self._shared(request, django, scope)
            if isinstance(found, SharedResponse):
                found = found.form(Wish.parse(headers))
            await respond(send, found, scope["method"])

        return application

    def request(
        self, scheme: str, headers: Headers, path: str, query: bytes
    ) -> SharedRequest | None:
        """Return what the response to a GET depends on; None if it is not shared."""
        if not self.paths.fullmatch(path):
            return None
        host = b",".join(value for name, value in headers if name == b"host")
        return SharedRequest(scheme, host, path, self._known(query), self.version_of(path))

    def _known(self, query: bytes) -> bytes:
        """Return the known parameters of a query.

        They are read as nginx reads them for its key: the first one of a name, in any case, without
        decoding. Otherwise a link could make nginx keep one page at another one's address.
        """
        values: dict[bytes, bytes] = {}
        for part in query.split(b"&") if query else ():
            name, equals, value = part.partition(b"=")
            if equals:
                values.setdefault(name.lower(), value)
        return b"&".join(name + b"=" + values[name] for name in self.parameters if values.get(name))

    def kept(self, request: SharedRequest) -> SharedResponse | None:
        """Return the response that is kept, if it is fresh."""
        response = self._kept.get(request)
        return response if response is not None and response.is_fresh else None

    async def _shared(
        self, request: SharedRequest, django: Any, scope: Scope
    ) -> WholeResponse | SharedResponse:
        """Return Django's response, for which everybody waits who asks meanwhile.

        It goes on if the client that was first disconnects.
        """
        if (task := self._running.get(request)) is None:
            task = asyncio.create_task(self._ask(request, django, scope))
            self._running[request] = task
            task.add_done_callback(lambda _: self._running.pop(request))
        return await asyncio.shield(task)

    async def _ask(
        self, request: SharedRequest, django: Any, scope: Scope
    ) -> WholeResponse | SharedResponse:
        headers = [pair for pair in scope["headers"] if pair[0] in FORWARDED]
        get = {**scope, "method": "GET", "query_string": request.query, "headers": headers}
        response = await _collect(django, get)
        seconds = _max_age(response)
        if not seconds:
            return WholeResponse(
                response.status, [*response.headers, _length(response.body)], response.body
            )
        before = self._kept.get(request)
        if before is not None and before.plain.body == response.body:
            is_compressed = before.compressed is not before.plain
            compressed = before.compressed.body if is_compressed else None
        else:
            compressed = await _compress(response)
        shared = SharedResponse(response, compressed, seconds)
        self._keep(request, shared)
        return shared

    def _keep(self, request: SharedRequest, response: SharedResponse) -> None:
        if (before := self._kept.pop(request, None)) is not None:
            self.size -= before.size
        self._kept[request] = response
        self.size += response.size
        while self.size > MAX_BYTES:
            _, oldest = self._kept.popitem(last=False)
            self.size -= oldest.size


async def _collect(django: Any, scope: Scope) -> WholeResponse:
    """Return an application's response to a request without a body, without its length."""
    start: dict[str, Any] = {}
    body = bytearray()
    messages = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> dict[str, Any]:
        if not messages:
            await asyncio.get_running_loop().create_future()  # nobody disconnects
        return messages.pop()

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            start.update(message)
        else:
            body.extend(message.get("body", b""))

    await django(scope, receive, send)
    headers = [(name.lower(), value) for name, value in start["headers"]]
    passed_on = [pair for pair in headers if pair[0] not in REPLACED]
    return WholeResponse(HTTPStatus(start["status"]), passed_on, bytes(body))


async def _compress(response: WholeResponse) -> bytes | None:
    kinds = [value for name, value in response.headers if name == b"content-type"]
    compressible = any(COMPRESSIBLE.match(kind) for kind in kinds)
    if not compressible or len(response.body) < MIN_COMPRESSIBLE:
        return None
    return await asyncio.to_thread(gzip.compress, response.body, mtime=0)


def _max_age(response: WholeResponse) -> float:
    """Return for how many seconds a response may be kept, 0 for not at all."""
    names = {name for name, _ in response.headers}
    control = b",".join(value for name, value in response.headers if name == b"cache-control")
    age = MAX_AGE.search(control)
    is_shared = age is not None and b"public" in control and b"set-cookie" not in names
    fits = response.status == HTTPStatus.OK and len(response.body) <= MAX_BODY
    return min(float(age[1]), LONGEST) if age and is_shared and fits else 0


def _length(body: bytes) -> tuple[bytes, bytes]:
    return b"content-length", str(len(body)).encode()
