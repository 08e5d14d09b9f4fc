"""An election night from its preparation to its replay, with staff and viewers in browsers.

The broadcast and its rundown are those of `manage.py demo`. To save time, a cue that would be
scheduled for later in the evening is scheduled for a few seconds later.
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
from tests.end_to_end.evening_after import AfterTheShow
from tests.end_to_end.evening_before import BeforeTheShow
from tests.end_to_end.evening_on_air import DuringTheShow
from tests.end_to_end.evening_people import HIDE, EmbedPage, PlainPage, StaffPage, ViewerPage
from tests.support.browser import chromium, in_a_thread
from tests.support.contests import president
from tests.support.newspaper import Newspaper
from tests.support.server import ServeProcess, wait_for
from tests.support.staff import the_group

SLUG = "election-night-2020"


class Evening(BeforeTheShow, DuringTheShow, AfterTheShow, TransactionTestCase):
    """Subclasses start the server and call `open_all_pages`, then `run_before` and so on."""

    server: ServeProcess

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
            contests=president(2020),
            starts_at=timezone.localtime().replace(hour=19, minute=0, second=0, microsecond=0),
        )
        for name in GROUPS:
            the_group(name)
        var = self.enterContext(tempfile.TemporaryDirectory())
        with override_settings(STATE_DIRECTORY=Path(var)):
            in_a_thread(lambda: call_command("demo", stdout=io.StringIO()))
        self.password = Path(var, "demo-password").read_text()

    def tearDown(self):
        for person in self.people:
            person.context.close()
            self.assertEqual(person.errors, [], person.name)

    # Pages

    def person(self, kind, name, *arguments, **options):
        person = kind(self.browser, self.server, name, *arguments, **options)
        self.people.append(person)
        return person

    def staff(self, name):
        person = self.person(StaffPage, name)
        if name == "editor":
            person.log_in(name, self.password)  # as manage.py demo printed it
        else:  # the same, without the time that hashing takes
            person.log_in_as(get_user_model().objects.get(username=name))
        person.open_console(self.broadcast)
        return person

    def viewer(self, name, *arguments, **options):
        viewer = self.person(ViewerPage, name, *arguments, **options)
        viewer.open(self.path)
        viewer.mark_page()
        return viewer

    def open_all_pages(self):
        self.contributor = self.staff("contributor")
        self.broadcaster = self.staff("broadcaster")
        self.editor = self.staff("editor")
        self.desktop = self.viewer(
            "Desktop",
            viewport={"width": 1440, "height": 1000},
            reduced_motion="no-preference",
            permissions=["clipboard-read", "clipboard-write"],
        )
        self.phone = self.person(
            ViewerPage, "Phone", HIDE, viewport={"width": 390, "height": 844}, has_touch=True
        )
        self.phone.block_websockets()
        with self.phone.page.expect_request("**/updates?v=2&since=*"):
            self.phone.open(self.path)
        self.phone.mark_page()
        self.keyboard = self.viewer("Keyboard")
        self.embed = self.person(EmbedPage, "Embed", color_scheme="dark", reduced_motion="reduce")
        frame = f'<iframe src="{self.server.url}{self.path}embed/" height="720"></iframe>'
        newspaper = Newspaper(f"<!doctype html><title>News</title>{frame}")
        self.embed.open_newspaper(self.enterContext(newspaper))
        self.embed.mark_page()
        self.plain = self.person(PlainPage, "Plain")
        self.plain.open(self.path)
        self.viewers = [self.desktop, self.phone, self.keyboard, self.embed]

    # Checks after each step

    def wait_for_totals(self, totals, *, updates=1, but=()):
        """Wait until `updates` more are published and every page shows `totals`, D–R–uncalled.

        The bar, the table and the map are checked. `but` lists pages that are hidden or offline.
        """
        self.seq += updates
        wait_for(lambda: self.snapshot()["seq"] >= self.seq, f"update {self.seq}")
        for person in [self.broadcaster, self.editor, *self.viewers]:
            if person in but:
                continue
            person.wait_for_totals(totals)
            if person in self.viewers:
                expected = {"table": totals, "rows": 56, "differ": []}
                self.assertEqual(person.read_facts(), expected, person.name)
        snapshot = self.snapshot()
        self.assertEqual(snapshot["seq"], self.seq)
        won = snapshot["state"]["totals"]["president"]
        self.assertEqual(f"{won['D']}–{won['R']}–{won['uncalled']}", totals)

    def published(self):
        """Return the stored log."""
        return Publication.objects.filter(broadcast=self.broadcast).order_by("seq")

    def snapshot(self):
        return json.loads(self.fetch("snapshot.json"))

    def fetch(self, page=""):
        with urlopen(f"{self.server.url}{self.path}{page}") as response:
            return response.read().decode()

    def wait_for_all(self, selector, **options):
        for viewer in self.viewers:
            viewer.wait_for(selector, **options)
