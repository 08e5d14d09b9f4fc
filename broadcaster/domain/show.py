"""The contests of a broadcast in their order, each under its key, on their maps."""

import re
from collections.abc import Callable, Mapping
from functools import cached_property
from hashlib import sha256
from typing import TypeVar

import msgspec
from msgspec import Struct

from broadcaster.domain.change import WHOLE
from broadcaster.domain.contest import Contest
from broadcaster.domain.geometry import Geometry
from broadcaster.domain.rejection import InvalidInput
from broadcaster.domain.translation import Gettext, gettext_noop, name_in

DIGEST_LENGTH = 32  # hexadecimal digits
MAX_CONTESTS = 8  # in a show, so that their tabs fit on a page

_KEY = re.compile(r"[a-z][a-z0-9-]{0,19}")

T = TypeVar("T")


class Edition(Struct, frozen=True, dict=True):
    """A contest as it was at one time, with the geometry that it is drawn on."""

    contest: Contest
    geometry: Geometry

    @cached_property
    def digest(self) -> str:
        """The name of the edition: a digest of its content, so the same content has one name."""
        content = msgspec.json.encode([self.contest, self.geometry], order="sorted")
        return sha256(content).hexdigest()[:DIGEST_LENGTH]

    @cached_property
    def places(self) -> dict[str, str]:
        """The names of the places that a view can focus on, by id: shapes and races.

        The whole map is not among them.
        """
        shapes = {shape.id: shape.name for shape in self.geometry.shapes}
        return shapes | {race.id: race.name for race in self.contest.races}

    def place_name(self, place: str, gettext: Gettext = gettext_noop) -> str:
        """Return the name of a place: that of the contest for the whole map."""
        if place in (WHOLE, self.geometry.whole):
            return self.contest.title
        return name_in(gettext, self.places[place])


class Show:
    """The editions of a broadcast's contests by key. The first is what viewers see first."""

    def __init__(self, editions: Mapping[str, Edition]) -> None:
        self.editions = dict(editions)
        self.contests: dict[str, Contest] = {
            key: edition.contest for key, edition in self.editions.items()
        }

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Show) and list(self.digests.items()) == list(other.digests.items())

    def __hash__(self) -> int:
        return hash(tuple(self.digests.items()))

    @property
    def first(self) -> str:
        """The key of the first contest."""
        return next(iter(self.editions))

    @property
    def whole(self) -> str:
        """The place of a view of the whole map of the first contest."""
        return self.editions[self.first].geometry.whole

    @property
    def digests(self) -> dict[str, str]:
        """The names of the editions by key."""
        return {key: edition.digest for key, edition in self.editions.items()}


def parse_contests(name: str, value: object, read: Callable[[str, object], T]) -> dict[str, T]:
    """Return the contests of a show by key, each value read by `read(field, value)`.

    Raises `InvalidInput` for a key that no address can have, for none, and for too many.
    """
    if not isinstance(value, dict) or not value:
        raise InvalidInput(name, "is not an object with a contest or more, by key")
    if len(value) > MAX_CONTESTS:
        raise InvalidInput(name, f"has more than {MAX_CONTESTS} contests")
    for key in value:
        if not isinstance(key, str) or not _KEY.fullmatch(key):
            words = "a key is 1 to 20 lower-case letters, digits and hyphens, a letter first"
            raise InvalidInput(f"{name}.{str(key)[:40]}", words)
    return {key: read(f"{name}.{key}", each) for key, each in value.items()}
