"""The picture of a broadcast of protocol version 1: a presidential election, by its year."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from broadcaster.domain.contest import shipped
from broadcaster.domain.electoral import ELECTIONS, UNITS, earlier, surnames
from broadcaster.domain.geometry import Shape
from broadcaster.domain.geometry import shipped as shipped_geometry
from broadcaster.domain.mapstate import MapState
from broadcaster.domain.translation import Gettext, gettext_noop
from broadcaster.rendering.picture import Picture, view_box

STATES = shipped_geometry("us-states")
WHOLE = view_box(STATES.view)
SHAPES: Mapping[str, Shape] = MappingProxyType(STATES.shape_of)


class ElectionPicture(Picture):
    """The picture of a map state, with the earlier elections that its pages show."""

    def __init__(self, state: MapState, gettext: Gettext = gettext_noop) -> None:
        self.election = ELECTIONS[state.election]
        self.before = ELECTIONS.get(self.election.year - 4)
        contest = shipped(f"us-president-{state.election}")
        super().__init__(contest, STATES, state.calls, state.view, gettext)

    @property
    def weight_heading(self) -> str:
        return self.gettext("Votes")

    @property
    def race_heading(self) -> str:
        return self.gettext("State or district")

    @property
    def caption(self) -> str:
        return self.gettext("Results by state")

    @property
    def label(self) -> str:
        """The map in one sentence, for screen readers. drawing.js writes the same."""
        won = ", ".join(f"{share.name} {share.won}" for share in self.tally.shown)
        return self.gettext(
            "Map of the United States: %(won)s, not called %(uncalled)s. "
            "The table of results has every state."
        ) % {"won": won, "uncalled": self.tally.uncalled}

    @property
    def script_data(self) -> dict[str, Any]:
        """The election in the form that drawing.js and replica.js take."""
        return {
            "year": self.election.year,
            "candidates": {party: self.candidates[party] for party in self.contest.party_of},
            "looks": {party.id: party.look for party in self.contest.parties},
            "votes": dict(self.election.votes),
            "before": dict(self.before.winners) if self.before else {},
        }

    @property
    def past(self) -> list[dict[str, Any]]:
        """The elections before this one, newest first; winners and votes in the units' order."""
        return [
            {
                "year": year,
                "candidates": surnames(ELECTIONS[year], self.gettext),
                "winners": "".join(ELECTIONS[year].winners[unit] for unit in UNITS),
                "votes": [ELECTIONS[year].votes[unit] for unit in UNITS],
            }
            for year in earlier(self.election.year)
        ]
