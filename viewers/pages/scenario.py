"""A viewer's own calls in one short code, to be shared by its address. Pure.

Two bits a unit, in the order of UNITS: 14 bytes, 19 characters of base64url. scenario.js writes
the same; tests/vectors/scenario.json holds both to it.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping

from broadcaster.domain.electoral import UNITS

CHOICES = ("", "D", "R", "O")
"""By the value of a unit's two bits; "" is open."""

_BYTES = 14
_LENGTH = 19  # characters


def encode(parties: Mapping[str, str]) -> str:
    """The code for `parties`, unit -> "D", "R" or "O"; units that are open may be absent."""
    bits = 0
    for unit in UNITS:
        bits = bits << 2 | CHOICES.index(parties.get(unit, ""))
    return urlsafe_b64encode(bits.to_bytes(_BYTES)).decode().rstrip("=")


def decode(code: str) -> dict[str, str]:
    """The inverse of `encode`; open units are absent. Raises ValueError if it is no such code."""
    if len(code) != _LENGTH or not code.isascii():
        raise ValueError("is not 19 characters of base64url")
    bits = int.from_bytes(urlsafe_b64decode(f"{code}="))
    values = [bits >> 2 * place & 3 for place in reversed(range(len(UNITS)))]
    parties = {unit: CHOICES[value] for unit, value in zip(UNITS, values, strict=True) if value}
    if encode(parties) != code:  # characters of another alphabet, or bits to spare
        raise ValueError("is not how a scenario is written")
    return parties
