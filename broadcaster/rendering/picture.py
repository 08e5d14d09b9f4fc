"""The map as templates draw it: shapes, boxes, table rows and tally of a contest.

static/broadcaster/rendering/drawing.js updates the drawing. It finds the elements by
the attributes that the templates in templates/broadcaster/picture/ give them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from broadcaster.domain.bidi import isolate
from broadcaster.domain.change import OPEN, Call, Count, View
from broadcaster.domain.contest import Race
from broadcaster.domain.geometry import Geometry, Shape
from broadcaster.domain.mapstate import MapState
from broadcaster.domain.outline import Box, Point
from broadcaster.domain.show import Edition, Show
from broadcaster.domain.translation import Gettext, gettext_noop, name_in
from broadcaster.rendering.counting import counted
from broadcaster.rendering.last_winner import last_winner
from broadcaster.rendering.result_table import RowGroup, alphabetical, row_groups, sortable
from broadcaster.rendering.small_label import SmallLabel, beside, small_label
from broadcaster.rendering.tally import Tally
from broadcaster.rendering.unit import Unit, mark, result

WIDTH, HEIGHT = 1033.0, 610.0  # map units: the size of a map on which labels have these sizes
LABEL_SIZE = 14.0  # map units: height of a label's letters when the whole map is in view
LABEL_ROOM = 18.0  # map units that such a label needs from its point to the outline
ROOMY = 1.35  # times that room: what a label needs whose letters are larger for the shapes
MARK_ROOM = 7.0  # map units that its mark alone needs
SMALL_LABEL_SIZE = 26.6  # map units: height of letters on a small map, 8 pixels on a phone 320 wide
EDGE = 2.0  # heights of letters from the edge of a close view within which labels would be cut
CODE_LENGTH = 5  # characters of a shape's id up to which labels have it


@dataclass(frozen=True, slots=True)
class Label:
    """What is written on a shape. `fits`: "yes", "mark" (without code and votes), or "no".

    `is_roomy`: all of it fits also when the letters are larger for the shapes, as in a frame.
    `small` is where code and mark stand on the map of a phone. `group` is the id of its group, on
    the shape in the middle of it, and shown without the code.
    """

    unit: Unit
    shape: Shape
    code: str
    fits: str
    is_roomy: bool
    small: SmallLabel | None
    group: str

    @property
    def view(self) -> str:
        """The viewBox that shows the shape closely."""
        return view_box(self.shape.view)


class Picture:
    """The values that templates show of a contest, in the language of `gettext`.

    Without a view, or with the view of another contest, the whole map is in view. `key` is that of
    the contest in its show, "" outside of one.
    """

    def __init__(
        self,
        edition: Edition,
        calls: Mapping[str, Call],
        counts: Mapping[str, Count] = MappingProxyType({}),
        view: View | None = None,
        gettext: Gettext = gettext_noop,
        key: str = "",
    ) -> None:
        self.key = key
        self.edition = edition
        self.contest = contest = edition.contest
        self.geometry = geometry = edition.geometry
        self.gettext = gettext
        view = view if view and view.contest == key else View(key)
        self.whole = view_box(geometry.view)
        unit = label_unit(geometry)
        self.whole_label_size = round(LABEL_SIZE * unit, 2)
        self.label_room = round(LABEL_ROOM * unit, 2)
        self.mark_room = round(MARK_ROOM * unit, 2)
        self.focus = view.focus
        self.highlight = frozenset(view.highlight)
        self.tally = Tally(contest, contest.totals(calls), gettext)
        self.candidates = {share.party: share.name for share in self.tally.shares}
        taken: set[str] = set()
        self.units: list[Unit] = []
        for race in contest.races:
            free = race.shape not in taken
            taken.add(race.shape)
            call, count = calls.get(race.id, OPEN), counts.get(race.id)
            self.units.append(self._unit(race, call, count, free))
        self.rows = alphabetical(self.units, geometry, gettext)
        self.shapes = [unit for unit in self.units if unit.shape is not None]

    @classmethod
    def of(
        cls, show: Show, key: str, state: MapState, gettext: Gettext = gettext_noop
    ) -> "Picture":
        """Return the picture of one contest of a show, as it stands."""
        calls, counts = state.calls.get(key, {}), state.counts.get(key, {})
        return cls(show.editions[key], calls, counts, state.view, gettext, key)

    @property
    def statuses(self) -> set[str]:
        """What is known of the races, which is what the key explains."""
        return {unit.status for unit in self.units}

    @property
    def undecided(self) -> list[Unit]:
        """The races to be called: the heaviest first, then by name. wording.js has the same."""
        left = [unit for unit in self.units if not unit.party]
        return sorted(left, key=lambda unit: (-unit.votes, sortable(unit.name)))

    @property
    def row_groups(self) -> list[RowGroup]:
        """The rows of the table by winner, those of undecided races first."""
        return row_groups(self.rows, self.tally, self.gettext)

    @property
    def has_counts(self) -> bool:
        """Whether votes of any race are counted."""
        return any(unit.count for unit in self.units)

    @property
    def small_boxes(self) -> list[Unit]:
        """The races whose shapes are too small to read, in the shapes' order."""
        boxed = {unit.state: unit for unit in self.shapes if unit.shape and unit.shape.box}
        return [boxed[shape.id] for shape in self.geometry.shapes if shape.id in boxed]

    @property
    def other_boxes(self) -> list[Unit]:
        """The races that are not on the map: without a shape, or not the first on it."""
        return [unit for unit in self.units if unit.shape is None]

    @property
    def is_weighted(self) -> bool:
        """Whether races count for different numbers, so that they are worth showing."""
        return self.contest.is_weighted

    @property
    def counting(self) -> str:
        """What is counted, in the plural."""
        return isolate(self.gettext(self.contest.counting))

    @property
    def weight_heading(self) -> str:
        return self.counting[:1].upper() + self.counting[1:]

    @property
    def race_heading(self) -> str:
        return self.gettext("Race")

    @property
    def before_heading(self) -> str:
        """The heading of those who won the races last; "" if that is not known."""
        if not any(unit.last.name for unit in self.units):
            return ""
        return self.contest.earlier[0].title if self.contest.earlier else self.gettext("Before")

    @property
    def label(self) -> str:
        """The map in one sentence, for screen readers."""
        won = ", ".join(f"{share.name} {share.won}" for share in self.tally.shown)
        return self.gettext(
            "Map, %(title)s: %(won)s, not called %(uncalled)s. The table of results has every race."
        ) % {"title": isolate(self.contest.title), "won": won, "uncalled": self.tally.uncalled}

    @property
    def view_box(self) -> str:
        """The part of the map in view."""
        place = self.contest.race_of.get(self.focus)
        shape = self.geometry.shape_of.get(place.shape if place else self.focus)
        return view_box(shape.view) if shape else self.whole

    @property
    def label_size(self) -> float:
        """Height of the labels' letters in map units: on the screen it is always the same."""
        return round(self.whole_label_size / self._zoom, 2)

    @property
    def labels(self) -> list[Label]:
        """The shapes of races, and what of their labels fits at this zoom."""
        zoom = self._zoom
        return [self._label(unit, unit.shape, zoom) for unit in self.shapes if unit.shape]

    @property
    def outlines(self) -> str:
        """All highlighted shapes as one path, to be drawn above their neighbours."""
        return "".join(unit.shape.path for unit in self.shapes if unit.shape and unit.highlighted)

    @property
    def ground(self) -> str:
        """The shapes without a race as one path: they are outlined, and belong to nobody."""
        taken = {unit.state for unit in self.shapes}
        return "".join(shape.path for shape in self.geometry.shapes if shape.id not in taken)

    @property
    def groups(self) -> list[tuple[str, str]]:
        """The groups of shapes: the id of each, and the viewBox that shows it closely."""
        shape_of = self.geometry.shape_of
        return [(id, view_box(shape_of[id].view)) for id in self.geometry.groups]

    @property
    def _zoom(self) -> float:
        return width(self.whole) / width(self.view_box)

    def _unit(self, race: Race, call: Call, count: Count | None, free: bool) -> Unit:
        shape = self.geometry.shape_of.get(race.shape)
        party = self.contest.party_of[call.party] if call.party else None
        places = (race.id, race.shape, shape.parent if shape else "")
        return Unit(
            unit=race.id,
            state=race.shape or race.id,
            name=isolate(name_in(self.gettext, race.name)),
            votes=race.weight,
            status=call.status,
            party=call.party,
            look=party.look if party else "",
            mark=mark(call, party.letter if party else ""),
            result=result(race.id, call, self.contest, self.gettext),
            before=race.held_by,
            last=last_winner(race, self.contest, self.gettext),
            highlighted=not self.highlight.isdisjoint(places),
            shape=shape if free and shape and shape.path else None,
            count=counted(count, race.id, self.contest, self.gettext) if count else None,
            closes=race.closes,
        )

    def _label(self, unit: Unit, shape: Shape, zoom: float) -> Label:
        room = shape.room * zoom
        code = shape.id if len(shape.id) <= CODE_LENGTH else ""
        if zoom > 1 and not is_clear_of_edge(shape.label, self.view_box, self.label_size):
            fits = "no"
        elif room >= self.label_room and code:
            fits = "yes"
        else:
            fits = "mark" if room >= self.mark_room and not shape.box else "no"
        group = self.geometry.group_at.get(shape.id, "")
        small = self._small_label(shape, code)
        is_roomy = room >= ROOMY * self.label_room
        group = group if len(group) <= CODE_LENGTH else ""
        return Label(unit, shape, code, fits, is_roomy, small, group)

    def _small_label(self, shape: Shape, code: str) -> SmallLabel | None:
        """Return where a label stands on a small map. Many small shapes have no codes there."""
        if not code or shape.box or self.geometry.groups:
            return None
        em = SMALL_LABEL_SIZE / LABEL_SIZE * self.whole_label_size
        if shape.beside:
            return beside(em)
        return small_label(shape.path, code, shape.label, em)


def label_unit(geometry: Geometry) -> float:
    """Return by how much labels are larger than their sizes above.

    Pages limit a map's height, so a map that is high for its width is drawn smaller. Its labels are
    larger, as far as every shape has the room.
    """
    unit = geometry.view[2] / WIDTH
    return max(unit, min(geometry.view[3] / HEIGHT, geometry.least_room / LABEL_ROOM))


def is_clear_of_edge(point: Point, view_box: str, size: float) -> bool:
    """Return whether a label with letters of `size` at `point` is not cut by the edge of a view."""
    x, y = point
    left, top, wide, high = map(float, view_box.split())
    edge = EDGE * size
    return left + edge <= x <= left + wide - edge and top + edge <= y <= top + high - edge


def view_box(box: Box) -> str:
    """Return a box as an SVG viewBox, in tenths."""
    return " ".join(f"{number:.1f}".removesuffix(".0") for number in box)


def width(view_box: str) -> float:
    return float(view_box.split()[2])
