"""An election night from its preparation to its replay, as staff and viewers live through it.

The broadcast and its rundown are those of `manage.py demo`. The clock of the show is not waited
for: a cue that is scheduled for later is scheduled for in a few seconds.
"""

import io
import json
import tempfile
from pathlib import Path
from urllib.request import urlopen

from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.test import TransactionTestCase, override_settings
from django.utils import timezone

from broadcaster.desk.permissions import GROUPS
from broadcaster.models import Broadcast, Publication
from tests.end_to_end.evening_after import After
from tests.end_to_end.evening_before import Before
from tests.end_to_end.evening_on_air import OnAir
from tests.end_to_end.evening_people import HIDE, Embed, Plain, Staff, Viewer
from tests.support.browser import chromium, in_a_thread, needs_chromium
from tests.support.newspaper import Newspaper
from tests.support.server import Server, redis, wait_for, worker
from tests.support.staff import the_group

SLUG = "election-night-2020"


@needs_chromium
class Evening(Before, OnAir, After, TransactionTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.browser = cls.enterClassContext(chromium())

    def setUp(self):
        self.people = []
        self.seq = 0
        self.path = f"/broadcasts/{SLUG}/"
        self.broadcast = Broadcast.objects.create(
            slug=SLUG,
            title="Election Night 2020",
            election=2020,
            starts_at=timezone.localtime().replace(hour=19, minute=0, second=0, microsecond=0),
        )
        for name in GROUPS:
            the_group(name)
        var = self.enterContext(tempfile.TemporaryDirectory())
        with override_settings(VAR=Path(var)):
            in_a_thread(lambda: call_command("demo", stdout=io.StringIO()))
        self.password = Path(var, "demo-password").read_text()

    def tearDown(self):
        for person in self.people:
            person.context.close()
            self.assertEqual(person.errors, [], person.name)

    def test_with_redis_and_a_worker(self):
        url = self.enterContext(redis())
        self.server = self.enterContext(Server(REDIS_URL=url, HEARTBEAT="2"))
        self.enterContext(worker(self.server))
        self.take_seats()
        self.before()
        self.prepare()
        self.on_air()
        self.after()

    def test_without_redis(self):
        self.server = self.enterContext(Server(HEARTBEAT="2"))
        self.take_seats()
        self.prepare()
        self.on_air()

    # Who is there

    def person(self, kind, name, *arguments, **options):
        person = kind(self.browser, self.server, name, *arguments, **options)
        self.people.append(person)
        return person

    def staff(self, name):
        person = self.person(Staff, name)
        if name == "editor":
            person.log_in(name, self.password)  # as demo has told it
        else:  # which is the same without the work that a password makes
            person.log_in_as(get_user_model().objects.get(username=name))
        person.sits_down(self.broadcast)
        return person

    def viewer(self, name, *arguments, **options):
        viewer = self.person(Viewer, name, *arguments, **options)
        viewer.open(self.path)
        viewer.stays()
        return viewer

    def take_seats(self):
        self.contributor = self.staff("contributor")
        self.broadcaster = self.staff("broadcaster")
        self.editor = self.staff("editor")
        self.desktop = self.viewer(
            "Desktop",
            viewport={"width": 1440, "height": 1000},
            permissions=["clipboard-read", "clipboard-write"],
        )
        self.phone = self.person(
            Viewer, "Phone", HIDE, viewport={"width": 390, "height": 844}, has_touch=True
        )
        self.phone.without_websockets()
        with self.phone.page.expect_request("**/updates?since=*"):
            self.phone.open(self.path)
        self.phone.stays()
        self.keyboard = self.viewer("Keyboard")
        self.embed = self.person(Embed, "Embed", color_scheme="dark", reduced_motion="reduce")
        frame = f'<iframe src="{self.server.url}{self.path}embed/" height="720"></iframe>'
        paper = Newspaper(f"<!doctype html><title>News</title>{frame}")
        self.embed.reads_paper(self.enterContext(paper))
        self.embed.stays()
        self.plain = self.person(Plain, "Plain")
        self.plain.open(self.path)
        self.viewers = [self.desktop, self.phone, self.keyboard, self.embed]

    # What must hold after each step

    def agree(self, totals, *, updates=1, but=()):
        """So many updates were published, and everyone sees these totals, D–R–uncalled, in the
        bar, the table and the map; `but` those who do not look."""
        self.seq += updates
        wait_for(lambda: self.snapshot()["seq"] >= self.seq, f"update {self.seq}")
        for person in [self.broadcaster, self.editor, *self.viewers]:
            if person in but:
                continue
            person.reaches(totals)
            if person in self.viewers:
                told = {"table": totals, "rows": 56, "differ": []}
                self.assertEqual(person.facts(), told, person.name)
        snapshot = self.snapshot()
        self.assertEqual(snapshot["seq"], self.seq)
        won = snapshot["state"]["totals"]
        self.assertEqual(f"{won['D']}–{won['R']}–{won['uncalled']}", totals)

    def published(self):
        """The log, as it is stored."""
        return Publication.objects.filter(broadcast=self.broadcast).order_by("seq")

    def snapshot(self):
        return json.loads(self.fetch("snapshot.json"))

    def fetch(self, page=""):
        with urlopen(f"{self.server.url}{self.path}{page}") as response:
            return response.read().decode()

    def everyone(self, selector, **options):
        for viewer in self.viewers:
            viewer.waits_for(selector, **options)
