"""The requests that are recognized by their bytes: polls, WebSocket handshakes, pages.

Identical browsers send identical bytes for the same thing, apart from the key of a handshake, so
what was parsed is cached by its bytes. Whatever is not recognized here is left to uvicorn.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from broadcaster.domain.stream import Position
from viewers.transports import addresses, admission
from viewers.transports.response_cache import Wish
from viewers.transports.whole_response import Headers

GET = re.compile(
    rb"GET (/[-./\w]*)(?:\?([!$-~]*))? HTTP/1\.1\r\n"
    rb"((?:[-\w]+: [!-~](?:[\t -~]*[!-~])?\r\n)+)\r\n"
)
POLL = re.compile(addresses.pattern(addresses.UPDATES))
POSITION = re.compile(rb"[-.:%&=\w]*")
WEBSOCKET = re.compile(addresses.pattern(addresses.WEBSOCKET))
UNUSUAL = frozenset(
    b"connection content-length expect proxy-connection transfer-encoding upgrade".split()
)
LONGEST = 2048  # bytes of a request that is recognized here

KEY_NAMES = (b"\r\nSec-WebSocket-Key: ", b"\r\nsec-websocket-key: ")  # HAProxy writes the second
KEY = re.compile(rb"[+/0-9A-Za-z]{22}==")  # 16 bytes in base64
KEY_LENGTH = 24
ANY_KEY = b"*"  # what stands for the key in the bytes of a handshake


@dataclass(frozen=True, slots=True)
class PollRequest:
    """A poll: its exact bytes, and the broadcast and position in them."""

    request: bytes
    slug: str
    since: Position | None


@dataclass(frozen=True, slots=True)
class UpgradeRequest:
    """A valid handshake of a viewer who may be admitted, without its key."""

    slug: str
    since: Position | None


@dataclass(frozen=True, slots=True)
class PageRequest:
    """A request for a page or a static file, without the scheme."""

    path: str
    query: bytes
    headers: Headers
    wish: Wish


def split_key(request: bytes) -> tuple[bytes, bytes]:
    """Return a request with ANY_KEY in place of its WebSocket key, and the key; b"" without one."""
    for name in KEY_NAMES:
        if (at := request.find(name)) >= 0:
            begin = at + len(name)
            end = begin + KEY_LENGTH
            return request[:begin] + ANY_KEY + request[end:], request[begin:end]
    return request, b""


@lru_cache(maxsize=1024)
def read_get(request: bytes) -> PollRequest | PageRequest | None:
    """Return what these bytes ask for, if they are exactly one GET without unusual headers."""
    if (parts := _split(request)) is None:
        return None
    path, query, headers = parts
    for name, value in headers:
        if name in UNUSUAL and (name, value.lower()) != (b"connection", b"keep-alive"):
            return None
    if poll := POLL.fullmatch(path):
        return _parse_poll(request, poll[1].decode(), query, headers)
    if any(name in (b"range", b"x-forwarded-proto") for name, _ in headers):
        return None
    return PageRequest(path.decode(), query, headers, Wish.parse(headers))


@lru_cache(maxsize=256)
def read_upgrade(request: bytes) -> UpgradeRequest | None:
    """Return what these bytes, with ANY_KEY, ask for, if they are exactly one handshake."""
    if (parts := _split(request)) is None:
        return None
    path, query, headers = parts
    values = dict(headers)
    if len(values) < len(headers) or values.get(b"sec-websocket-key") != ANY_KEY:
        return None
    tokens = values.get(b"connection", b"").lower().replace(b" ", b"").split(b",")
    upgrades = b"upgrade" in tokens and values.get(b"upgrade", b"").lower() == b"websocket"
    if not upgrades or len(UNUSUAL & values.keys()) > 2:
        return None
    return parse_upgrade(path, query, headers)


def _split(request: bytes) -> tuple[bytes, bytes, Headers] | None:
    """Return path, query and headers of exactly one GET."""
    if (match := GET.fullmatch(request)) is None:
        return None
    lines = [line.split(b": ", 1) for line in match[3].splitlines()]
    return match[1], match[2] or b"", [(name.lower(), value) for name, value in lines]


def _parse_poll(request: bytes, slug: str, query: bytes, headers: Headers) -> PollRequest | None:
    scope = {"type": "http", "headers": headers}
    if not (admission.host_allowed(scope) and admission.origin_allowed(scope)):
        return None
    if not POSITION.fullmatch(query) or admission.is_outdated(scope, query):
        return None
    try:
        since = admission.since(query)
    except ValueError:
        return None
    return PollRequest(request, slug, since)


def parse_upgrade(path: bytes, query: bytes, headers: Headers) -> UpgradeRequest | None:
    """Return the handshake that a request for an upgrade to WebSocket is, apart from its key."""
    names = [name for name, _ in headers if name.startswith(b"sec-websocket-")]
    match = WEBSOCKET.fullmatch(path)
    if match is None or b"#" in query or len(set(names)) < len(names):
        return None
    if dict(headers).get(b"sec-websocket-version") != b"13":
        return None
    scope = {"type": "websocket", "headers": headers}
    if not (admission.host_allowed(scope) and admission.origin_allowed(scope)):
        return None
    if admission.is_outdated(scope, query):
        return None
    try:
        since = admission.since(query)
    except ValueError:
        since = None
    return UpgradeRequest(match[1].decode(), since)
