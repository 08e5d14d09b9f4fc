"""Values that a client might send in place of right ones: texts, numbers, JSON, headers, bytes."""

import json
from typing import Any

from hypothesis import strategies as st

SPECIAL = (
    *(
        "",
        " ",
        "\0",
        "a\0b",
        "\ud800",
        "\ufffe",
        "\uffff",
        "\u2069",
        "\u202e",
        "\x1b[2J",
        "\r\nX: y",
    ),
    *(
        "%00",
        "%",
        "%s%n",
        "{0}",
        "../../etc/passwd",
        "//evil.example",
        "'",
        '"',
        "\\",
        "<b>",
        "&#0;",
    ),
    *("NaN", "Infinity", "-1", "0", "00", "1e400", "0x10", "٣", "²", "1.5", "1,2", "on", "null"),
    *(
        "2147483647",
        "2147483648",
        "9223372036854775808",
        "9" * 30,
        "9" * 5000,
        "é" * 300,
        "x" * 5000,
    ),
    *("0001-01-01", "0001-01-01 00:00:00+14:00", "9999-12-31", "9999-12-31 23:59:59-14:00"),
    *(
        "9999-12-31T23:59",
        "10000-01-01",
        "2026-02-30",
        "24:00",
        "http://[",
        "x:1",
        ":",
        "0:0",
        "a:9999999999",
    ),
)
"""Texts at which something may break: what PostgreSQL refuses, what is no Unicode, other types."""

INTEGERS = (0, -1, 2**31 - 1, 2**31, 2**53, 2**63 - 1, 2**63, 10**30, -(10**30))
"""Numbers at the ends of what databases and languages hold. None is the id of an object."""

any_text = st.text(st.characters(exclude_categories=()), max_size=20)
texts = st.sampled_from(SPECIAL) | any_text
scalars = (
    st.none() | st.booleans() | texts | st.sampled_from(INTEGERS) | st.floats() | st.integers()
)
json_values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3)
)


@st.composite
def mostly(draw, usual: st.SearchStrategy, other: st.SearchStrategy) -> Any:
    """Draw from `usual`, and one in eight from `other`."""
    return draw(other if draw(st.integers(0, 7)) == 7 else usual)


def places(value: Any, path: tuple = ()) -> list[tuple]:
    """Return the paths of all parts of a JSON value, itself included."""
    found = [path]
    parts: Any = ()
    if isinstance(value, dict):
        parts = value.items()
    elif isinstance(value, list):
        parts = enumerate(value)
    for key, part in parts:
        found += places(part, (*path, key))
    return found


@st.composite
def mutated(draw, valid: st.SearchStrategy) -> Any:
    """Draw a valid JSON value, with up to three parts replaced, added or left out."""
    value = json.loads(json.dumps(draw(valid)))
    for _ in range(draw(st.integers(0, 3))):
        *path, last = draw(st.sampled_from(places({"": value})[1:]))
        whole = {"": value}
        part: Any = whole
        for key in path:
            part = part[key]
        kind = draw(st.sampled_from(("replace", "add", "leave out")))
        if kind == "add" and isinstance(part[last], dict):
            part[last][draw(texts)] = draw(json_values)
        elif kind == "leave out" and isinstance(part, dict) and part is not whole:
            del part[last]
        else:
            part[last] = draw(json_values)
        value = whole[""]
    return value


