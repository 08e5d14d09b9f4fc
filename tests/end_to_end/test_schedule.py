"""Scheduled cues, taken at their time by a worker, or by the server without one."""

import json
import signal
import socket
import time
import uuid
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import psutil
from django.test import Client, TransactionTestCase
from redis import Redis
from rq import Queue, Worker
from websockets.sync.client import connect

from broadcaster.desk.permissions import CONTRIBUTOR, EDITOR
from broadcaster.desk.schedule import GRACE
from broadcaster.models import AuditEntry, Broadcast, Publication
from tests.support.changes import parse_change
from tests.support.contests import president
from tests.support.log import publish
from tests.support.server import ServeProcess, redis, wait_for, worker
from tests.support.staff import staff
from tests.support.watcher import WebSocketWatcher

VIEW = {"view": {"focus": "OH"}}
INLINE = " 'unsafe-inline'"
LATEST = 3.0  # seconds after its time by which a cue is out, also if the worker is killed


class ScheduledCues(TransactionTestCase):
    def setUp(self):
        self.slug = f"night-{uuid.uuid4().hex[:8]}"
        self.broadcast = Broadcast.objects.create(
            slug=self.slug, title="Night", contests=president(2020)
        )
        publish(self.broadcast, parse_change({"kind": "start"}))
        self.editor = self.cookie("editor", EDITOR)

    def cookie(self, name, group):
        client = Client()
        client.force_login(staff(name, group))
        return {"Cookie": f"sessionid={client.cookies['sessionid'].value}"}

    def prepare(self, server, unit):
        """Prepare a call as the editor; return the cue's id."""
        change = {
            "calls": {"president": {unit: {"status": "called", "party": "R"}}},
            "story": {"headline": f"{unit} goes to Trump"},
        }
        with self.console(server) as socket:
            return self.command(socket, "prepare", title=unit, change=change)["cue"]

    def schedule(self, server, cue, seconds):
        """Schedule a cue `seconds` from now; return that time in seconds since 1970."""
        with self.console(server) as socket:
            due = time.time() + seconds
            self.command(socket, "schedule", cue=cue, version=1, at=int(due * 1000))
        return due

    def console(self, server):
        address = f"{server.url}/admin/broadcaster/broadcast/{self.broadcast.pk}/console/ws"
        return connect(
            address.replace("http", "ws", 1), origin=server.url, additional_headers=self.editor
        )

    def command(self, socket, command, **arguments):
        socket.send(json.dumps({"command": command, **arguments}))
        while (frame := json.loads(socket.recv(10)))["t"] != "answer":
            pass
        self.assertLess(frame["status"], 300, frame)
        return frame

    def wait_until_published(self, unit, due):
        """Wait until the cue `unit` is published; return how many seconds after `due` it was."""
        rows = Publication.objects.filter(broadcast=self.broadcast, cue__title=unit)
        wait_for(rows.exists, f"{unit} to be published")
        return rows.get().at.timestamp() - due

    def test_serving_process_takes_a_due_cue_that_viewers_could_not_see(self):
        with ServeProcess() as server:
            watcher = WebSocketWatcher(server, self.slug)
            self.addCleanup(watcher.close)
            watcher.follow_to(1)
            cue = self.prepare(server, "OH")
            self.schedule(server, cue, 3600)
            for page in ("", "snapshot.json", "updates"):
                with urlopen(f"{server.url}/broadcasts/{self.slug}/{page}") as response:
                    self.assertNotIn(b"OH goes", response.read())

            due = self.schedule(server, cue, 2)
            watcher.follow_to(2)

            self.assertGreater(self.wait_until_published("OH", due), -0.001)
            self.assertEqual(watcher.state.calls["president"]["OH"].party, "R")
            self.assertEqual(watcher.seqs(), [2])

    def test_cue_that_came_due_while_the_server_was_down_is_taken_late(self):
        with ServeProcess() as server:
            due = self.schedule(server, self.prepare(server, "OH"), 2)
            server.stop(signal.SIGKILL)
            self.assertEqual(Publication.objects.filter(broadcast=self.broadcast).count(), 1)
            wait_for(lambda: time.time() > due, "the time to come")
            server.start()  # it checks the schedule without any request
            self.assertGreater(self.wait_until_published("OH", due), 0)

    def test_worker_takes_a_due_cue_and_the_server_does_without_a_worker(self):
        with redis() as url, ServeProcess(REDIS_URL=url) as server:
            connection = Redis.from_url(url)
            with worker(server):
                wait_for(lambda: Worker.count(connection), "the worker to be there")
                done = Queue("default", connection=connection).finished_job_registry
                due = self.schedule(server, self.prepare(server, "OH"), 2)
                self.assertLess(self.wait_until_published("OH", due), LATEST)
                wait_for(lambda: done.count, "the worker's job to end")
            due = self.schedule(server, self.prepare(server, "TX"), 2)

            late = self.wait_until_published("TX", due)
            self.assertGreater(late, GRACE)
            self.assertLess(late, LATEST)

            self.assertEqual(Publication.objects.filter(broadcast=self.broadcast).count(), 3)
            taken = AuditEntry.objects.filter(broadcast=self.broadcast, via="schedule")
            self.assertEqual({(entry.who, entry.action) for entry in taken}, {("editor", "took")})
            self.check_dashboard(server)

    def test_redis_that_never_answers_does_not_delay_the_desk_or_viewers(self):
        silent = self.enterContext(socket.create_server(("127.0.0.1", 0)))
        url = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        with ServeProcess(REDIS_URL=url) as server, self.console(server) as console:
            cue = self.command(console, "prepare", title="OH", change=VIEW)["cue"]
            schedule = {"cue": cue, "version": 1, "at": 1000 * int(time.time() + 3600)}
            began = time.monotonic()
            self.command(console, "schedule", **schedule)
            self.assertLess(
                time.monotonic() - began, 5
            )  # after 5 s a console posts the command again
            watcher = WebSocketWatcher(server, self.slug)
            self.addCleanup(watcher.close)
            watcher.follow_to(1)
            self.command(console, "schedule", **schedule)  # the same again changes nothing

        entries = AuditEntry.objects.filter(broadcast=self.broadcast, action="scheduled")
        self.assertEqual(entries.count(), 1)

    def test_cue_is_three_seconds_late_at_most_after_its_worker_was_killed(self):
        with redis() as url, ServeProcess(REDIS_URL=url) as server:
            connection = Redis.from_url(url)
            lock = "rq:scheduler-lock:default"
            with worker(server) as killed:
                wait_for(lambda: connection.exists(lock), "the worker's scheduler")
                for process in (*psutil.Process(killed.pid).children(), killed):
                    process.kill()
            with worker(server):
                wait_for(lambda: len(Worker.all(connection)) == 2, "another worker")
                self.assertTrue(connection.exists(lock))  # which is still the first worker's
                due = self.schedule(server, self.prepare(server, "OH"), 1)

                self.assertLess(self.wait_until_published("OH", due), LATEST)

    def check_dashboard(self, server):
        """Check that editors see the dashboard, and that only its pages may have inline styles."""
        dashboard = ("django_rq/dashboard/", "django_rq/dashboard/queues/0/scheduled/")
        for cookie, expected in ((self.editor, 200), (self.cookie("new", CONTRIBUTOR), 403)):
            for page in (*dashboard, ""):
                request = Request(f"{server.url}/admin/{page}", headers=cookie)
                try:
                    with urlopen(request) as response:
                        status, headers = response.status, response.headers
                except HTTPError as error:
                    status, headers = error.code, error.headers
                styled = page in dashboard and expected == 200
                policy = headers["Content-Security-Policy"].split("; ")
                self.assertEqual(status, expected if page else 200, page)
                self.assertIn(f"style-src 'self'{INLINE * styled}", policy)
                self.assertIn("script-src 'self'", policy)
