"""A PostgreSQL that hangs behind a frozen forwarder, or ends everybody's connections."""

import signal
import tempfile
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from unittest import TestCase
from urllib.parse import urlsplit

import psycopg

from broadcaster.desk.requests import NOT_KNOWN
from mapcenter.logs import BURST
from tests.end_to_end.faults.people import CONSOLES, LONGEST_ANSWER, LONGEST_DELAY, SLACK, People
from tests.end_to_end.faults.site import Site
from tests.support.figures import check_within
from tests.support.programs import find_program
from tests.support.server import ServeProcess, free_port, postgres, redis, running

FORWARDER = """
defaults
    mode tcp
    timeout connect 5s
    timeout client 1h
    timeout server 1h
listen postgresql
    bind 127.0.0.1:{port}
    server it {database}
"""
LINES = 2 * 4 * BURST  # two processes; lost and back, at the desk and for consoles
TERMINATE = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
"""


class Faults(TestCase):
    """Two server processes. Viewers and two consoles watch while their database is in trouble; a
    server elsewhere reaches it all the time."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.address = cls.enterClassContext(postgres())
        port = free_port()
        folder = cls.enterClassContext(tempfile.TemporaryDirectory(prefix="mapcenter-tcp-"))
        settings = Path(folder, "haproxy.cfg")
        database = urlsplit(cls.address)
        settings.write_text(FORWARDER.format(port=port, database=f"127.0.0.1:{database.port}"))
        command = [find_program("haproxy", "haproxy"), "-db", "-f", str(settings)]
        cls.forwarder = cls.enterClassContext(running(command, port))
        redis_url = cls.enterClassContext(redis())
        forwarded = cls.address.replace(f":{database.port}/", f":{port}/")
        cls.site = Site(forwarded, "serve --processes 2", REDIS_URL=redis_url)
        cls.server = cls.enterClassContext(cls.site.server)
        elsewhere = ServeProcess(DATABASE_URL=cls.address, REDIS_URL=redis_url)
        cls.elsewhere = cls.enterClassContext(elsewhere)
        assert cls.site.publish({"kind": "start"})[0] == 201

    def setUp(self):
        self.people = self.enterContext(People(self.site))
        self.logged = len(self.server.output().splitlines())

    def check_all_is_well(self):
        """Check that all works again, and that the log has a few lines for each process."""
        self.people.publish()
        for console in self.people.consoles:
            self.people.take(console)
        self.people.follow()
        self.people.wait_for_counts()
        lines = self.server.output().splitlines()[self.logged :]
        self.assertLessEqual(len(lines), LINES, lines)
        self.assertNotIn("Traceback", "\n".join(lines))

    @contextmanager
    def frozen_forwarder(self):
        self.forwarder.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.forwarder.send_signal(signal.SIGCONT)

    @contextmanager
    def busy_desk(self, fault):
        """Have a person at each console who takes one view after the other. Check their waits."""
        over = threading.Event()

        def work(console):
            waits = []
            while not over.is_set():
                waits.append(self.people.take(console))
            return max(waits)

        with ThreadPoolExecutor(CONSOLES) as staff:
            working = [staff.submit(work, console) for console in self.people.consoles]
            try:
                yield
            finally:
                over.set()
            waits = [each.result() for each in working]
        check_within(self, f"{fault}: answer at a busy desk", max(waits), LONGEST_ANSWER + SLACK)

    def test_database_that_hangs_behind_a_frozen_forwarder(self):
        fault = "PostgreSQL hangs"
        with self.frozen_forwarder():
            began = time.monotonic()
            status, answer, _ = self.site.publish(self.people.next_view())
            check_within(self, f"{fault}: answer of the API", time.monotonic() - began, 3)
            self.assertEqual(status, 503, answer)
            for console in self.people.consoles:
                seconds, answer = console.ask("take", change=self.people.next_view())
                check_within(self, f"{fault}: answer at a desk", seconds, LONGEST_ANSWER)
                self.assertEqual(answer["status"], 503, answer)
            for _ in range(3):
                self.people.publish(self.elsewhere.url)
            latest = self.people.follow()
            check_within(self, f"{fault}: last viewer of an update from elsewhere", latest, 1)
        self.check_all_is_well()

    def test_query_that_hangs_is_answered_in_time_and_its_update_is_there_once(self):
        """The desk posts a command when its socket does not answer."""
        fault = "PostgreSQL hangs in a query"
        head = self.people.head
        update, take = (
            {**more, "client_id": uuid.uuid4().hex}
            for more in (self.people.next_view(), {"change": self.people.next_view()})
        )
        take["command"] = "take"
        with psycopg.connect(self.address) as database:
            database.execute("SELECT FROM broadcaster_broadcast FOR UPDATE")
            began = time.monotonic()
            status, answer, headers = self.site.publish(update)
            check_within(self, f"{fault}: answer of the API", time.monotonic() - began, 3)
            self.assertEqual((status, answer["error"]), (503, NOT_KNOWN))
            self.assertEqual(headers["Retry-After"], "3")
            began = time.monotonic()
            status, answer = self.site.post_command(take)
            check_within(self, f"{fault}: answer at a desk", time.monotonic() - began, 3)
            self.assertEqual((status, answer["error"]), (503, NOT_KNOWN))
        seqs = [self.site.publish(update)[1]["seq"], self.site.post_command(take)[1]["seq"]]
        self.assertEqual(sorted(seqs), [head + 1, head + 2])
        self.people.published |= dict.fromkeys(seqs, began)
        self.people.follow()
        self.check_all_is_well()

    def test_database_that_hangs_in_the_middle_of_takes(self):
        fault = "PostgreSQL hangs"
        with self.busy_desk(fault):
            for _ in range(3):
                with self.frozen_forwarder():
                    self.people.ended.wait(4)
                self.people.ended.wait(1)
        check_within(self, f"{fault}: last viewer", self.people.follow(), LONGEST_DELAY)
        self.check_all_is_well()

    def test_backends_that_are_terminated(self):
        fault = "backends terminated"
        with self.busy_desk(fault), psycopg.connect(self.address, autocommit=True) as database:
            for _ in range(50):
                database.execute(TERMINATE)
                self.people.ended.wait(0.1)
        check_within(self, f"{fault}: last viewer", self.people.follow(), LONGEST_DELAY)
        self.check_all_is_well()
