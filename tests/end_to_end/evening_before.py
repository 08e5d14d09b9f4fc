"""Before the show: preparation, permissions, pages before the start, a rehearsal."""

import subprocess
import sys
from datetime import timedelta
from http.client import HTTPConnection

from django.utils import timezone
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from broadcaster.management.evening import Evening
from broadcaster.models import AuditEntry, Broadcast
from broadcaster.publishing.history import milliseconds
from tests.end_to_end.evening_people import PREVIEW, TAKE, PersonPage
from tests.support.browser import violations
from tests.support.log import store
from tests.support.server import ROOT, wait_for

SPEED = "3600"  # an hour of the show in a second
KENTUCKY = {
    "calls": {"president": {"KY": {"status": "called", "party": "R"}}},
    "story": {"headline": "Kentucky goes to Trump"},
}


class BeforeTheShow:
    def run_before(self):
        self.check_take_permission()
        self.check_headline_is_required()
        self.check_pages_before_the_start()
        self.check_off_air_take_is_rejected()
        self.rehearse()

    def prepare_cue(self):
        """Add a cue to the rundown as the contributor."""
        desk = self.contributor.page
        desk.click("text=Preview the draft")
        desk.fill("#draft-headline", "Polls are closed in forty states")
        desk.fill("#draft-title", "Closed")
        desk.click("text=Add to rundown")
        self.contributor.wait_for_message("In the rundown: Closed")

    def check_take_permission(self):
        desk = self.contributor.page
        self.assertEqual(desk.locator(f"{TAKE}, .cue-take:visible").count(), 0)
        forged = {"command": "take", "change": KENTUCKY}
        self.assertEqual(self.contributor.post_command(**forged), 403)
        self.assertEqual(self.contributor.send_command(**forged), 403)
        rejected = AuditEntry.objects.filter(who="contributor", action="refused").order_by("pk")
        self.assertEqual([entry.via for entry in rejected], ["console", "socket"])
        for entry in rejected:
            self.assertIn("contributor may not take updates on air", entry.detail)

        console = f"/admin/broadcaster/broadcast/{self.broadcast.pk}/console/"
        self.assertEqual(self.request_anonymously("GET", console), 302)  # to the login
        self.assertEqual(self.request_anonymously("POST", f"{console}command"), 403)
        self.assertEqual(self.request_anonymously("POST", f"/api{self.path}updates"), 401)
        address = f"ws://127.0.0.1:{self.server.port}{console}ws"
        with (
            connect(address, origin=self.server.url) as socket,
            self.assertRaises(ConnectionClosed) as closed,
        ):
            socket.recv(10)
        self.assertEqual(closed.exception.rcvd.code, 4003)

    def request_anonymously(self, method, path):
        """Send a request without a session; return the status of the answer."""
        connection = HTTPConnection("127.0.0.1", self.server.port)
        connection.request(method, path, body="{}")
        status = connection.getresponse().status
        connection.close()
        return status

    def check_headline_is_required(self):
        desk = self.contributor.page
        cues = self.broadcast.cues.count()
        desk.click("text=Preview the draft")
        desk.select_option('[data-desk="add"]', "president/PA")
        desk.check(".call [value=called-D]")
        desk.fill("#draft-headline", "")
        desk.click("text=Add to rundown")
        self.contributor.wait_for_message("Not in the rundown. A call needs a headline")
        self.assertEqual(self.broadcast.cues.count(), cues)
        desk.click("text=Clear")

    def check_pages_before_the_start(self):
        self.contributor.preview("C1")
        self.contributor.page.wait_for_selector(f'{PREVIEW} [data-part="R"]:text("33")')
        self.wait_for_all('[data-part="status"][data-state="scheduled"]')
        for viewer in self.viewers:
            words = viewer.frame.get_attribute(".lead", "data-begins")
            self.assertRegex(words, "Begins (on .+ )?at 7:00 pm E[SD]T", viewer.name)
            expected = {"table": "0–0–538", "rows": 56, "differ": []}
            self.assertEqual(
                [viewer.totals, viewer.read_facts()], ["0–0–538", expected], viewer.name
            )
            self.assertNotIn("Kentucky, Indiana", viewer.frame.content())
        self.assertEqual(violations(self.desktop.page), [])

    def check_off_air_take_is_rejected(self):
        self.broadcaster.cue("C1").locator(".cue-take").click()
        self.broadcaster.wait_for_message("Not taken. The broadcast is off air: it has not started")
        rejected = AuditEntry.objects.filter(who="broadcaster").latest("pk")
        self.assertEqual(rejected.action, "refused")
        self.assertEqual(Broadcast.objects.get(pk=self.broadcast.pk).seq, 0)

    def rehearse(self):
        """Play the recording of another evening into a rehearsal with manage.py rehearse."""
        began = milliseconds(timezone.now() - timedelta(days=1))
        store(Evening().recording(began), slug="last-time", title="Last time")
        command = [sys.executable, "manage.py", "rehearse", "last-time", "--speed", SPEED]
        environment, quiet = self.server.environment, subprocess.DEVNULL
        with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=quiet) as process:
            rehearsal = Broadcast.objects.filter(slug="last-time-rehearsal", seq__gt=0)
            wait_for(rehearsal.exists, "the rehearsal to begin")
            guest = self.person(PersonPage, "Guest")
            guest.open("/broadcasts/last-time-rehearsal/")
            guest.wait_for_text("REHEARSAL – these are not results")
            self.editor.open_console(rehearsal.get())
            self.editor.page.wait_for_selector('#desk[data-mode="rehearsal"] >> text=REHEARSAL')
            for person in (guest, self.editor):
                person.wait_for_totals("306–232–0")
        self.assertEqual(process.returncode, 0)
        guest.wait_for_text("REHEARSAL – these are not results")
        self.assertNotIn("last-time", guest.open("/").content())
        guest.context.close()
        self.editor.open_console(self.broadcast)
        self.assertEqual(self.snapshot()["seq"], 0)
        for viewer in self.viewers:
            self.assertEqual(viewer.totals, "0–0–538", viewer.name)
            self.assertFalse(viewer.frame.locator("text=REHEARSAL").count(), viewer.name)
