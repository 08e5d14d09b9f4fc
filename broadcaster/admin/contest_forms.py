"""The forms of contests: a new one, and one as two tables."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from broadcaster.desk import contests
from broadcaster.desk.contest_starts import start, starts
from broadcaster.domain.contest import SCHEMA, Contest, Look, Side
from broadcaster.domain.contest_tables import (
    PARTY_COLUMNS,
    Cell,
    cell_of,
    race_columns,
    read_parties,
    read_races,
    write_parties,
    write_races,
)
from broadcaster.domain.document import InvalidDocument
from broadcaster.domain.rejection import InvalidInput
from broadcaster.domain.spreadsheet import decode_table
from broadcaster.models import GeometryDocument

MAX_TABLE = 1_000_000  # characters


class StartForm(forms.Form):
    """A new contest: from a preset, a copy or a map, or from JSON."""

    start = forms.ChoiceField(
        required=False, label="Start from", choices=lambda: [("", "---------"), *starts()]
    )
    file = forms.FileField(
        required=False, label="Or from JSON", help_text="A contest as it was exported."
    )
    id = forms.CharField(
        required=False,
        help_text="Lower-case letters, digits and hyphens, such as governors-2026. "
        "It stays. Empty: that of the file.",
    )
    title = forms.CharField(required=False, help_text="Empty: as it is there.")

    def clean(self) -> dict[str, Any]:
        """Add the parsed "contest"."""
        found = super().clean() or {}
        if self.errors:
            return found
        try:
            data = self._document(found)
            if isinstance(data, dict):
                data |= {name: found[name] for name in ("id", "title") if found[name]}
            found["contest"] = contests.parse(data)
        except InvalidDocument as error:
            add_problems(self, error)
        except InvalidInput as error:
            self.add_error(error.field, error.problem)
        return found

    def _document(self, found: dict[str, Any]) -> Any:
        if bool(found["start"]) == bool(found["file"]):
            raise InvalidInput("start", "Choose one of the two: what to start from, or a file.")
        if found["file"]:
            return contests.decode_file(found["file"].read(contests.MAX_FILE + 1))
        if not found["id"]:
            raise InvalidInput("id", "Give the new contest an id of its own.")
        data = start(found["start"])
        if data is None:
            raise InvalidInput("start", "This is not there any more.")
        return data


def maps() -> list[tuple[str, str]]:
    """Return id and name of each stored map, for a menu."""
    found = GeometryDocument.objects.values_list("slug", "title")
    return [(slug, f"{title} ({slug})") for slug, title in found]


class TableField(forms.CharField):
    """A table as CSV, which contest_tables.js makes an editable one."""

    def __init__(self, label: str, help_text: str) -> None:
        super().__init__(
            label=label,
            help_text=help_text,
            max_length=MAX_TABLE,
            strip=False,
            widget=forms.Textarea(attrs={"rows": 12, "spellcheck": "false", "wrap": "off"}),
        )


class ContestForm(forms.Form):
    """A contest: its fields, and its parties and races as tables."""

    title = forms.CharField(max_length=120)
    counting = forms.CharField(
        label="What is counted", help_text="In the plural: seats, electoral votes, governors."
    )
    to_win = forms.IntegerField(
        required=False,
        label="To win",
        help_text="More than half of everything. Empty: nobody wins the whole.",
    )
    size = forms.IntegerField(
        required=False,
        label="Sum",
        help_text="A check: what weights and held seats must add up to. Empty: not checked.",
    )
    geometry = forms.ChoiceField(label="Map", choices=maps)
    parties = TableField("Parties", "A row for each, from left to right.")
    races = TableField("Races", "A row for each, in the order of their boxes.")
    races_file = forms.FileField(
        required=False,
        label="Races from CSV",
        help_text="Replaces all races by those of the file. Nothing is stored if a row is wrong.",
    )
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, contest: Contest, version: int, data: Any, files: Any) -> None:
        initial = {
            "title": contest.title,
            "counting": contest.counting,
            "to_win": contest.to_win,
            "geometry": contest.geometry,
            "parties": write_parties(contest),
            "races": write_races(contest),
            "version": version,
        }
        super().__init__(data, files, initial=initial)
        self.before = contest
        self.cells: list[dict[str, Any]] = []

    def clean(self) -> dict[str, Any]:
        """Add the parsed "contest". Problems are added to their tables, with row and column."""
        found = super().clean() or {}
        if found.get("races_file"):
            self._take_file(found)
        if self.errors:
            return found
        parties: list[str] = []
        try:
            tables = read_parties(found["parties"])
            parties = [row.get("id", "") for row in tables["parties"]]
            races = read_races(found["races"], parties)
            names = ("title", "counting", "to_win", "size", "geometry")
            data = {"schema": SCHEMA, "id": self.before.id, **{name: found[name] for name in names}}
            for row in tables["parties"]:
                party = self.before.party_of.get(row.get("id", ""))
                row["portrait"] = party.portrait if party else ""  # which the table does not have
            data |= tables | {"races": races, "earlier": self._earlier(parties, races)}
            found["contest"] = contests.parse(data)
        except InvalidDocument as error:
            add_problems(self, error, parties)
        return found

    def _take_file(self, found: dict[str, Any]) -> None:
        """Put the table of the file in place of the one in the form."""
        try:
            content = found["races_file"].read(MAX_TABLE + 1)
            if len(content) > MAX_TABLE:
                raise InvalidInput("file", f"is larger than {MAX_TABLE} bytes")
            found["races"] = decode_table(content)
        except InvalidInput as error:
            self.add_error("races_file", f"The file {error.problem}.")
            return
        self.errors.pop("races", None)
        self.data = {**self.data.dict(), "races": found["races"]}  # type: ignore[attr-defined]

    def _earlier(self, parties: list[str], races: list[dict[str, Any]]) -> list[Any]:
        """Return the earlier contests without parties and races that are no longer there."""
        ids = {race.get("id") for race in races}
        earlier: Any = self.before.to_dict().get("earlier", [])
        for each in earlier:
            each["winners"] = {
                race: party
                for race, party in each["winners"].items()
                if race in ids and party in parties
            }
            margins = each.pop("margins", {})
            each["margins"] = {race: margins[race] for race in margins if race in each["winners"]}
            weights = each.pop("weights", {})
            each["weights"] = {race: weight for race, weight in weights.items() if race in ids}
            people = each.pop("candidates", {})
            each["candidates"] = {party: people[party] for party in people if party in parties}
        return [each for each in earlier if each["winners"]]

    @property
    def tables(self) -> dict[str, Any]:
        """What contest_tables.js needs of both tables: columns, their choices, and wrong cells."""
        return {
            "parties": {
                "columns": list(PARTY_COLUMNS),
                "choices": {"look": list(Look), "side": list(Side)},
            },
            "races": {"columns": race_columns(self.before.party_of, with_short=False)},
            "problems": self.cells,
        }


def place_of(cell: Cell) -> str:
    """Return the words for a cell before the problem in it, such as "Row 3, column weight: "."""
    if cell.row and cell.column:
        return f"Row {cell.row}, column {cell.column}: "
    return f"Row {cell.row}: " if cell.row else ""


def add_problems(
    form: forms.Form, error: InvalidDocument, parties: list[str] | None = None
) -> None:
    """Add the problems of a document to a form, in its tables with row and column."""
    for problem in error.problems:
        cell = cell_of(problem.field, parties or [])
        if cell is None or cell.table not in form.fields:
            name = problem.field if problem.field in form.fields else None
            form.add_error(name, ValidationError(f"{problem.problem}" if name else str(problem)))
            continue
        form.add_error(cell.table, f"{place_of(cell)}{problem.problem}")
        if isinstance(form, ContestForm):
            form.cells.append(
                {"table": cell.table, "row": cell.row, "column": cell.column}
                | {"problem": problem.problem}
            )
