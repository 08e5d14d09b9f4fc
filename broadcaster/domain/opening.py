"""The map of a show before anything is published."""

from broadcaster.domain.change import View
from broadcaster.domain.mapstate import MapState, totals_of
from broadcaster.domain.show import Show


def opening(show: Show) -> MapState:
    """Return the map before anything is published: the first contest, and nothing called."""
    return MapState(view=View(show.first, show.whole), totals=totals_of(show.contests, {}))
