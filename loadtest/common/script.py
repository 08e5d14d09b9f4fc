"""The updates that the swarm publishes: calls and counts of the contests that the server has."""

from collections.abc import Iterator
from itertools import cycle
from typing import Any

from broadcaster.domain.mapstate import Contests

CONTESTS = {"president": "us-president-2020"}
"""The contests that the swarm's broadcast has, by their ids."""

COUNTS_EVERY = 2.5  # seconds at least: the server takes counts of a broadcast every 2 s


class Script:
    """Takes viewers to one race after the other, counts some of its votes, and calls it.

    After the last race it starts over, with headlines in place of calls: the server rejects a call
    that stands already. The parties take turns, so no call decides a contest.
    """

    def __init__(self, contests: Contests) -> None:
        self._contests = contests
        self._counted = float("-inf")  # seconds, when the last counts were due
        self._votes = 0
        self._steps = self._endless()

    def next(self, at: float) -> dict[str, Any]:
        """Return the change for a time in seconds, as the publishing API takes it.

        Times must increase. Counts that would be too early are left out.
        """
        change = next(self._steps)
        if "counts" in change:
            if at - self._counted < COUNTS_EVERY:
                return next(self._steps)
            self._counted = at
        return change

    def _endless(self) -> Iterator[dict[str, Any]]:
        races = [
            (key, race, contest.parties[number % len(contest.parties)].id)
            for key, contest in self._contests.items()
            for number, race in enumerate(contest.races)
        ]
        for number, (key, race, party) in enumerate(cycle(races)):
            self._votes += 1000
            name = self._contests[key].name_of(party, race.id)
            yield {"view": {"contest": key, "focus": race.id, "highlight": [race.id]}}
            yield {"counts": {key: {race.id: {"votes": {party: self._votes}, "expected": 0.5}}}}
            news: dict[str, Any] = {"story": {"headline": f"{race.name} goes to {name}"}}
            if number < len(races):
                news["calls"] = {key: {race.id: {"status": "called", "party": party}}}
            yield news
