"""A Redis that is down, hangs, refuses to write or forgets everything.

Nothing is lost, nobody waits long, and consoles say what is not known.
"""

import os
import signal
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from unittest import TestCase

from redis import Redis

from tests.end_to_end.faults.people import LONGEST_ANSWER, LONGEST_DELAY, People
from tests.end_to_end.faults.site import Site
from tests.support.figures import check_within
from tests.support.server import free_port, redis, wait_for

CONSOLES = 4


class Faults(TestCase):
    """Two server processes. Viewers and four consoles watch while Redis is in trouble."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = cls.enterClassContext(tempfile.TemporaryDirectory(prefix="mapcenter-redis-"))
        cls.running = ExitStack()  # of the Redis that runs
        cls.addClassCleanup(lambda: cls.running.close())
        cls.port = free_port()
        url = cls.running.enter_context(redis(cls.port))
        cls.redis = cls.enterClassContext(Redis.from_url(url))
        database = f"sqlite:///{folder}/night.sqlite3"
        cls.site = Site(database, "serve --processes 2", REDIS_URL=url)
        cls.server = cls.enterClassContext(cls.site.server)
        assert cls.site.publish({"kind": "start"})[0] == 201

    def setUp(self):
        self.people = self.enterContext(People(self.site, CONSOLES))
        self.logged = len(self.server.lines("channel layer"))

    def lines(self, words):
        """Return the lines about the layer with `words` that were logged in this test."""
        lines = self.server.lines("channel layer")[self.logged :]
        return [line for line in lines if words in line]

    def check_people(self, fault):
        """Check that a take at each console is answered and reaches viewers in time."""
        with ThreadPoolExecutor(CONSOLES) as staff:
            wait = max(staff.map(self.people.take, self.people.consoles))
        check_within(self, f"{fault}: answer at a desk", wait, LONGEST_ANSWER)
        latest = self.people.follow()
        check_within(self, f"{fault}: last viewer has an update", latest, LONGEST_DELAY)

    def check_consoles_know_nothing(self):
        self.people.wait_for_consoles(
            lambda console: bool(console.viewers) and not console.viewers["known"],
            "each console to say that the number of viewers is unknown",
        )

    def check_all_is_well(self, outages=1):
        """Check that consoles count again, that updates are announced, and the log's lines."""
        self.people.wait_for_counts()
        self.people.take(self.people.consoles[0])
        self.assertLess(self.people.follow(), 1)
        wait_for(
            lambda: len(self.lines("lost, trying again")) == len(self.lines("is back")), "Redis"
        )
        lines, lost = self.lines(""), self.lines("lost, trying again")
        self.assertEqual(len(lost) + len(self.lines("is back")), len(lines))
        # Of each of two processes. A connection from before the outage may fail once more after it.
        self.assertLessEqual(len(lost), 2 * 2 * outages, lines)
        self.assertNotIn("Traceback", self.server.output())

    @contextmanager
    def frozen_redis(self):
        process = self.redis.info()["process_id"]
        os.kill(process, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(process, signal.SIGCONT)

    def stop_redis(self):
        self.running.close()

    def start_redis(self):
        self.running.enter_context(redis(self.port))

    def test_redis_that_hangs(self):
        with self.frozen_redis():
            self.check_people("Redis hangs")
            self.check_consoles_know_nothing()
        self.check_all_is_well()

    def test_redis_that_is_read_only(self):
        self.redis.replicaof("127.0.0.1", 1)
        self.check_people("Redis is read-only")
        self.check_consoles_know_nothing()
        self.redis.replicaof("NO", "ONE")
        self.check_all_is_well()

    def test_redis_that_is_out_of_memory(self):
        self.redis.config_set("maxmemory", 1)
        self.check_people("Redis is out of memory")
        self.check_consoles_know_nothing()
        self.redis.config_set("maxmemory", 0)
        self.check_all_is_well()

    def test_redis_that_is_down(self):
        self.stop_redis()
        self.check_people("Redis is down")
        self.check_consoles_know_nothing()
        self.start_redis()
        self.check_all_is_well()

    def test_redis_that_restarts_at_once(self):
        self.stop_redis()
        self.start_redis()
        self.check_people("Redis restarts within 100 ms")
        self.check_all_is_well()

    def test_redis_that_forgets_everything(self):
        self.redis.flushall()
        self.check_people("FLUSHALL")
        self.check_all_is_well(outages=0)
        wait_for(lambda: self.redis.keys("asgi:group:*"), "the groups")