def json_bodies(valid: st.SearchStrategy) -> st.SearchStrategy[bytes]:
    """Draw bodies: mostly JSON of mutated values, else what is no JSON or no text."""
    encoded = mutated(valid).map(json.dumps)
    wrong = st.one_of(
        encoded.map(lambda text: text.encode("utf-16")),
        encoded.map(lambda text: text.encode()[: len(text) // 2]),
        st.sampled_from((b"[" * 50_000, b'{"a":' * 10_000, b"\xff\xfe", b"1" * 5000, b"{}" * 9)),
        st.binary(max_size=50),
    )
    return mostly(encoded.map(str.encode), wrong)


header_values = st.sampled_from(
    ("", "*", "a" * 4000, "\x80\xff", "a, b", ";", '"', "=", ",", "q=0;q=1", "\t", "0", "-1")
) | st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=30)
HEADERS = {
    "Host": (
        "localhost:99999",
        "[::1",
        "evil.example",
        "127.0.0.1:",
        "a:b:c",
        "\xff",
        "127.0.0.1.",
    ),
    "Origin": ("null", "http://evil.example", "http://[", "http://127.0.0.1:1", "\xff"),
    "Accept": ("text/html", "application/json", "*/*;q=x"),
    "Accept-Encoding": ("gzip", "gzip;q=0", "br, gzip;q=nan", "identity"),
    "Accept-Language": ("es", "xx-" * 100, "es;q=2"),
    "Content-Type": (
        *("application/json", "text/plain; charset=hex", "application/json; charset=utf-16"),
        *("multipart/form-data", "multipart/form-data; boundary=b; charset=hex"),
        *("multipart/form-data; boundary=\xff", "application/x-www-form-urlencoded; charset=hex"),
        *("multipart/form-data; boundary=b; charset=unicode_escape", "a/b; charset*=''", "/"),
    ),
    "Cookie": (
        *('sessionid="\\000aaaaaaaaa"', "sessionid=" + "x" * 32, 'csrftoken="\\000"', "=; =;"),
        *("sessionid=\xff\xff\xff\xff\xff\xff\xff\xff", "messages=x", "a=b; " * 500),
    ),
    "If-None-Match": ('W/"x"', '"', "*, *", 'W/"' + '\\" ' * 100),
    "If-Modified-Since": ("Thu, 01 Jan 1970 00:00:00 GMT", "Mon, 99 Foo 99999 99:99:99 GMT", "0"),
    "Range": ("bytes=0-", "bytes=-1", "bytes=9-1", "bytes=" + "9" * 30 + "-", "bytes=a-b", "x=0-1"),
    "X-Forwarded-For": ("unknown", "a, b", "256.1.1.1", "fe80::1%eth0", "::ffff:1.2.3.4", "\xff"),
    "X-Forwarded-Proto": ("https", "ftp", "https, http"),
    "Authorization": ("Basic eDp5", "Bearer", "Bearer \xff", "bearer " + "x" * 5000, "Negotiate"),
    "Referer": ("http://[", "https://evil.example/", "\xff"),
    "X-CSRFToken": ("x", "\xff" * 32, "a" * 64),
    "X-Requested-With": ("XMLHttpRequest",),
    "X-Remote-User": ("chief",),
    "Upgrade": ("websocket", "h2c", "\xff"),
    "Connection": ("Upgrade", "keep-alive, Upgrade, HTTP2-Settings", "close", "x" * 100),
    "Sec-WebSocket-Key": ("dGhlIHNhbXBsZSBub25jZQ==", "x"),
    "Sec-WebSocket-Version": ("13", "8", "-1"),
    "Sec-WebSocket-Protocol": ("a, b", "\xff"),
    "Sec-WebSocket-Extensions": ("permessage-deflate", "permessage-deflate; a=" + "b" * 999, ";"),
    "X-HTTP-Method-Override": ("DELETE",),
    "Expect": ("100-continue", "200-ok"),
    "TE": ("trailers",),
    "Forwarded": ("for=unknown",),
}
"""Headers that the site or a library of it reads. Those that say where a body ends are apart."""


@st.composite
def headers(draw) -> dict[str, str]:
    """Draw up to three headers, half of the time none."""
    some = st.lists(st.sampled_from((*HEADERS, "X-Any")), max_size=3, unique=True)
    names = draw(st.just([]) | some)
    return {name: draw(st.sampled_from(HEADERS.get(name, ("",))) | header_values) for name in names}
