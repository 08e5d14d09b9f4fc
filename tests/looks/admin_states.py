"""The form of a contest in the admin: that of the country that docs/contests.md makes."""

import io
import json
import tempfile
from pathlib import Path
from typing import Any

from django.core.management import call_command

from broadcaster.domain.contest import SCHEMA
from broadcaster.models import ContestDocument
from tests.looks.desk_states import user
from tests.looks.evening import moment
from tests.looks.studio import States, Studio
from tests.support.browser import Visit, in_a_thread

STATES = States()
MAP = {
    "layout": "odd-r",
    "hexes": {
        "N": {"q": 0, "r": 2, "n": "North"},
        "NE": {"q": 1, "r": 2, "n": "Northeast"},
        "W": {"q": 0, "r": 1, "n": "West"},
        "C": {"q": 1, "r": 1, "n": "Capital"},
        "SW": {"q": 0, "r": 0, "n": "Southwest"},
        "S": {"q": 1, "r": 0, "n": "South"},
    },
}
CONTEST = {
    "schema": SCHEMA,
    "id": "lakeland-2027",
    "title": "Lakeland 2027",
    "counting": "seats",
    "geometry": "lakeland",
    "parties": [
        {"id": "GRN", "name": "Green Alliance", "letter": "G", "look": "green", "side": "left"},
        {"id": "LIB", "name": "Liberals", "letter": "L", "look": "purple"},
        {"id": "FAR", "name": "Farmers", "letter": "Fa", "look": "orange", "side": "right"},
    ],
    "held": {"GRN": 2, "LIB": 1, "FAR": 3},
    "races": [
        {"id": "N", "name": "North", "shape": "N", "weight": 4, "held_by": "FAR"},
        {"id": "NE", "name": "Northeast", "shape": "NE", "weight": 2, "held_by": "LIB"},
        {"id": "W", "name": "West", "shape": "W", "weight": 3, "held_by": "FAR"},
        {"id": "C", "name": "Capital", "shape": "C", "weight": 5, "held_by": "GRN"},
        {"id": "SW", "name": "Southwest", "shape": "SW", "weight": 2, "held_by": "LIB"},
        {"id": "S", "name": "South", "shape": "S", "weight": 3, "held_by": "GRN"},
        {"id": "ABROAD", "name": "Citizens abroad", "weight": 1},
    ],
}


def import_with(command: str, name: str, document: dict[str, Any], *options: str) -> None:
    """Import a document with a command of manage.py."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        path.write_text(json.dumps(document))
        arguments = ("import", str(path), *options)
        in_a_thread(lambda: call_command(command, *arguments, stdout=io.StringIO()))


@STATES.add("contest-form")
def contest_form(studio: Studio) -> list[Visit]:
    studio.at(moment("6:20 pm"))
    import_with("geometry", "map.hexjson", MAP, "--id", "lakeland", "--title", "Lakeland")
    import_with("contest", "contest.json", CONTEST)
    stored = ContestDocument.objects.get(slug=CONTEST["id"])
    path = f"/admin/broadcaster/contestdocument/{stored.pk}/change/"
    visits = studio.open(path, user=user("editor"))
    page = visits[0].page
    page.set_viewport_size({"width": 960, "height": 900})
    studio.keep("contest", page, full_page=True)
    page.set_viewport_size({"width": 1440, "height": 900})
    return visits
