"""A database of version 1, which its code made: everything in it is there after `migrate`.

tests/data/version1.sqlite3.gz has the evening of 2020, a broadcast with calls for another party and
a correction, one that is planned, and one that was imported from a part of a recording.
"""

import gzip
import json
import sqlite3
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import TestCase

DATABASE = Path("tests/data/version1.sqlite3.gz")

SCRIPT = """
import json
from broadcaster.models import Broadcast, Cue, Publication
from broadcaster.publishing import history
from django.test import Client
found = {}
for broadcast in Broadcast.objects.order_by("slug"):
    recording = history.recording(broadcast)
    *_, state = recording.states()
    page = Client(headers={"host": "127.0.0.1"}).get(broadcast.get_absolute_url())
    found[broadcast.slug] = {
        "contests": {key: each.id for key, each in broadcast.show.contests.items()},
        "approval": broadcast.approval,
        "folds": state == broadcast.state,
        "totals": broadcast.state.totals,
        "stored": [row.totals for row in recording.updates] == [
            each.totals for each in list(recording.states())[1:]
        ],
        "seq": broadcast.seq,
        "view": broadcast.state.to_dict()["view"],
        "page": page.status_code,
    }
notes = Publication.objects.get(broadcast__slug="other-party", seq=2).change.story.annotations
cue = Cue.objects.get(title="Texas")
print(json.dumps({
    "broadcasts": found,
    "notes": [[note.contest, note.at] for note in notes],
    "cue": cue.change.to_dict()["calls"],
}))
"""


class Version1Database(TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = Path(cls.enterClassContext(TemporaryDirectory()))
        cls.file = folder / "mapcenter.sqlite3"
        cls.file.write_bytes(gzip.decompress(DATABASE.read_bytes()))
        with sqlite3.connect(cls.file) as before:
            cls.before = dict(before.execute("select slug, seq from broadcaster_broadcast"))
        before.close()
        cls.manage(folder, "migrate", "--verbosity", "0")
        cls.found = json.loads(cls.manage(folder, "shell", "--verbosity", "0", "-c", SCRIPT))

    @classmethod
    def manage(cls, folder, *arguments):
        environment = {
            "STATE_DIRECTORY": str(folder),
            "DATABASE_URL": f"sqlite:///{cls.file}",
            "ALLOWED_HOSTS": "127.0.0.1",
            "PATH": "/usr/bin:/bin",
        }
        run = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if run.returncode:
            raise AssertionError(run.stderr)
        return run.stdout

    def test_every_broadcast_has_its_contest_and_its_whole_log(self):
        broadcasts = self.found["broadcasts"]
        self.assertEqual({slug: each["seq"] for slug, each in broadcasts.items()}, self.before)
        years = {"election-night-2020": 2020, "part": 2020, "other-party": 2016, "planned": 2024}
        for slug, each in broadcasts.items():
            with self.subTest(slug):
                self.assertEqual(each["contests"], {"president": f"us-president-{years[slug]}"})
                self.assertTrue(each["folds"] and each["stored"], each)
                self.assertEqual(each["page"], 200)

    def test_totals_views_and_rules_are_those_of_before(self):
        found = self.found["broadcasts"]
        won = {"D": 306, "R": 232, "O": 0, "uncalled": 0}
        for slug in ("election-night-2020", "part"):
            self.assertEqual(found[slug]["totals"], {"president": won})
        other = found["other-party"]
        self.assertEqual(other["totals"]["president"], {"D": 0, "R": 6, "O": 0, "uncalled": 532})
        view = {"contest": "president", "focus": "NE-2", "highlight": ["NE", "OH"]}
        self.assertEqual(other["view"], view)
        self.assertEqual(other["approval"], "wins")
        self.assertEqual(found["planned"]["approval"], "calls")
        self.assertEqual(found["planned"]["view"]["focus"], "US")

    def test_cues_and_annotations_are_carried_over(self):
        self.assertEqual(self.found["notes"], [["president", "US"], ["president", "OH"]])
        called = {"status": "called", "party": "R"}
        self.assertEqual(self.found["cue"], {"president": {"TX": called}})
