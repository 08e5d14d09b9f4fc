"""manage.py rehearse: plays a recording as a broadcast that is marked as a rehearsal."""

import re

from django.core.management import CommandError
from django.test import TestCase

from broadcaster.management.evening import PLAYED
from broadcaster.models import Broadcast
from broadcaster.publishing import history
from tests.broadcaster.management.test_commands import run
from tests.support.changes import parse_change
from tests.support.contests import president
from tests.support.log import publish

BAND = "REHEARSAL – these are not results"


class RehearseCommand(TestCase):
    @classmethod
    def setUpTestData(cls):
        run("demo", play=1e9)
        cls.live = Broadcast.objects.get(slug=PLAYED)

    def rehearsal(self):
        return Broadcast.objects.get(slug="election-night-2020-rehearsal")

    def page(self):
        """Return the live broadcast's page without the time of the request."""
        page = self.client.get("/broadcasts/election-night-2020/").content
        return re.sub(rb'"now": \d+', b"", page)

    def test_rehearsal_repeats_every_update_and_does_not_touch_the_live_broadcast(self):
        before = self.page()
        count = self.live.publications.count()

        out = run("rehearse", self.live.slug, speed=1e9)

        self.assertIn("D 273 R 214 uncalled 51  Pennsylvania goes to Biden", out)
        rehearsal = self.rehearsal()
        self.assertEqual(rehearsal.state, self.live.state)
        played = [update.change for update in history.recording(rehearsal).updates]
        original = [update.change for update in history.recording(self.live).updates]
        self.assertEqual(played, original)
        self.live.refresh_from_db()
        self.assertEqual(self.live.publications.count(), count)
        self.assertEqual(self.page(), before)

    def test_only_pages_of_the_rehearsal_have_the_band(self):
        run("rehearse", self.live.slug, speed=1e9)
        address = f"/broadcasts/{self.rehearsal().slug}/"
        for page in ("", "replay/", "?at=9", "embed/"):
            self.assertContains(self.client.get(address + page), BAND)
        self.assertNotContains(self.client.get("/broadcasts/election-night-2020/"), BAND)
        Broadcast.objects.update(listed=True)
        self.assertNotContains(self.client.get("/"), address)

    def test_rehearsal_starts_over_each_time(self):
        run("rehearse", self.live.slug, speed=1e9)
        first = self.rehearsal().epoch
        run("rehearse", self.live.slug, speed=1e9)
        again = self.rehearsal()
        self.assertNotEqual(again.epoch, first)
        self.assertEqual(again.seq, self.live.seq)

    def test_rehearse_reports_errors(self):
        Broadcast.objects.create(slug="empty", title="Empty", contests=president(2020))
        Broadcast.objects.create(
            slug="real-rehearsal", title="A real one", contests=president(2020)
        )
        real = Broadcast.objects.create(slug="real", title="Real", contests=president(2020))
        publish(real, parse_change({"kind": "start"}))
        for words, options, reason in [
            (["nothing"], {}, "no broadcast nothing"),
            (["empty"], {}, "nothing was published"),
            (["real"], {}, "is not a rehearsal"),
            ([self.live.slug], {"speed": 0.0}, "a speed above 0"),
        ]:
            with self.assertRaisesMessage(CommandError, reason):
                run("rehearse", *words, **options)
        self.assertEqual(Broadcast.objects.get(slug="real-rehearsal").seq, 0)
