"""manage.py restored: which broadcasts get a new epoch, and what goes along with it."""

import io
import os
from pathlib import Path

from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.test import TestCase

from broadcaster.models import AuditEntry, Broadcast, Publication
from broadcaster.publishing import history
from broadcaster.publishing.actor import Actor
from broadcaster.publishing.publish import publish
from tests.support.changes import parse_change
from tests.support.contests import president
from tests.support.desk import calling

RETRACT = {
    "kind": "correct",
    "corrects": 2,
    "reason": "Too early",
    "calls": {"president": {"PA": {"status": "retracted"}}},
    "story": {"headline": "Not called"},
}


def locked_files():
    """Return the files, by device and inode, on which this process holds locks."""
    locks = [line.split() for line in Path("/proc/locks").read_text().splitlines()]
    return {file for _, _, _, _, pid, file, *_ in locks if pid == str(os.getpid())}


class Restored(TestCase):
    def setUp(self):
        self.actor = Actor(get_user_model().objects.create_superuser("chief"), "console")
        self.running = self.night("running", {"kind": "start"}, calling("PA"))
        self.ended = self.night("ended", {"kind": "start"}, calling("PA"), {"kind": "end"})
        self.planned = self.night("planned")

    def night(self, slug, *changes):
        night = Broadcast.objects.create(slug=slug, title=slug.title(), contests=president(2020))
        for change in changes:
            publish(night, parse_change(change), self.actor)
        night.refresh_from_db()
        return night

    def restore(self):
        output = io.StringIO()
        call_command("restored", stdout=output)
        return output.getvalue()

    def test_database_stays_locked(self):
        before = locked_files()

        self.restore()

        self.assertEqual(locked_files(), before)

    def test_running_broadcast_gets_a_new_epoch_and_keeps_its_log(self):
        before = self.running.epoch
        entries = AuditEntry.objects.filter(broadcast=self.running, epoch=before)
        details = list(entries.values_list("detail", flat=True))

        self.assertIn(f"running  restored from a backup: epoch {before} is now", self.restore())

        self.running.refresh_from_db()
        self.assertNotEqual(self.running.epoch, before)
        self.assertFalse(Publication.objects.filter(epoch=before).exists())
        self.assertFalse(entries.exists())
        moved = AuditEntry.objects.filter(broadcast=self.running, epoch=self.running.epoch)
        self.assertEqual(list(moved.values_list("detail", flat=True)), details)
        self.assertEqual(len(history.recording(self.running).updates), 2)
        newest = AuditEntry.objects.filter(broadcast=self.running).first()
        self.assertEqual((newest.who, newest.action), ("command line", "changed"))

    def test_pages_and_corrections_find_the_log_of_a_running_broadcast(self):
        self.restore()
        self.running.refresh_from_db()

        for address in (
            "replay/",
            "?at=2",
            f"?at={self.running.epoch}:2",
            f"recording.json?upto={self.running.position}",
        ):
            response = self.client.get(f"/broadcasts/running/{address}")
            self.assertEqual(response.status_code, 200, address)
        self.assertContains(self.client.get("/broadcasts/running/"), "PA called")
        self.assertEqual(publish(self.running, parse_change(RETRACT), self.actor).seq, 3)

    def test_ended_broadcast_keeps_its_epoch_and_its_links(self):
        self.restore()

        epoch = self.ended.epoch
        self.ended.refresh_from_db()
        self.assertEqual(self.ended.epoch, epoch)
        address = f"/broadcasts/ended/recording.json?upto={epoch}:3"
        self.assertEqual(self.client.get(address).status_code, 200)

    def test_broadcast_that_may_have_started_since_gets_a_new_epoch(self):
        epoch = self.planned.epoch
        self.restore()

        self.planned.refresh_from_db()
        self.assertNotEqual(self.planned.epoch, epoch)
