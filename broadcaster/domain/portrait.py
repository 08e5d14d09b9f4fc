"""Portraits beside the score: small pictures within a contest's document."""

import binascii
import re
from base64 import b64decode

from broadcaster.domain.rejection import InvalidInput

MAX_BYTES = 6 * 1024  # pages carry it, so that it is no request of its own
SIGNATURES = {"png": b"\x89PNG\r\n\x1a\n", "jpeg": b"\xff\xd8\xff", "webp": b"RIFF"}
"""The first bytes of each kind of picture. SVG is none of them: it could carry scripts."""

_DATA = re.compile(rf"data:image/({'|'.join(SIGNATURES)});base64,([A-Za-z0-9+/]+={{0,2}})")


def parse_portrait(name: str, value: object) -> str:
    """Return the data: URI of a picture; "" for none. Raises `InvalidInput`."""
    if value in (None, ""):
        return ""
    found = _DATA.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise InvalidInput(name, f"is not data:image/…;base64,… of {', '.join(SIGNATURES)}")
    kind, encoded = found.groups()
    try:
        data = b64decode(encoded)
    except binascii.Error as error:
        raise InvalidInput(name, "is not base64") from error
    if not data.startswith(SIGNATURES[kind]):
        raise InvalidInput(name, f"is not a {kind} picture")
    if len(data) > MAX_BYTES:
        raise InvalidInput(name, f"has {len(data)} bytes; there can be {MAX_BYTES} at most")
    return found[0]
