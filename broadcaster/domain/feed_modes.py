"""What becomes of a feed's calls, by contest and race: one line for each exception.

governors: off
senate: propose
senate/OH: direct
"""

from enum import StrEnum

from broadcaster.domain.change import RaceKey
from broadcaster.domain.mapstate import Contests
from broadcaster.domain.parsing import choice, one_of
from broadcaster.domain.rejection import InvalidInput

MAX_LINES = 200


class FeedMode(StrEnum):
    """PROPOSE: into the rundown. DIRECT: on air, with a token that may. OFF: nothing."""

    PROPOSE = "propose"
    DIRECT = "direct"
    OFF = "off"


Modes = dict[str, FeedMode]
"""Modes by contest ("senate") and by race ("senate/OH")."""


def parse_modes(text: str, contests: Contests) -> Modes:
    """Return the modes in lines of text. Raises `InvalidInput`, which names the line."""
    found: Modes = {}
    lines = [line.strip() for line in text.splitlines()]
    if len(lines) > MAX_LINES:
        raise InvalidInput("feed", f"has more than {MAX_LINES} lines")
    for number, line in enumerate(lines, start=1):
        if not line:
            continue
        name = f"line {number}"
        place, colon, mode = (part.strip() for part in line.partition(":"))
        if not colon:
            raise InvalidInput(name, "is not of the form senate/OH: off")
        key, slash, race = place.partition("/")
        one_of(name, key, contests)
        if slash:
            one_of(name, race, contests[key].race_of, "a race of the contest")
        found[place] = choice(name, mode, FeedMode)
    return found


def mode_of(race: RaceKey, modes: Modes) -> FeedMode:
    """Return the mode of a race: its own, or that of its contest, or DIRECT."""
    return modes.get("/".join(race)) or modes.get(race[0]) or FeedMode.DIRECT
