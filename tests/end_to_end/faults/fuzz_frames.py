"""What comes without a well-formed request: frames on WebSockets, and bytes in place of HTTP."""

import re
import select
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from hypothesis import strategies as st

from tests.end_to_end.faults.fuzz_requests import QUERIES, paths, queries
from tests.end_to_end.faults.fuzz_values import any_text, headers
from tests.support.raw_frames import masked

HANDSHAKE = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}
PING = b"still there?"
PATIENCE = 0.2  # seconds for a response to what may be half a request or half a frame


@dataclass(frozen=True)
class Conversation:
    """A handshake and what follows."""

    head: bytes
    data: bytes


@dataclass(frozen=True)
class Outcome:
    """The status of the handshake, the code that the server closed with, and whether it still
    answers pings."""

    status: int
    code: int | None
    is_open: bool


payloads = st.binary(max_size=150) | any_text.map(lambda text: text.encode(errors="surrogatepass"))


@st.composite
def frames(draw) -> bytes:
    """Draw a frame: of any kind, with any flags, and now and then with a wrong length."""
    first = draw(st.sampled_from((0x81, 0x82, 0x88, 0x89, 0x8A, 0x01, 0x00)) | st.integers(0, 255))
    lengths = st.none() | st.sampled_from((0, 1, 125, 126, 65_535, 65_536, 2**31, 2**63, 2**64 - 1))
    length = draw(lengths) if draw(st.integers(0, 7)) == 0 else None
    frame = masked(first, draw(payloads), length)
    return frame if draw(st.integers(0, 15)) else frame[:1] + bytes([frame[1] & 0x7F]) + frame[2:]


@st.composite
def conversations(draw, site, route: str) -> Conversation:
    """Draw a WebSocket to an address, in the desk's name below /admin/."""
    query = draw(queries(QUERIES.get(route, {})))
    found = {"Host": "127.0.0.1", "Origin": site.url, **HANDSHAKE}
    if route.startswith("admin/"):
        found["Cookie"] = f"sessionid={site.session}"
    found |= draw(headers())
    lines = "".join(f"{name}: {value}\r\n" for name, value in found.items())
    head = f"GET {draw(paths(site, route))}{query} HTTP/1.1\r\n{lines}\r\n".encode("latin-1")
    return Conversation(head, b"".join(draw(st.lists(frames() | payloads, max_size=4))))


def talk(port: int, conversation: Conversation) -> Outcome:
    """Hold a conversation, ended by a ping. Return its outcome."""
    with socket.create_connection(("127.0.0.1", port), 10) as line:
        line.sendall(conversation.head)
        received = b""
        while b"\r\n\r\n" not in received:
            chunk = line.recv(65536)
            if not chunk:
                break
            received += chunk
        head, _, received = received.partition(b"\r\n\r\n")
        status = int(head.split()[1])
        if status != 101:
            return Outcome(status, None, False)
        code, is_open = None, False
        try:
            line.sendall(conversation.data + masked(0x89, PING))
            line.settimeout(PATIENCE)
            while code is None and not is_open:
                for opcode, payload in parse(received):
                    if opcode == 8:
                        code = struct.unpack("!H", payload[:2])[0] if payload else 1005
                    is_open = is_open or (opcode, payload) == (10, PING)
                chunk = line.recv(65536)
                if not chunk:
                    break
                received += chunk
        except TimeoutError:
            is_open = True  # it waits for the rest of a frame
        except ConnectionError:
            pass
    return Outcome(status, code, is_open)


def parse(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield opcode and payload of the whole frames in what a server has sent."""
    while len(data) >= 2:
        size, at = data[1] & 0x7F, 2
        if size >= 126:
            at = 4 if size == 126 else 10
            size = int.from_bytes(data[2:at])
        if len(data) < at + size:
            return
        yield data[0] & 0x0F, data[at : at + size]
        data = data[at + size :]


BODY_HEADERS = (
    *("Content-Length: -1", "Content-Length: abc", "Content-Length: 5", "Content-Length: +5"),
    *(
        "Content-Length: 5, 5",
        "Content-Length:",
        "Content-Length: " + "9" * 30,
        "Content-Length: 0",
    ),
    *("Transfer-Encoding: chunked", "Transfer-Encoding: gzip", "Transfer-Encoding: chunked, x"),
    *(
        "Transfer-Encoding: identity",
        "Transfer-Encoding : chunked",
        " folded: x",
        "no colon",
        ": x",
    ),
    *("X: \0", "X: \x01", "\xff: x", "Content-Length: 3\r\nTransfer-Encoding: chunked"),
)
LINES = (
    *("GET / HTTP/1.1", "POST /admin/login/ HTTP/1.1", "POST /api/broadcasts HTTP/1.0", "GET /"),
    *(
        "GET  / HTTP/1.1",
        "GET / HTTP/9.9",
        "GET http://[/ HTTP/1.1",
        "\x16\x03\x01",
        "PRI * HTTP/2.0",
    ),
    *(
        "GET /\xff HTTP/1.1",
        "GET /?\xff HTTP/1.1",
        "OPTIONS * HTTP/1.1",
        "GET /broadcasts/night/ws",
    ),
)
BODIES = (
    b"",
    b"hello",
    b"5\r\nhello\r\n0\r\n\r\n",
    b"zz\r\n",
    b"0\r\n\r\n",
    b"ffffffffffffffffff\r\nx",
)


@st.composite
def raw_bytes(draw) -> bytes:
    """Draw bytes in place of a request: one whose length is in doubt, a damaged one, or any."""
    lines = [draw(st.sampled_from(LINES)), "Host: 127.0.0.1"]
    lines += draw(st.lists(st.sampled_from(BODY_HEADERS), max_size=2))
    whole = "\r\n".join([*lines, "", ""]).encode("latin-1") + draw(st.sampled_from(BODIES))
    kind = draw(st.integers(0, 3))
    if kind == 0:
        at = draw(st.integers(0, len(whole)))
        return whole[:at] + draw(st.binary(max_size=3)) + whole[at + 1 :]
    return whole if kind < 3 else draw(st.binary(max_size=100))


def statuses(port: int, data: bytes) -> list[int]:
    """Send bytes; return the statuses of the responses that come soon."""
    received = b""
    with socket.create_connection(("127.0.0.1", port), 10) as line:
        try:
            line.sendall(data)
            while select.select([line], [], [], PATIENCE / 4)[0]:
                chunk = line.recv(65536)
                if not chunk:
                    break
                received += chunk
        except ConnectionError:
            pass
    return [int(code) for code in re.findall(rb"(?m)^HTTP/1\.1 (\d+)", received)]
