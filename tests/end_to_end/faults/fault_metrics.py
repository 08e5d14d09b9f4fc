"""/metrics of several processes on one port: added up, right while one is frozen or killed."""

import os
import re
import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from urllib.request import urlopen

import psutil
from django.contrib.auth import get_user_model
from django.test import TransactionTestCase
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from broadcaster.domain.change import Change, Kind
from broadcaster.models import Broadcast, Cue
from mapcenter import __version__
from tests.support.changes import parse_change
from tests.support.contests import president
from tests.support.log import publish
from tests.support.server import ROOT, ServeProcess, free_port, wait_for
from tests.support.two_processes import TwoProcesses
from tests.support.watcher import WebSocketWatcher


def scrape(server, timeout=10):
    """Return the values of /metrics by name and labels."""
    with urlopen(f"{server.url}/metrics", timeout=timeout) as response:
        families = text_string_to_metric_families(response.read().decode())
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in families
        for sample in family.samples
    }


class SeveralProcesses(TwoProcesses):
    def setUp(self):
        super().setUp()
        wait_for(lambda: self.answering() == 2, "two processes")
        self.watchers = [WebSocketWatcher(self.server, self.slug) for _ in range(12)]
        for watcher in self.watchers:
            self.addCleanup(watcher.close)
            watcher.follow_to(1)

    def answering(self):
        return scrape(self.server)["mapcenter_processes", "answering"]

    def deliveries(self):
        return scrape(self.server)["mapcenter_delivery_seconds_count", self.slug, "ws"]

    def children(self):
        return [child.pid for child in psutil.Process(self.server.process.pid).children()]

    def publish_to_all(self, seq, focus):
        publish(self.broadcast, parse_change({"view": {"focus": focus}}))
        for watcher in self.watchers:
            watcher.follow_to(seq)

    def test_every_scrape_has_the_sum_over_processes(self):
        self.publish_to_all(2, "OH")

        for _ in range(8):  # each reaches any one of the processes
            values = scrape(self.server)
            self.assertEqual(values["mapcenter_viewers", self.slug, "ws"], 12)
            self.assertEqual(values["mapcenter_delivery_seconds_count", self.slug, "ws"], 12)
            self.assertGreater(values["process_open_fds",], 12)
        self.assertEqual(values["mapcenter_processes", "silent"], 0)
        self.assertEqual(values["mapcenter_redis_up",], 1)
        self.assertEqual(values["mapcenter_queue_workers",], 0)

    def test_metrics_of_alerts_and_dashboard_exist(self):
        self.publish_to_all(2, "OH")
        named = set()
        for name in ("alerts.yml", "dashboard.json"):
            text = (ROOT / "deploy" / name).read_text()
            named |= set(re.findall(r"\b(?:mapcenter|process)_[a-z_]+", text))

        found = {name for name, *_ in scrape(self.server)}

        self.assertIn("process_open_fds", named)
        self.assertEqual(named - found, set())

    def test_counters_do_not_decrease_when_a_process_is_killed(self):
        self.publish_to_all(2, "OH")
        self.assertEqual(self.deliveries(), 12)

        killed = self.children()[0]
        os.kill(killed, signal.SIGKILL)
        wait_for(lambda: killed not in self.children() and self.answering() == 2, "another one")
        self.publish_to_all(3, "PA")

        values = scrape(self.server)
        self.assertEqual(values["mapcenter_viewers", self.slug, "ws"], 12)
        self.assertEqual(values["mapcenter_processes", "silent"], 0)
        self.assertGreaterEqual(values["mapcenter_delivery_seconds_count", self.slug, "ws"], 12)

    @staticmethod
    def thaw(process):
        with suppress(ProcessLookupError):  # the supervisor has replaced it
            os.kill(process, signal.SIGCONT)

    def test_process_that_is_frozen_is_counted_as_silent(self):
        frozen = self.children()[0]
        os.kill(frozen, signal.SIGSTOP)
        self.addCleanup(self.thaw, frozen)

        def silent(_):
            try:
                return scrape(self.server, 2)["mapcenter_processes", "silent"]
            except OSError:  # this scrape reached the frozen one
                return 0

        def seen():
            # Several at once, since the supervisor replaces the frozen one soon.
            with ThreadPoolExecutor(6) as pool:
                return 1 in pool.map(silent, range(6))

        wait_for(seen, "the frozen process to be reported")


class Site(TransactionTestCase):
    def test_metrics_have_version_database_and_cues(self):
        user = get_user_model().objects.create_user("editor")
        broadcast = Broadcast.objects.create(slug="night", title="Night", contests=president(2020))
        Cue.objects.create(
            broadcast=broadcast,
            rank=1,
            title="Start",
            change=Change(Kind.START),
            by=user,
            due_at=timezone.now(),
            missed="on hold",
        )
        server = self.enterContext(ServeProcess())

        values = scrape(server)

        self.assertEqual(values["mapcenter_info", __version__], 1)
        self.assertEqual(values["mapcenter_database_up",], 1)
        self.assertEqual(values["mapcenter_database_writable",], 1)
        self.assertEqual(values["mapcenter_clock_offset_seconds",], 0)
        self.assertGreater(values["mapcenter_disk_free_bytes",], 0)
        self.assertEqual(values["mapcenter_cues_missed",], 1)
        self.assertEqual(values["mapcenter_cues_overdue",], 0)
        self.assertEqual(values["mapcenter_broadcasts_on_air",], 0)
        with urlopen(f"{server.url}/healthz", timeout=10) as response:
            self.assertIn(__version__, response.read().decode())

    def test_metrics_report_redis_that_is_away(self):
        server = self.enterContext(ServeProcess(REDIS_URL=f"redis://127.0.0.1:{free_port()}/0"))

        values = scrape(server)

        self.assertEqual(values["mapcenter_redis_up",], 0)
        self.assertEqual(values["mapcenter_database_up",], 1)
