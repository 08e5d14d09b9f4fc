"""Consoles after Redis restarts within milliseconds, and loses its groups without an error."""

import uuid
from contextlib import ExitStack

from django.test import TransactionTestCase
from websockets.sync.client import connect

from broadcaster.models import Broadcast
from tests.support.contests import president
from tests.support.server import ServeProcess, free_port, redis
from tests.support.staff import next_frame, open_desk, publisher

CONSOLES = 3


class ConsoleMembership(TransactionTestCase):
    def setUp(self):
        port = free_port()
        self.redis = ExitStack()
        self.addCleanup(self.redis.close)
        self.url = self.redis.enter_context(redis(port))
        self.port = port
        self.server = self.enterContext(ServeProcess(REDIS_URL=self.url))
        self.slug = f"night-{uuid.uuid4().hex[:8]}"
        self.broadcast = Broadcast.objects.create(
            slug=self.slug, title="Night", contests=president(2020)
        )
        self.publish = publisher(self.server, self.broadcast)
        self.publish({"kind": "start"})

    def watch(self):
        """Keep one viewer connected."""
        address = f"ws://127.0.0.1:{self.server.port}/broadcasts/{self.slug}/ws"
        self.enterContext(connect(address, origin=self.server.url))

    def restart_redis(self):
        self.redis.close()
        self.redis.enter_context(redis(self.port))

    def wait_for_viewers(self, console, viewers):
        """Wait until the console is sent this number of viewers."""
        next_frame(console, "viewers", lambda frame: frame["known"] and frame["ws"] == viewers)

    def test_every_console_counts_viewers_after_the_restart(self):
        self.watch()
        consoles = [open_desk(self) for _ in range(CONSOLES)]
        for console in consoles:
            self.wait_for_viewers(console, 1)

        self.restart_redis()
        self.watch()

        for console in consoles:
            self.wait_for_viewers(console, 2)

    def test_console_without_redis_shows_that_the_number_is_unknown(self):
        self.watch()
        console = open_desk(self)
        self.wait_for_viewers(console, 1)

        self.redis.close()

        next_frame(console, "viewers", lambda frame: not frame["known"])
