"""Before: what is prepared and rehearsed, by whom, and what no viewer sees of it."""

import subprocess
import sys
from datetime import timedelta
from http.client import HTTPConnection

from django.utils import timezone
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from broadcaster.management import evening
from broadcaster.models import AuditEntry, Broadcast
from broadcaster.publishing.history import milliseconds
from tests.end_to_end.evening_people import PREVIEW, TAKE, Person
from tests.support.browser import violations
from tests.support.log import store
from tests.support.server import ROOT, wait_for

SPEED = "3600"  # times as fast as it was: an hour of the show in a second
KENTUCKY = {
    "calls": {"KY": {"status": "called", "party": "R"}},
    "story": {"headline": "Kentucky goes to Trump"},
}


class Before:
    def before(self):
        self.nobody_takes_who_may_not()
        self.a_call_needs_a_headline()
        self.viewers_wait_for_the_start()
        self.nothing_is_published_off_air()
        self.it_is_rehearsed()

    def prepare(self):
        """The contributor adds a cue to the rundown."""
        desk = self.contributor.page
        desk.click("text=Preview the draft")
        desk.fill("#draft-headline", "Polls are closed in forty states")
        desk.fill("#draft-title", "Closed")
        desk.click("text=Add to rundown")
        self.contributor.is_told("In the rundown: Closed")

    def nobody_takes_who_may_not(self):
        desk = self.contributor.page
        self.assertEqual(desk.locator(f"{TAKE}, .cue-take:visible").count(), 0)
        forged = {"command": "take", "change": KENTUCKY}
        self.assertEqual(self.contributor.commands(**forged), 403)
        self.assertEqual(self.contributor.commands_by_socket(**forged), 403)
        refused = AuditEntry.objects.filter(who="contributor", action="refused").order_by("pk")
        self.assertEqual([entry.via for entry in refused], ["console", "socket"])
        for entry in refused:
            self.assertIn("contributor may not take updates on air", entry.detail)

        console = f"/admin/broadcaster/broadcast/{self.broadcast.pk}/console/"
        self.assertEqual(self.stranger("GET", console), 302)  # to the login
        self.assertEqual(self.stranger("POST", f"{console}command"), 403)
        self.assertEqual(self.stranger("POST", f"/api{self.path}updates"), 401)
        address = f"ws://127.0.0.1:{self.server.port}{console}ws"
        with (
            connect(address, origin=self.server.url) as socket,
            self.assertRaises(ConnectionClosed) as closed,
        ):
            socket.recv(10)
        self.assertEqual(closed.exception.rcvd.code, 4003)

    def stranger(self, method, path):
        """A request of somebody who is not logged in; the status of the answer."""
        connection = HTTPConnection("127.0.0.1", self.server.port)
        connection.request(method, path, body="{}")
        status = connection.getresponse().status
        connection.close()
        return status

    def a_call_needs_a_headline(self):
        desk = self.contributor.page
        cues = self.broadcast.cues.count()
        desk.click("text=Preview the draft")
        desk.select_option('[data-desk="add"]', "PA")
        desk.check(".call [value=called-D]")
        desk.click("text=Add to rundown")
        self.contributor.is_told("Not in the rundown. A call needs a headline")
        self.assertEqual(self.broadcast.cues.count(), cues)
        desk.click("text=Clear")

    def viewers_wait_for_the_start(self):
        self.contributor.previews("C1")
        self.contributor.page.wait_for_selector(f'{PREVIEW} [data-part="R"]:text("33")')
        self.everyone('[data-part="status"][data-state="scheduled"]')
        for viewer in self.viewers:
            status = viewer.frame.inner_text('[data-part="status"]')
            self.assertRegex(status, "Begins 7:00 pm E[SD]T", viewer.name)
            told = {"table": "0–0–538", "rows": 56, "differ": []}
            self.assertEqual([viewer.totals, viewer.facts()], ["0–0–538", told], viewer.name)
            self.assertNotIn("Kentucky, Indiana", viewer.frame.content())
        self.assertEqual(violations(self.desktop.page), [])

    def nothing_is_published_off_air(self):
        self.broadcaster.cue("C1").locator(".cue-take").click()
        self.broadcaster.is_told("Not taken. The broadcast is off air: it has not started")
        refused = AuditEntry.objects.filter(who="broadcaster").latest("pk")
        self.assertEqual(refused.action, "refused")
        self.assertEqual(Broadcast.objects.get(pk=self.broadcast.pk).seq, 0)

    def it_is_rehearsed(self):
        """With the recording of another evening, by a command beside the server."""
        began = milliseconds(timezone.now() - timedelta(days=1))
        store(evening.recording(began), slug="last-time", title="Last time")
        command = [sys.executable, "manage.py", "rehearse", "last-time", "--speed", SPEED]
        environment, quiet = self.server.environment, subprocess.DEVNULL
        with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=quiet) as process:
            rehearsal = Broadcast.objects.filter(slug="last-time-rehearsal", seq__gt=0)
            wait_for(rehearsal.exists, "the rehearsal to begin")
            guest = self.person(Person, "Guest")
            guest.open("/broadcasts/last-time-rehearsal/")
            guest.reads("REHEARSAL – these are not results")
            self.editor.sits_down(rehearsal.get())
            self.editor.page.wait_for_selector('#desk[data-mode="rehearsal"] >> text=REHEARSAL')
            for person in (guest, self.editor):
                person.reaches("306–232–0")
        self.assertEqual(process.returncode, 0)
        guest.reads("REHEARSAL – these are not results")
        self.assertNotIn("last-time", guest.open("/").content())
        guest.context.close()
        self.editor.sits_down(self.broadcast)
        self.assertEqual(self.snapshot()["seq"], 0)
        for viewer in self.viewers:
            self.assertEqual(viewer.totals, "0–0–538", viewer.name)
            self.assertFalse(viewer.frame.locator("text=REHEARSAL").count(), viewer.name)
