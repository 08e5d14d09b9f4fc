"""The demonstrations: election nights as lists of changes, from data/evenings/.

The winners and totals are real; order, clock and counts are invented.
"""

import json
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

from msgspec import to_builtins

from broadcaster.domain.change import Change, RaceKey, by_contest, calls_of, flat
from broadcaster.domain.change_parsing import parse_change
from broadcaster.domain.contest import shipped
from broadcaster.domain.geometry import shipped as shipped_geometry
from broadcaster.domain.opening import opening
from broadcaster.domain.recording import Recording
from broadcaster.domain.show import Edition, Show
from broadcaster.domain.stream import Update
from broadcaster.domain.summary import headline_for

FOLDER = Path(__file__).parents[1] / "data" / "evenings"
PLAYED = "election-night-2020"
"""The one that `demo --play` plays."""

Facets = dict[str, Any]  # part of a change, as JSON


def slugs() -> list[str]:
    """Return the evenings that there are."""
    return sorted(path.stem for path in FOLDER.glob("*.json"))


class Evening:
    """One evening: its contests, its prepared cues, and the steps of its script.

    A step or cue of the file has facets of a change as they are, or in short: `call` and `retract`
    have races by contest, `focus` is a place in `contest`, `headline` is a story.
    """

    def __init__(self, slug: str = PLAYED) -> None:
        data = json.loads(FOLDER.joinpath(f"{slug}.json").read_text())
        self.slug: str = data["slug"]
        self.title: str = data["title"]
        self.contests: dict[str, str] = data["contests"]
        self._winners: dict[str, dict[str, str]] = {
            key: {race: party for party, races in won.items() for race in races.split()}
            for key, won in data["winners"].items()
        }
        self._data: dict[str, Any] = data

    @cached_property
    def show(self) -> Show:
        """The contests, as they ship."""
        found = {key: shipped(id) for key, id in self.contests.items()}
        return Show(
            {key: Edition(each, shipped_geometry(each.geometry)) for key, each in found.items()}
        )

    @cached_property
    def rundown(self) -> dict[str, Facets]:
        """The prepared cues by title, in their order, as JSON of changes."""
        return {title: self._change(facets) for title, facets in self._data["cues"].items()}

    @cached_property
    def steps(self) -> list[tuple[int, Facets]]:
        """Minutes into the show, and the change as JSON.

        A correction's `corrects` counts the steps from 1, as `seq` does. The counts are invented,
        so a race's count is taken back with its call: beside a real result it would be wrong.
        """
        found: list[tuple[int, Facets]] = []
        counted: set[RaceKey] = set()
        for clock, step in self._data["steps"]:
            change = self.rundown[step] if isinstance(step, str) else self._change(step)
            called = counted & set(flat(change.get("calls", {})))
            if called:
                none: dict[RaceKey, Facets] = {race: {"votes": {}} for race in called}
                change = change | {"counts": by_contest(none)}
            counted = (counted | set(flat(change.get("counts", {})))) - called
            found.append((minutes(clock), change))
        return found

    def script(self) -> Iterator[tuple[int, Change]]:
        """Yield minutes into the show, and the change to publish then."""
        for minute, data in self.steps:
            yield minute, parse_change(data, self.show)

    def call(self, races: str, headline: str = "", contest: str = "") -> Facets:
        """Return the calls of races, separated by spaces, for the parties that won them."""
        short: Facets = {"call": {contest or self.show.first: races}}
        return self._change(short | ({"headline": headline} if headline else {}))

    def recording(self, began: int) -> Recording:
        """Return the whole evening as a recording that begins at `began`, ms since 1970."""
        state = initial = opening(self.show)
        updates = []
        for seq, (minute, change) in enumerate(self.script(), start=1):
            state = state.apply(change, self.show.contests)
            updates.append(Update.of(change, seq, began + 60_000 * minute, state.totals))
        return Recording(
            self.title, "evening", "evening", began, self.show, initial, tuple(updates)
        )

    def _change(self, facets: Facets) -> Facets:
        """Return a change as JSON from its short form."""
        found: Facets = {
            name: facets[name]
            for name in ("kind", "corrects", "reason", "counts")
            if name in facets
        }
        headline, announce = facets.get("headline", ""), "polite"
        if "focus" in facets:
            contest = facets.get("contest", self.show.first)
            found["view"] = {"contest": contest, "focus": facets["focus"]}
        if "call" in facets:
            calls = {
                key: calls_of({race: self._winners[key][race] for race in races.split()})
                for key, races in facets["call"].items()
            }
            found["calls"] = to_builtins(calls)
            headline = headline or headline_for(calls, self.show.contests)
        if "retract" in facets:
            found |= {
                "kind": "correct",
                "calls": {
                    key: {race: {"status": "retracted"} for race in races.split()}
                    for key, races in facets["retract"].items()
                },
            }
            announce = "assertive"
        if headline:
            found["story"] = {"headline": headline, "announce": announce}
        return found


def minutes(clock: str) -> int:
    """Return minutes into the show from "1:05"."""
    hours, rest = clock.split(":")
    return int(hours) * 60 + int(rest)
