"""A viewer's own calls as one short code for an address.

Two bits per unit, in the order of UNITS: 14 bytes, 19 characters of base64url. scenario.js writes
the same codes; tests/vectors/scenario.json pins both.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping

from broadcaster.domain.electoral import UNITS

CHOICES = ("", "D", "R", "O")
"""The party for each value of a unit's two bits; "" is open."""

_BYTES = 14
_LENGTH = 19  # characters


def encode(parties: Mapping[str, str]) -> str:
    """Return the code for `parties`: unit -> "D", "R" or "O"; open units may be absent."""
    bits = 0
    for unit in UNITS:
        bits = bits << 2 | CHOICES.index(parties.get(unit, ""))
    return urlsafe_b64encode(bits.to_bytes(_BYTES)).decode().rstrip("=")


def decode(code: str) -> dict[str, str]:
    """Return the parties in a code, without open units. Raises ValueError for any other text."""
    if len(code) != _LENGTH or not code.isascii():
        raise ValueError("a scenario has 19 characters of base64url")
    bits = int.from_bytes(urlsafe_b64decode(f"{code}="))
    values = [bits >> 2 * place & 3 for place in reversed(range(len(UNITS)))]
    parties = {unit: CHOICES[value] for unit, value in zip(UNITS, values, strict=True) if value}
    if encode(parties) != code:  # foreign characters are skipped, and the 2 spare bits must be 0
        raise ValueError("this code does not come from the calculator")
    return parties
