"""A viewer's own calls of a contest as one short code for an address.

The races in the order of their ids, each in as many bits as its choices need: two for three
parties. scenario.js writes the same codes; tests/vectors/scenario.json pins both.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping

from broadcaster.domain.contest import Contest


def choices(contest: Contest) -> list[str]:
    """Return the party for each value of a race's bits; "" is open."""
    return ["", *contest.party_of]


def encode(parties: Mapping[str, str], contest: Contest) -> str:
    """Return the code for `parties` by race; open races may be absent."""
    values, size = choices(contest), _size(contest)
    bits = 0
    for race in sorted(contest.race_of):
        bits = bits << size | values.index(parties.get(race, ""))
    return urlsafe_b64encode(bits.to_bytes(_length(contest))).decode().rstrip("=")


def decode(code: str, contest: Contest) -> dict[str, str]:
    """Return the parties in a code, without open races. Raises ValueError for any other text."""
    parties, size = choices(contest), _size(contest)
    if not code.isascii() or len(code) != len(encode({}, contest)):
        raise ValueError("a scenario has as many characters of base64url as its contest needs")
    bits = int.from_bytes(urlsafe_b64decode(code + "=" * (-len(code) % 4)))
    found = {}
    for race in sorted(contest.race_of, reverse=True):
        value = bits & (1 << size) - 1
        bits >>= size
        if value >= len(parties):
            raise ValueError("this code names a party that is not there")
        if value:
            found[race] = parties[value]
    if encode(found, contest) != code:  # foreign characters are skipped, and spare bits must be 0
        raise ValueError("this code does not come from the calculator")
    return found


def _size(contest: Contest) -> int:
    """Return the bits of a race."""
    return len(contest.parties).bit_length()


def _length(contest: Contest) -> int:
    """Return the bytes of a code."""
    return -(-len(contest.races) * _size(contest) // 8)
