"""A Redis that is down, hangs or refuses to write. Nothing is lost, nobody waits long, and consoles
say what is not known.
"""

import json
import os
import signal
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

from django.test import TransactionTestCase
from redis import Redis

from broadcaster.models import Broadcast
from tests.support.server import ServeProcess, free_port, redis
from tests.support.staff import next_frame, open_desk, publisher
from tests.support.watcher import WebSocketWatcher
from viewers.fanout.relay import HEAD_CHECK

CONSOLES = 4
FOCUSES = ("OH", "PA", "TX", "US")
LONGEST_ANSWER = 3.0  # seconds that people at the desk may wait


def unknown(frame):
    return not frame["known"]


class Faults(TransactionTestCase):
    """One viewer and four consoles watch while Redis is in trouble."""

    def setUp(self):
        self.stack = ExitStack()  # of the Redis that runs
        self.addCleanup(self.stack.close)
        self.port = free_port()
        url = self.stack.enter_context(redis(self.port))
        self.redis = Redis.from_url(url)
        self.addCleanup(self.redis.close)
        self.server = self.enterContext(ServeProcess(REDIS_URL=url))
        self.broadcast = Broadcast.objects.create(
            slug=f"night-{uuid.uuid4().hex[:8]}", title="Night", election=2020
        )
        publisher(self.server, self.broadcast)({"kind": "start"})
        self.watcher = WebSocketWatcher(self.server, self.broadcast.slug)
        self.addCleanup(self.watcher.close)
        self.watcher.follow_to(1)
        self.consoles = [open_desk(self) for _ in range(CONSOLES)]
        self.wait_for_counts()

    def wait_for_counts(self):
        """Wait until every console has the number of viewers."""
        for console in self.consoles:
            next_frame(console, "viewers", lambda frame: frame["known"] and frame["ws"] == 1)

    def take(self, console, focus):
        """Take a view at a console. Return the seconds until its answer and the new seq."""
        command = {"command": "take", "id": focus, "change": {"view": {"focus": focus}}}
        asked = time.monotonic()
        console.send(json.dumps(command))
        answer = next_frame(console, "answer", lambda frame: frame["id"] == focus)
        return time.monotonic() - asked, answer["seq"]

    def check_desk_and_viewer(self):
        """Check that four takes at a time are answered and reach the viewer soon, and that every
        console says that it does not know who watches.
        """
        start = self.watcher.seq
        began = time.monotonic()
        with ThreadPoolExecutor(CONSOLES) as people:
            done = list(people.map(self.take, self.consoles, FOCUSES))
        self.watcher.follow_to(start + CONSOLES)
        followed = time.monotonic() - began
        waits, seqs = zip(*done, strict=True)

        self.assertLess(max(waits), LONGEST_ANSWER)
        self.assertLess(followed, HEAD_CHECK + max(waits) + 0.5)
        self.assertEqual(sorted(seqs), list(range(start + 1, start + CONSOLES + 1)))
        self.assertEqual(self.watcher.seqs(), list(range(2, start + CONSOLES + 1)))
        for console in self.consoles:
            next_frame(console, "viewers", unknown)

    def check_that_all_is_well_again(self):
        """Check that consoles count again, and that the log has one line for each change."""
        self.wait_for_counts()
        took, seq = self.take(self.consoles[0], "CA")
        began = time.monotonic()
        self.watcher.follow_to(seq)
        self.assertLess(time.monotonic() - began + took, 1)  # it was announced
        logged = self.server.lines("channel layer")
        self.assertRegex("\n".join(logged), r"^.* lost, trying again: .+\n.* is back$")
        self.assertNotIn("Traceback", self.server.output())

    @contextmanager
    def frozen_redis(self):
        process = self.redis.info()["process_id"]
        os.kill(process, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(process, signal.SIGCONT)

    def test_redis_that_hangs(self):
        with self.frozen_redis():
            self.check_desk_and_viewer()
        self.check_that_all_is_well_again()

    def test_redis_that_is_read_only(self):
        self.redis.replicaof("127.0.0.1", 1)
        self.check_desk_and_viewer()
        self.redis.replicaof("NO", "ONE")
        self.check_that_all_is_well_again()

    def test_redis_that_is_out_of_memory(self):
        self.redis.config_set("maxmemory", 1)
        self.check_desk_and_viewer()
        self.redis.config_set("maxmemory", 0)
        self.check_that_all_is_well_again()

    def test_redis_that_is_down(self):
        self.stack.close()
        self.check_desk_and_viewer()
        self.stack.enter_context(redis(self.port))
        self.check_that_all_is_well_again()
